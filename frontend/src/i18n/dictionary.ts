/** What every language must say: the shape of English, with plural forms of its own. */
import type { AccessWords } from './access'
import type { AuditWords } from './audit'
import type { ClientWords } from './client'
import type { CallbacksWords } from './callbacks'
import type { ConnectionsWords } from './connections'
import type { DirectoryWords } from './directory'
import type { DiscoveryWords } from './discovery'
import type { EmployeesWords } from './employees'
import type { en } from './en'
import type { FindWords } from './find'
import type { ImportWords } from './imports'
import type { JournalWords } from './journal'
import type { MessagesWords } from './messages'
import type { PastWords } from './past'
import type { PeopleWords } from './people'
import type { PersonalWords } from './personal'
import type { ProfileWords } from './profile'
import type { QueuesWords } from './queues'
import type { RecordingWords } from './recordings'
import type { FourForms, Forms, TwoForms } from './plural'
import type { RepairWords } from './repairs'
import type { SettingsWords } from './settings'
import type { ReportsWords } from './reports'
import type { StoryWords } from './story'
import type { SupervisionWords } from './supervision'
import type { TariffsWords } from './tariffs'
import type { TotalsWords } from './totals'
import type { UpgradeWords } from './upgrade'
import type { WaitWords } from './waits'

type Worded<T, P extends Forms> = {
  readonly [K in keyof T]: T[K] extends TwoForms ? P : T[K] extends string ? string : Worded<T[K], P>
}

/** Kept by subject, each in all languages. */
interface Subjects {
  readonly access: AccessWords
  readonly story: StoryWords
  readonly upgrade: UpgradeWords
  readonly waits: WaitWords
  readonly people: PeopleWords
  readonly messages: MessagesWords
  readonly directory: DirectoryWords
  readonly find: FindWords
  readonly discovery: DiscoveryWords
  readonly employees: EmployeesWords
  readonly client: ClientWords
  readonly settings: SettingsWords
  readonly profile: ProfileWords
  readonly callbacks: CallbacksWords
  readonly tariffs: TariffsWords
  readonly reports: ReportsWords
  readonly personal: PersonalWords
  readonly recordings: RecordingWords
  readonly totals: TotalsWords
  readonly journal: JournalWords
  readonly imports: ImportWords
  readonly connections: ConnectionsWords
  readonly repairs: RepairWords
  readonly supervision: SupervisionWords
  readonly audit: AuditWords
  readonly past: PastWords
  readonly queues: QueuesWords
}

type Shape<P extends Forms> = Worded<typeof en, P> & Subjects

export type FourFormDictionary = Omit<Shape<FourForms>, keyof Subjects>
export type Dictionary = Shape<Forms>
