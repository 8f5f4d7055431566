/** What the server sends. Instants are UTC epoch seconds; ages are computed here, against the server's clock. */

export const CALL_TYPES = ['inbound', 'outbound', 'callback', 'internal'] as const
export type CallType = (typeof CALL_TYPES)[number]

/** In the order of a call's life, which is also the order of sorting by status. */
export const CALL_STATUSES = [
  'arriving',
  'ivr',
  'queue',
  'ringing',
  'dialling',
  'talking',
  'hold',
  'conference',
  'transfer',
  'parked',
  'voicemail',
  'fax',
] as const
export type CallStatus = (typeof CALL_STATUSES)[number]

/** Before the first answer by a person. Every other status counts as talking. */
export const WAITING_STATUSES: ReadonlySet<CallStatus> = new Set(['arriving', 'ivr', 'queue', 'ringing', 'dialling'])

export type PartyState = 'calling' | 'ringing' | 'talking' | 'holding' | 'left'

export interface LiveParty {
  account: string | null
  employee_id: number | null
  number: string | null
  state: PartyState
  since: number
}

export interface LiveCall {
  id: string
  type: CallType
  status: CallStatus
  status_since: number
  started_at: number
  answered_at: number | null
  parties: LiveParty[]
  client_number: string | null
  client_e164: string | null
  business_number: string | null
  queue: string | null
  queue_position: number | null
  scheme: string | null
  route: string[]
  talk_s: number
  talk_since: number | null
  hold_s: number
  hold_since: number | null
  stale: boolean
}

export interface Link {
  id: string
  name: string
  state: 'connecting' | 'live' | 'stale'
  since: number
  detail: string | null
}

export interface Department {
  id: number
  name: string
  parent_id: number | null
}

export interface Employee {
  id: number
  name: string
  department_id: number | null
  accounts: string[]
}

export interface Directory {
  departments: Department[]
  employees: Employee[]
  queues: { name: string; label: string | null }[]
  numbers: { number: string; label: string | null; source: string | null }[]
}

export interface Snapshot {
  at: number
  calls: LiveCall[]
  links: Link[]
  directory: Directory
}

interface Positioned {
  epoch: string
  sequence: number
  server_time: number
}

export interface SnapshotFrame extends Positioned {
  type: 'snapshot'
  snapshot: Snapshot
}

export interface DeltaFrame extends Positioned {
  type: 'delta'
  calls?: { added?: LiveCall[]; changed?: (Partial<LiveCall> & { id: string })[]; removed?: string[] }
  links?: Link[] | null
  directory?: Directory | null
}

export interface HeartbeatFrame extends Positioned {
  type: 'heartbeat'
}

export interface PongFrame {
  type: 'pong'
  server_time: number
}

export type Frame = SnapshotFrame | DeltaFrame | HeartbeatFrame

export interface StoryStep {
  at: number
  what: string
  account?: string | null
  number?: string | null
  queue?: string | null
  detail?: string | null
  duration_s?: number | null
}
