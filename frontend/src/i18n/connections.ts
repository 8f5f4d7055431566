/** The words of PBX connections: the first start, the settings' section, and the doctor. */
import { doctorPl } from './doctor-pl'
import { doctorRu } from './doctor-ru'
import { doctorUk } from './doctor-uk'
import type { Language } from './index.svelte'
import { plConnections } from './connections-pl'
import { ruConnections } from './connections-ru'
import { ukConnections } from './connections-uk'

const en = {
  title: 'PBX connections',
  intro: 'The PBXes of this project. A change holds at once; nothing is restarted.',
  none: 'No PBX is connected yet.',
  add: 'Connect a PBX',
  editing: 'PBX: {name}',
  name: 'Name',
  host: 'Address',
  hostHelp: 'A name or an IP address, as this server reaches it.',
  port: 'Port',
  user: 'Manager user',
  secret: 'Secret',
  secretKept: 'kept; fill in to change it',
  secretNeeded: 'This goes to another address or user, or less protected: enter the secret again.',
  showSecret: 'Show the secret',
  tls: 'Encrypt the connection (TLS)',
  verify: 'Check the PBX’s certificate',
  ca: 'File with the certificates to trust',
  caHelp: 'On Callfloor’s server; leave it empty to trust what the server trusts.',
  mark: 'Mark',
  markHelp:
    'Tells this PBX’s people and queues from another’s: 101 becomes 101@{mark}. Leave it empty if no number is on two PBXes. It cannot be changed later.',
  more: 'More',
  userHelp: 'No manager user yet?',
  userHelpText:
    'On a plain Asterisk, add these lines to /etc/asterisk/manager.conf and run “manager reload”. On FreePBX, make the user under Settings → Asterisk Manager Users with the same rights.',
  test: 'Test the connection',
  testing: 'Looking at the PBX …',
  save: 'Save',
  connect: 'Connect',
  saved: 'Saved. {name} is being connected.',
  pause: 'Pause',
  resume: 'Watch again',
  paused: '{name} is not watched any more.',
  resumed: '{name} is being connected.',
  edit: 'Change',
  examine: 'Examine',
  remove: 'Remove',
  removing: 'Remove {name}?',
  removeText:
    'What it shows leaves the live pages at once. Its calls stay in the journal; the people it brought stay in the directory.',
  keep: 'Keep it',
  removed: '{name} is removed.',
  given: 'Given where Callfloor is started (CALLFLOOR_PBX_URL), and changed there.',
  simulated: 'The simulated PBX of this demonstration.',
  state: {
    connecting: 'Connecting',
    live: 'Live',
    stale: 'Lost',
    paused: 'Paused',
    unreadable: 'The secret cannot be read: enter it again',
  },
  since: 'since {time}',
  asterisk: 'Asterisk {version}',
  wrong: 'Another connection has this name or mark.',
  noPbx: 'No PBX is connected yet: nothing can be seen.',
  level: { ok: 'Good', note: 'To know', warning: 'Missing', problem: 'In the way' },
  found: { people: 'People', queues: 'Queues', trunks: 'Trunks', calls: 'Calls now' },
  verdict: {
    good: 'Everything is there.',
    warning: 'It works, and something is missing.',
    problem: 'Something is in the way.',
    unreachable: 'No connection.',
  },
  rest: 'What is good ({n})',
  copyLines: 'Copy the lines',
  copied: 'Copied',
  places: {
    'manager.conf': '/etc/asterisk/manager.conf, then “manager reload”. FreePBX: Settings → Asterisk Manager Users.',
    'modules.conf': '/etc/asterisk/modules.conf, or “module load …” at the console.',
    'cel.conf':
      '/etc/asterisk/cel.conf, then “module reload cel”. FreePBX: Settings → Advanced Settings → CEL reporting.',
    'cel_odbc.conf': '/etc/asterisk/cel_odbc.conf or cel_custom.conf.',
    'cdr.conf': '/etc/asterisk/cdr.conf, then “module reload cdr”.',
    'logger.conf': '/etc/asterisk/logger.conf, then “logger reload”.',
    environment: 'Callfloor’s own settings, where it is started.',
    sql: 'The PBX’s database.',
  },
  setUp: {
    title: 'Set up Callfloor',
    steps: { code: 'Code', project: 'Company', administrator: 'Administrator', pbx: 'PBX' },
    step: 'Step {n} of 4',
    codeTitle: 'The set-up code',
    codeText:
      'It stands where Callfloor was started, and in its log. It keeps everybody else from taking this installation over.',
    code: 'Set-up code',
    codeWrong: 'This is not the code. After a restart of Callfloor there is another one.',
    projectTitle: 'Your company',
    company: 'Name',
    zone: 'Time zone',
    zoneHelp: 'Days begin and end by it.',
    country: 'Country',
    countryHelp: 'By it national numbers are read.',
    language: 'Language',
    administratorTitle: 'The administrator',
    administratorText: 'You sign in with this. More users can be made later.',
    login: 'Login',
    password: 'Password',
    passwordHelp: 'At least 10 characters. A few words are better than a short riddle.',
    again: 'The password once more',
    differs: 'The two passwords differ.',
    weak: 'This password is too short or too easy to guess.',
    pbxTitle: 'Your PBX',
    pbxText: 'Asterisk 16 to 22, FreePBX or Issabel, through its manager interface. Nothing on the PBX is changed.',
    next: 'Next',
    back: 'Back',
    later: 'Later',
    already: 'Callfloor has its administrator already.',
    signIn: 'Sign in',
    failed: 'This could not be done: {words}',
    toFloor: 'To the live floor',
    done: '{name} is live.',
    waiting: 'Waiting for {name} …',
  },
}

export type ConnectionsWords = typeof en
export const connections: Record<Language, ConnectionsWords> = {
  en,
  ru: ruConnections,
  pl: plConnections,
  uk: ukConnections,
}

/** A finding's title and what it costs, by its id; in English the server has them. */
export type Findings = Record<string, readonly [string, string?]>
export const findings: Record<Language, Findings> = { en: {}, ru: doctorRu, pl: doctorPl, uk: doctorUk }
