/** A finished call, as the journal keeps it. */
import type { CallType, StoryStep } from './frames'

export type CallResult = 'answered' | 'missed' | 'abandoned' | 'voicemail' | 'fax' | 'busy' | 'no_answer' | 'failed'
export type Side = 'client' | 'employee' | 'external' | 'system'

export interface EmployeePart {
  account: string
  ring_s: number
  answered: boolean
  answered_at: number | null
  talk_s: number
  missed: boolean
  taken_elsewhere: boolean
}

export interface CallRecord {
  call_id: string
  type: CallType
  result: CallResult | null
  client_number: string | null
  client_e164: string | null
  business_number: string | null
  started_at: number
  answered_at: number | null
  ended_at: number | null
  waiting_s: number
  talk_s: number
  hold_s: number
  duration_s: number
  employees: EmployeePart[]
  external: { number: string; talk_s: number }[]
  queues: { queue: string }[]
  route: string[]
  scheme: string | null
  hung_up_by: string | null
  story: StoryStep[]
  partial?: boolean
}

/** The journal's answer: the call, and who its accounts were. */
export interface JournalCall {
  call: CallRecord
  people: { account: string; employee_id: number | null; employee_name: string | null }[]
}
