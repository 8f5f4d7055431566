/** Working hours: stretches of weekdays, in minutes since midnight. Monday is 0. No DOM. */
import type { components } from '../../live/api'

export type Stretch = components['schemas']['WorkingHours']

export const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const
const WHOLE_DAY = 24 * 60

/** Monday to Friday, nine to six: where one begins. */
export const WORKDAYS = (): Stretch[] =>
  WEEKDAYS.slice(0, 5).map((weekday) => ({ weekday, begins_minute: 9 * 60, ends_minute: 18 * 60 }))

export const ofDay = (hours: readonly Stretch[], weekday: number): Stretch[] =>
  hours.filter((one) => one.weekday === weekday)

/** In the order of the week. */
const sorted = (hours: readonly Stretch[]): Stretch[] =>
  hours.toSorted((a, b) => a.weekday - b.weekday || a.begins_minute - b.begins_minute)

/** One more: after the day's last one where there is room, else the usual hours. */
export function added(hours: readonly Stretch[], weekday: number): Stretch[] {
  const last = ofDay(hours, weekday).at(-1)?.ends_minute
  const begins = last === undefined || last >= WHOLE_DAY - 60 ? 9 * 60 : last + 60 >= WHOLE_DAY ? last : last + 60
  const ends = last === undefined ? 18 * 60 : Math.min(begins + 4 * 60, WHOLE_DAY)
  return sorted([...hours, { weekday, begins_minute: begins, ends_minute: ends }])
}

export const removed = (hours: readonly Stretch[], gone: Stretch): Stretch[] => hours.filter((one) => one !== gone)

export const changed = (hours: readonly Stretch[], old: Stretch, now: Partial<Stretch>): Stretch[] =>
  hours.map((one) => (one === old ? { ...one, ...now } : one))

/** The days of which a stretch does not end after it begins. */
export const wrongDays = (hours: readonly Stretch[]): number[] => [
  ...new Set(hours.filter((one) => one.ends_minute <= one.begins_minute).map((one) => one.weekday)),
]

/** `09:30`; a day's end is `00:00`, as an input of times has it. */
export function timeOf(minute: number): string {
  const [h, m] = [Math.floor(minute / 60) % 24, minute % 60]
  return `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`
}

/** Undefined where it is no time. As an end, midnight is the day's own. */
export function minuteOf(text: string, { end = false } = {}): number | undefined {
  const found = /^(\d{2}):(\d{2})/.exec(text)
  if (!found) return undefined
  const minute = Number(found[1]) * 60 + Number(found[2])
  return end && minute === 0 ? WHOLE_DAY : minute
}
