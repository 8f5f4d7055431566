/** The queues of a floor: who waits in each, and what its members do. No DOM, no words, no clock. */
import type { EmployeeRow } from './employees'
import type { Row, Who } from './rows'
import { isWaiting } from './times'

/** What a member does, as far as this queue is concerned; in the order in which they are shown. */
export const MEMBER_STATES = ['free', 'ringing', 'talking', 'paused', 'unavailable'] as const
export type MemberState = (typeof MEMBER_STATES)[number]

export interface Member {
  employee: EmployeeRow
  state: MemberState
  /** Of the pause, where somebody gave one. */
  reason: string | null
}

export interface QueueView {
  /** As the PBX calls it. */
  name: string
  label: string
  /** The first in the line first. */
  waiting: readonly Row[]
  /** By their state, then by name. */
  members: readonly Member[]
  states: Readonly<Record<MemberState, number>>
  /** Last known: the link to the PBX is lost. */
  stale: boolean
}

/** Every queue of the directory, and those that only the PBX knows; by name. */
export function queuesOf(
  calls: readonly Row[],
  employees: readonly EmployeeRow[],
  who: Who,
  locale: string,
): readonly QueueView[] {
  const waiting = new Map<string, Row[]>()
  const members = new Map<string, Member[]>()
  for (const name of who.queues.keys()) waiting.set(name, [])
  for (const row of calls) {
    const { queue } = row.call
    if (queue !== null && row.call.answered_at === null && isWaiting(row.call)) put(waiting, queue, row)
  }
  for (const employee of employees)
    for (const { queue, seats } of employee.seats) {
      const pause = seats.every((one) => one.paused) ? seats[0] : undefined
      const state = stateOf(employee, pause !== undefined)
      put(members, queue, { employee, state, reason: pause?.reason || null })
    }
  return [...new Set([...waiting.keys(), ...members.keys()])]
    .map((name) => view(name, waiting.get(name) ?? [], members.get(name) ?? [], who, locale))
    .toSorted((a, b) => a.label.localeCompare(b.label, locale))
}

function put<T>(into: Map<string, T[]>, key: string, one: T): void {
  const known = into.get(key)
  if (known) known.push(one)
  else into.set(key, [one])
}

/** Whoever talks is talking, paused or not: the call that they have is not over. */
function stateOf(employee: EmployeeRow, paused: boolean): MemberState {
  const { status, badges } = employee.live
  if (status === 'talking') return 'talking'
  if (paused) return 'paused'
  if (status !== 'online') return 'unavailable'
  return badges.some((one) => one.kind === 'ringing' || one.kind === 'dialling') ? 'ringing' : 'free'
}

function view(name: string, waiting: Row[], members: Member[], who: Who, locale: string): QueueView {
  const states: Record<MemberState, number> = { free: 0, ringing: 0, talking: 0, paused: 0, unavailable: 0 }
  for (const one of members) states[one.state] += 1
  return {
    name,
    label: who.queueName(name),
    waiting: waiting.toSorted(inLine),
    members: members.toSorted(
      (a, b) =>
        MEMBER_STATES.indexOf(a.state) - MEMBER_STATES.indexOf(b.state) ||
        a.employee.name.localeCompare(b.employee.name, locale),
    ),
    states,
    stale: waiting.some((row) => row.call.stale) || members.some((one) => one.employee.live.stale),
  }
}

/** By their places; those of whom the PBX has not said it yet by when they came. */
const inLine = (a: Row, b: Row): number =>
  (a.call.queue_position ?? Infinity) - (b.call.queue_position ?? Infinity) || a.call.started_at - b.call.started_at
