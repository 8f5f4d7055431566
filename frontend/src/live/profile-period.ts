/** The days a profile is of: chosen by a word or by dates, counted in the project's own zone, kept in the address. */
import { parseDate, type CalendarDate } from '@internationalized/date'
import { withText } from './query'

export const PRESETS = { today: 1, '3d': 3, '7d': 7 } as const
export type Preset = keyof typeof PRESETS

/** ISO days, both ends inclusive. */
export interface Days {
  from: string
  to: string
}

export type Period = Preset | Days

/** The server makes no longer ones at once. */
export const MOST_DAYS = 400

const NAME = 'period'
const presets = Object.keys(PRESETS) as Preset[]

/** Of the query; today where it says nothing or nothing that can be understood. */
export function readPeriod(search: string): Period {
  const text = new URLSearchParams(search).get(NAME) ?? ''
  const preset = presets.find((one) => one === text)
  if (preset) return preset
  const [from, to] = text.split('..').map(isoDay)
  return from && to && from <= to && length(from, to) <= MOST_DAYS ? { from, to } : 'today'
}

/** The query with another period. */
export const withPeriod = (search: string, period: Period): string =>
  withText(
    search,
    NAME,
    typeof period === 'string' ? (period === 'today' ? '' : period) : `${period.from}..${period.to}`,
  )

/** "Last 3 days" is today and the two before. */
export function daysOf(period: Period, today: string): Days {
  if (typeof period !== 'string') return period
  return { from: shifted(today, 1 - PRESETS[period]), to: today }
}

/** The word for these days, where they have one today: so that picking them by hand is no other address. */
export function named(days: Days, today: string): Period {
  return presets.find((one) => same(daysOf(one, today), days)) ?? days
}

const same = (a: Days, b: Days) => a.from === b.from && a.to === b.to

export const shifted = (day: string, by: number): string => parseDate(day).add({ days: by }).toString()

/** How many days there are, both ends counted. */
export const length = (from: string, to: string): number => julian(parseDate(to)) - julian(parseDate(from)) + 1

const julian = (day: CalendarDate): number => day.calendar.toJulianDay(day)

function isoDay(text: string): string | undefined {
  try {
    return parseDate(text).toString()
  } catch {
    return undefined
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** The day of an instant by the clocks of a zone. */
export function dayOf(at: number, timeZone: string): string {
  let format = formats.get(timeZone)
  // Swedish is written as ISO is.
  if (!format) formats.set(timeZone, (format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' })))
  return format.format(at * 1000)
}
