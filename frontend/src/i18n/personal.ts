/** The words of personal data: masked numbers, how long things are kept, one client's data. */
import type { Language } from './index.svelte'
import { plPersonal, ruPersonal, ukPersonal } from './personal-slavic'

const en = {
  title: 'Personal data',
  intro: 'Who sees clients’ numbers, how long things are kept, and what there is of one client.',
  masked: 'Masked numbers',
  maskedHelp:
    'These roles see +48 600 ••• ••7 instead of a client’s number, on every page, in files and in letters. The sign after it is the client’s own: the same client has the same one everywhere, and history, filters and callbacks work by it.',
  roles: {
    administrator: 'Administrators',
    analyst: 'Analysts',
    supervisor: 'Supervisors',
    employee: 'Employees',
  },
  keep: 'How long things are kept',
  keepHelp: 'What is older is deleted every night at three o’clock, for good. Daily figures in profiles stay.',
  kept: {
    calls: 'Calls, with notes and tags',
    recordings: 'Recordings',
    messages: 'Faxes, and voicemail that the PBX has deleted',
    supervisions: 'Log of supervisions',
    audit: 'Audit',
  },
  recordingsHelp: 'The PBX’s files are deleted only where the installation allows it (CALLFLOOR_RECORDINGS_DELETE).',
  forDays: '{what}: delete after some days',
  days: 'days',
  now: 'Delete what is too old now',
  keptFrom: 'Calls are kept from {day} on. What was before was deleted.',
  client: 'One client’s data',
  clientHelp: 'For requests of clients: everything there is of them as a ZIP, or their removal.',
  number: 'The client’s number',
  find: 'Find',
  found: 'Calls of {number}: {n}',
  nothing: 'There is no call of {number}. Messages and notes may still have the number.',
  export: 'Export as ZIP',
  download: 'Download the ZIP',
  erase: 'Erase for good…',
  eraseTitle: 'Erase a client',
  eraseText:
    'The number becomes a pseudonym wherever it stands; names, notes on the client’s calls, faxes and recordings go. Calls stay in the figures. This cannot be undone, not even from a newer export.',
  again: 'Type the number once more',
  eraseNow: 'Erase for good',
  erased: 'Erased: {calls} calls, {notes} notes, {messages} messages, {recordings} recordings.',
  left: 'Recordings that lie at the PBX and must be deleted there: {n}.',
  employee: 'An employee who has left',
  employeeHelp:
    'Name and photo go; calls and figures stay, under a number. The employee’s user account is removed among the users.',
  who: 'Employee',
  choose: 'Choose…',
  forget: 'Take the name out…',
  forgetTitle: 'Take a name out',
  forgetText: '{name} will be called #{id} wherever the name stands. This cannot be undone.',
  typeName: 'Type the name once more',
  forgetNow: 'Take it out for good',
  forgotten: 'The employee is now called {name}.',
  cancel: 'Cancel',
}

export type PersonalWords = typeof en

export const personal: Readonly<Record<Language, PersonalWords>> = {
  en,
  ru: ruPersonal,
  pl: plPersonal,
  uk: ukPersonal,
}
