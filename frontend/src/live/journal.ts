/** The journal as the server tells it. Instants are UTC epoch seconds, lengths seconds. */
import type { CallRecord, CallResult, CallType } from './frames'

/** Every mark, in the order in which they are shown. */
export const MARKS = ['unique', 'repeat', 'target', 'callback', 'spam', 'successful', 'unsuccessful'] as const
export type Mark = (typeof MARKS)[number]

/** Results as people filter by them: the abandoned ones by where the caller left. */
export const OUTCOMES = [
  'answered',
  'missed',
  'abandoned_queue',
  'abandoned_ivr',
  'voicemail',
  'fax',
  'busy',
  'no_answer',
  'failed',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export const PARTIES = ['client', 'employee', 'external', 'system'] as const
export type Party = (typeof PARTIES)[number]

export interface JournalPerson {
  account: string
  employee_id: number | null
  employee_name: string | null
  department_id: number | null
  department_name: string | null
  answered: boolean
  missed: boolean
  taken_elsewhere: boolean
  ring_s: number
  talk_s: number
}

export interface JournalRow {
  call_id: string
  type: CallType
  result: CallResult
  abandoned_in: string | null
  client_number: string | null
  client_e164: string | null
  business_number: string | null
  number_label: string | null
  source: string | null
  scheme: string | null
  route: string[]
  started_at: number
  answered_at: number | null
  ended_at: number
  waiting_s: number
  ivr_s: number
  queue_s: number
  ringing_s: number
  talk_s: number
  hold_s: number
  duration_s: number
  hung_up_by: string | null
  people: JournalPerson[]
  queues: string[]
  marks: Mark[]
  tags: string[]
  notes: number
  recorded: boolean
  /** A decimal number; null where no tariff says. */
  cost: string | null
  currency: string | null
  partial: boolean
}

export interface JournalRows {
  rows: JournalRow[]
  next_cursor: string | null
  previous_cursor: string | null
}

export interface CallNote {
  id: number
  at: number
  user_id: number | null
  user_name: string | null
  text: string
}

export interface ClientHistory {
  client_e164: string
  calls: number
  first_at: number | null
  last_at: number | null
  last_employee_id: number | null
  last_employee_name: string | null
  spam: boolean
  recent: JournalRow[]
}

export interface WholeCall {
  row: JournalRow
  record: CallRecord
  notes: CallNote[]
  client: ClientHistory | null
}

/** How the call ended, as people filter by it. */
export function outcomeOf(row: Pick<JournalRow, 'result' | 'abandoned_in'>): Outcome {
  if (row.result !== 'abandoned') return row.result
  return row.abandoned_in === 'ivr' ? 'abandoned_ivr' : 'abandoned_queue'
}

/** Whoever talked first, else who was rung; each employee once. */
export function peopleOf(row: Pick<JournalRow, 'people'>): JournalPerson[] {
  const key = (one: JournalPerson) => one.employee_id ?? one.account
  const sorted = row.people.toSorted((a, b) => Number(b.answered) - Number(a.answered))
  return sorted.filter((one, place) => sorted.findIndex((other) => key(other) === key(one)) === place)
}
