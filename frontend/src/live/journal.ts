/** The journal as the server tells it. Instants are UTC epoch seconds, lengths seconds. */
import type { components } from './api'

type Schemas = components['schemas']

/** Every mark, in the order in which they are shown. */
export const MARKS = [
  'unique',
  'repeat',
  'target',
  'callback',
  'spam',
  'successful',
  'unsuccessful',
] as const satisfies readonly Schemas['Mark'][]
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

export type JournalPerson = Schemas['JournalPerson']
export type JournalRow = Schemas['JournalRow']
export type JournalRows = Schemas['JournalRows']
export type CallNote = Schemas['CallNote']
export type ClientHistory = Schemas['ClientHistory']
export type WholeCall = Schemas['WholeCall']

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
