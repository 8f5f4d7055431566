/** An employee's profile as the server tells it, and what the page reckons on: time that runs on, whose call it was. */
import type { components } from './api'
import type { CallResult, CallType, JournalCall, Status } from './frames'

type Schemas = components['schemas']

export type Profile = Schemas['Profile']
export type ProfileEmployee = Schemas['ProfileEmployee']
export type ProfileSummary = Schemas['ProfileSummary']
export type ProfileDay = Schemas['ProfileDay']
export type ProfileHour = Schemas['ProfileHour']
export type ProfileHours = Schemas['ProfileHours']
export type DayStatuses = Schemas['DayStatuses']
export type StatusTrack = Schemas['StatusTrack']
export type StatusStretch = Schemas['StatusStretch']

/** The parts of a bar of calls, from its foot up. */
export const CALL_PARTS = ['answered_inbound', 'outbound', 'callback', 'missed', 'taken_elsewhere'] as const
export type CallPart = (typeof CALL_PARTS)[number]

/** The parts of a bar of statuses, from its foot up. */
export const STATUS_PARTS = ['talking', 'online', 'dnd', 'offline', 'unknown'] as const satisfies readonly Status[]

export type StatusTimes = Readonly<Record<Status, number>>

type Seconds = Readonly<Record<`${Status}_s`, number>>

export const timesOf = (from: Seconds): StatusTimes => ({
  talking: from.talking_s,
  online: from.online_s,
  dnd: from.dnd_s,
  offline: from.offline_s,
  unknown: from.unknown_s,
})

/** All calls of a day, of whatever part. */
export const callsIn = (day: ProfileDay): number => CALL_PARTS.reduce((sum, part) => sum + day[part], day.internal)

/** What an employee does now: the row's status since when, or that nobody can say. */
export interface Running {
  status: Status
  since: number
}

/** The live row as history tells it: what is only last known is unknown. */
export const running = (row: { status: Status; since: number; stale: boolean }): Running => ({
  status: row.stale ? 'unknown' : row.status,
  since: row.since,
})

/**
 * Seconds in each status that have passed since the server reckoned: of the status that ran then until the one that
 * runs now began, and of the latter from there on.
 */
export function grown(profile: Profile, current: Running | undefined, now: number): StatusTimes {
  const times: Record<Status, number> = { talking: 0, online: 0, dnd: 0, offline: 0, unknown: 0 }
  if (!current || !profile.live || !profile.days.some((day) => day.future_s > 0)) return times
  const passed = Math.min(Math.max(0, now - profile.now), Math.max(...profile.days.map((day) => day.future_s)))
  const before = Math.min(Math.max(0, current.since - profile.now), passed)
  times[running(profile.live).status] += before
  times[current.status] += passed - before
  return times
}

/** The profile as it is now: today's figures with what has passed since the server reckoned. Sums stay what they are. */
export function at(profile: Profile, current: Running | undefined, now: number): Profile {
  const more = grown(profile, current, now)
  const passed = STATUS_PARTS.reduce((sum, status) => sum + more[status], 0)
  if (passed === 0) return profile
  return {
    ...profile,
    summary: { ...profile.summary, statuses: added(profile.summary.statuses, more) },
    days: profile.days.map((day) =>
      isToday(day) ? { ...day, ...added(day, more), future_s: day.future_s - passed } : day,
    ),
  }
}

/** The day that has begun and is not over. */
export const isToday = (day: ProfileDay): boolean => day.future_s > 0 && day.future_s < day.length_s

const added = (to: Seconds, more: StatusTimes): Seconds => ({
  talking_s: to.talking_s + more.talking,
  online_s: to.online_s + more.online,
  dnd_s: to.dnd_s + more.dnd,
  offline_s: to.offline_s + more.offline,
  unknown_s: to.unknown_s + more.unknown,
})

/** A call as a line of the profile: what it was to this employee. */
export interface CallLine {
  id: string
  at: number
  type: CallType
  client: { number: string; e164: string | null } | undefined
  /** Colleagues at the other end of an internal call. */
  colleagues: readonly string[]
  /** Of this employee; undefined where they did not talk. */
  talk: number | undefined
  result: 'answered' | 'missed' | 'taken_elsewhere' | 'rang' | CallResult | undefined
}

/** Who dials has no ringing of their own: the first part of a call that goes out. */
const DIALLED: ReadonlySet<CallType> = new Set(['outbound', 'internal'])

/** One line for each call, whatever accounts of theirs were in it; by the formula of the profile's counts. */
export function callLine({ record, employees }: JournalCall, employeeId: number): CallLine {
  const isTheirs = (place: number) => employees[place]?.employee_id === employeeId
  const parts = record.employees.filter((_, place) => isTheirs(place))
  const talk = parts.reduce((sum, part) => sum + part.talk_s, 0)
  const dialled = isTheirs(0) && DIALLED.has(record.type) && record.employees[0]?.ring_s === 0
  const tookPart = dialled || talk > 0 || parts.some((part) => part.answered)
  const talked = tookPart && (record.result === 'answered' || talk > 0)
  const others = employees
    .filter((one) => one.employee_id !== employeeId)
    .map((one) => one.employee_name ?? one.account)
  const number = record.client_number ?? record.client_e164
  return {
    id: record.call_id,
    at: record.started_at,
    type: record.type,
    client: number === null ? undefined : { number, e164: record.client_e164 },
    colleagues: record.type === 'internal' ? others : [],
    talk: talked ? talk : undefined,
    result: talked
      ? 'answered'
      : tookPart
        ? (record.result ?? undefined)
        : parts.some((part) => part.missed)
          ? 'missed'
          : parts.some((part) => part.taken_elsewhere)
            ? 'taken_elsewhere'
            : 'rang',
  }
}
