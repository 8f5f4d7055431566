/** The words of the audit: who supervised whom, and who did what. */
import { auditActions } from './audit-actions'
import { auditNames } from './audit-names'
import { auditOutcomes } from './audit-outcomes'
import { moreAudit } from './audit-slavic'
import type { Language } from './index.svelte'

const en = {
  title: 'Audit',
  views: { label: 'What is shown', supervisions: 'Supervision', deeds: 'Everything' },
  now: 'Now',
  nobodyNow: 'Nobody listens in now.',
  columns: {
    at: 'When',
    user: 'Who',
    whom: 'Whom',
    call: 'Call',
    way: 'By',
    modes: 'Modes',
    heard: 'Duration',
    ending: 'How it ended',
    reason: 'Reason',
    action: 'What',
    subject: 'To what',
    details: 'Particulars',
    outcome: 'Outcome',
  },
  way: { browser: 'Browser', phone: 'Phone' },
  byPhone: 'Phone {phone}',
  mode: { listen: 'listen', whisper: 'whisper', join: 'join' },
  stretch: '{mode} {time}',
  muted: 'muted',
  on: 'On now',
  unheard: 'nothing was heard',
  ending: {
    left: 'Left',
    call_over: 'Call over',
    no_answer: 'Phone not answered',
    busy: 'Phone busy',
    offline: 'Phone not registered',
    refused: 'Refused by the PBX',
    not_allowed: 'Not allowed any more',
    page_gone: 'Page closed or out of reach',
    link_lost: 'Link to the PBX lost',
    stopped: 'Callfloor restarted',
    failed: 'Failed',
  },
  outcome: { done: 'Done', failed: 'Not done' },
  notDone: 'Not done: {why}',
  nobody: 'nobody signed in',
  open: 'Open the call',
  account: 'Account {account}',
  panel: 'Session of {user}',
  deedPanel: 'Entry',
  started: 'Began',
  connected: 'First heard',
  ended: 'Ended',
  changed: 'What was changed',
  before: 'Before',
  after: 'After',
  none: 'none',
  yes: 'yes',
  no: 'no',
  times: 'Course',
  export: 'Export',
  csv: 'CSV',
  xlsx: 'Excel',
  subjectFilter: 'Kind or kind:number',
  ofCall: 'Of one call',
  anyCall: 'All calls',
  empty: 'Nothing in these days.',
  emptySupervision: 'Nobody listened in on these days.',
  nothing: 'Nothing matches the filters.',
  loading: 'Loading the audit',
  forbidden: 'Only administrators of the project read its audit.',
  failed: 'The audit could not be loaded.',
  unreachable: 'Callfloor does not answer. What you see is last known.',
}

type Worded<T> = { readonly [K in keyof T]: T[K] extends string ? string : Worded<T[K]> }
export type AuditTexts = Worded<typeof en>
export type AuditWords = AuditTexts & {
  /** By the names that entries have; one that is not here stands as it is. */
  readonly action: Readonly<Record<string, string>>
  /** Why something was not done, by the errors' names. */
  readonly why: Readonly<Record<string, string>>
  /** Particulars, by the server's names. */
  readonly name: Readonly<Record<string, string>>
}

const withActions = (id: Language, words: AuditTexts): AuditWords => ({
  ...words,
  action: auditActions(id),
  why: auditOutcomes(id),
  name: auditNames(id),
})

export const audit: Readonly<Record<Language, AuditWords>> = {
  en: withActions('en', en),
  ru: withActions('ru', moreAudit.ru),
  pl: withActions('pl', moreAudit.pl),
  uk: withActions('uk', moreAudit.uk),
}
