/**
 * What the server sends, in the server's own types: `api.d.ts` is made from its schema by `npm run types`.
 * Instants are UTC epoch seconds; ages are computed here, against the server's clock.
 */
import type { components } from './api'

type Schemas = components['schemas']

export type CallType = Schemas['CallType']
export type CallStatus = Schemas['CallStatus']
export type CallResult = Schemas['CallResult']
export type PartyState = Schemas['PartyState']
export type LiveParty = Schemas['LiveParty']
export type LiveCall = Schemas['LiveCall']
export type CallPatch = Schemas['CallPatch']
export type Status = Schemas['Status']
export type Why = Schemas['Why']
export type Cause = Schemas['Cause']
export type BadgeKind = Schemas['BadgeKind']
export type Badge = Schemas['Badge']
export type LiveDevice = Schemas['LiveDevice']
export type LiveAccount = Schemas['LiveAccount']
export type QueueSeat = Schemas['QueueSeat']
export type LiveEmployee = Schemas['LiveEmployee']
export type EmployeeAction = Schemas['EmployeeAction']
export type Link = Schemas['Link']
export type Department = Schemas['Department']
export type Employee = Schemas['Employee']
export type BusinessNumber = Schemas['BusinessNumber']
export type Directory = Schemas['Directory']
export type Snapshot = Schemas['Snapshot']
export type WaitCause = Schemas['WaitCause']
export type Waits = Schemas['Waits']
export type SnapshotFrame = Schemas['SnapshotFrame']
export type DeltaFrame = Schemas['DeltaFrame']
export type HeartbeatFrame = Schemas['HeartbeatFrame']
export type Frame = Schemas['Frame']
/** All but the pong, which says nothing of the floor. */
export type FloorFrame = SnapshotFrame | DeltaFrame | HeartbeatFrame
export type StoryStep = Schemas['StoryStep']
export type LiveCallDetail = Schemas['LiveCallDetail']
export type CallRecord = Schemas['CallRecord']
export type JournalCall = Schemas['JournalCall']

/** Every member exactly once, or the type check fails: the server has a new one, or an old one is gone. */
export const every =
  <T extends string>() =>
  <const A extends readonly T[]>(all: [T] extends [A[number]] ? A : never): A =>
    all

export const CALL_TYPES = every<CallType>()(['inbound', 'outbound', 'callback', 'internal'])

/** In the order of a call's life, which is also the order of sorting by status. */
export const CALL_STATUSES = every<CallStatus>()([
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
])

/** Before the first answer by a person. Every other status counts as talking. */
export const WAITING_STATUSES: ReadonlySet<CallStatus> = new Set(['arriving', 'ivr', 'queue', 'ringing', 'dialling'])

/** In their order: the first that any account has is the employee's. What is not known stands last. */
export const STATUSES = every<Status>()(['talking', 'online', 'dnd', 'offline', 'unknown'])

/** Beside the status, never one of them; in the order in which they are shown. */
export const BADGES = every<BadgeKind>()(['ringing', 'dialling', 'paused', 'wrap_up'])
