/** How long: from instants, at a given now. Never below zero, for clocks differ by a little. */
import { WAITING_STATUSES, type LiveCall } from './frames'

const since = (from: number, now: number): number => Math.max(0, now - from)

export const isWaiting = (call: LiveCall): boolean => WAITING_STATUSES.has(call.status)

export const inStatus = (call: LiveCall, now: number): number => since(call.status_since, now)

/** Until a person answers; after the answer it stays (LC-3). */
export const waiting = (call: LiveCall, now: number): number =>
  call.answered_at === null ? since(call.started_at, now) : Math.max(0, call.answered_at - call.started_at)

/** Finished stretches and the running one; undefined until the first answer. */
export function talk(call: LiveCall, now: number): number | undefined {
  if (call.talk_since !== null) return call.talk_s + since(call.talk_since, now)
  return call.answered_at === null && call.talk_s === 0 ? undefined : call.talk_s
}

export const hold = (call: LiveCall, now: number): number =>
  call.hold_s + (call.hold_since === null ? 0 : since(call.hold_since, now))

export const whole = (call: LiveCall, now: number): number => since(call.started_at, now)
