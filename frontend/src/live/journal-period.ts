/** The days the journal is of: a word that moves with the days, or dates; counted in the project's own zone. */
import { parseDate } from '@internationalized/date'
import type { Days } from './profile-period'
import type { Query } from './query'

export const PRESETS = ['today', 'yesterday', '3d', '7d', '30d', 'month'] as const
export type JournalPreset = (typeof PRESETS)[number]
/** ISO days, both inclusive. */
export type JournalPeriod = JournalPreset | Days

export const DEFAULT_PERIOD: JournalPeriod = 'today'

/** "Last 3 days" is today and the two before. */
export function daysOf(period: JournalPeriod, today: string): Days {
  if (typeof period !== 'string') return period
  const day = parseDate(today)
  const back = (days: number) => day.subtract({ days }).toString()
  switch (period) {
    case 'today':
      return { from: today, to: today }
    case 'yesterday':
      return { from: back(1), to: back(1) }
    case 'month':
      return { from: day.set({ day: 1 }).toString(), to: today }
    default:
      return { from: back(Number.parseInt(period) - 1), to: today }
  }
}

/** The word for these days, where they have one today: so that picking them by hand is no other address. */
export function presetOf({ from, to }: Days, today: string): JournalPeriod {
  const same = (one: JournalPreset) => {
    const days = daysOf(one, today)
    return days.from === from && days.to === to
  }
  return PRESETS.find(same) ?? { from, to }
}

/** `days=7d`, or `from=…&to=…`; today where nothing can be understood. */
export function readPeriod(query: Query): JournalPeriod {
  const word = query.text('days')
  const preset = PRESETS.find((one) => one === word)
  if (preset) return preset
  const [from, to] = [isoDay(query.text('from')), isoDay(query.text('to'))]
  return from && to && from <= to ? { from, to } : DEFAULT_PERIOD
}

function isoDay(text: string): string | undefined {
  try {
    return text ? parseDate(text).toString() : undefined
  } catch {
    return undefined
  }
}
