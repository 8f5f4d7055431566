/** The days of a list that is of all time unless some are chosen; counted in the project's own zone. */
import { parseDate } from '@internationalized/date'
import type { Days } from './profile-period'
import type { Query } from './query'

export const PERIODS = ['all', 'today', '7d', '30d'] as const
export type PeriodWord = (typeof PERIODS)[number]
export type AnyPeriod = PeriodWord | Days

/** Undefined is all of them. */
export function daysOf(period: AnyPeriod, today: string): Days | undefined {
  if (typeof period !== 'string') return period
  if (period === 'all') return undefined
  const back = period === 'today' ? 0 : Number.parseInt(period) - 1
  return { from: parseDate(today).subtract({ days: back }).toString(), to: today }
}

/** As the address bar has it: `days=7d`, or `from=…&to=…`. */
export function readPeriod(query: Query): AnyPeriod {
  const word = query.text('days')
  const [from, to] = [isoDay(query.text('from')), isoDay(query.text('to'))]
  if (from && to && from <= to) return { from, to }
  return PERIODS.find((one) => one === word) ?? 'all'
}

export const writePeriod = (period: AnyPeriod): Record<string, string> =>
  typeof period === 'string' ? { days: period === 'all' ? '' : period } : { from: period.from, to: period.to }

function isoDay(text: string): string | undefined {
  try {
    return text ? parseDate(text).toString() : undefined
  } catch {
    return undefined
  }
}
