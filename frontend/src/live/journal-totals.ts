/** The journal's totals: which figures, which calls make each, how groups are named and ordered. No DOM. */
import type { components } from './api'
import { onlyOf, Query, withText, writeQuery } from './query'

type Schemas = components['schemas']
export type Totals = Schemas['Totals']
export type TotalsGroup = Schemas['TotalsGroup']
export type JournalTotals = Schemas['JournalTotals']

export const GROUPINGS = [
  'day',
  'week',
  'month',
  'hour',
  'weekday',
  'employee',
  'department',
  'queue',
  'number',
  'source',
  'type',
  'result',
] as const
export type Grouping = (typeof GROUPINGS)[number]

/** Those whose groups follow one another in time; the others stand by their calls. */
export const IN_TIME: readonly Grouping[] = ['day', 'week', 'month', 'hour', 'weekday']

const MISSED = 'missed,abandoned_queue,abandoned_ivr,voicemail,fax,busy,no_answer,failed'

/** The filter, beside the one that holds, under which the journal lists the calls of a figure. */
export const CALLS_OF = {
  calls: {},
  received: { type: 'inbound', result: 'answered', counted: 'yes' },
  missed: { type: 'inbound', result: MISSED, counted: 'yes' },
  outbound: { type: 'outbound', counted: 'yes' },
  callback: { type: 'callback', counted: 'yes' },
  internal: { type: 'internal', counted: 'yes' },
  unique: { mark: 'unique' },
  repeat: { mark: 'repeat' },
  target: { mark: 'target' },
  successful: { mark: 'successful' },
  spam: { mark: 'spam' },
} as const satisfies Partial<Record<keyof Totals, Record<string, string>>>

export type CountKey = keyof typeof CALLS_OF
export const COUNTS = Object.keys(CALLS_OF) as CountKey[]

/** The parts of a bar, from its foot up: together they are the group's calls, but for spam and internal ones. */
export const BAR_PARTS = ['received', 'outbound', 'callback', 'missed'] as const satisfies readonly CountKey[]

/** What a call has several of: of these a value can be asked for beside another one, but not both at once. */
const SEVERAL: readonly string[] = ['mark', 'employee', 'department', 'queue']

/** What a figure adds to the filter. Where there is no spam, nothing need be said of it. */
export function partsOf(key: CountKey, totals: Pick<Totals, 'spam'>): Record<string, string> {
  const parts: Record<string, string> = { ...CALLS_OF[key] }
  if (totals.spam === 0) delete parts.counted
  return parts
}

/**
 * Where the journal lists a figure's calls: the query that holds, narrowed. Undefined where no query can say it, as for
 * the target calls among the unique ones.
 */
export function callsAddress(query: string, parts: Readonly<Record<string, string>>): string | undefined {
  const held = new Query(query)
  let search = withText(query, 'view', '')
  for (const [name, value] of Object.entries(parts)) {
    const [wanted, holds] = [new Query(`x=${encodeURIComponent(value)}`).list('x'), held.list(name)]
    const days = name === 'from' || name === 'to'
    const both = days || !holds.length ? wanted : wanted.filter((one) => holds.includes(one))
    if (!both.length || (SEVERAL.includes(name) && both.length < wanted.length)) return undefined
    search = onlyOf(search, (one) => one !== name)
    search = [writeQuery({ [name]: both }), search].filter(Boolean).join('&')
  }
  return `/journal?${search}`
}

const DAY_MS = 86_400_000
const isoDay = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const atNoon = (day: string) => Date.parse(`${day}T12:00:00Z`)

/** The last day of the group that begins with this one. */
export function lastDayOf(by: Grouping, first: string): string {
  if (by === 'week') return isoDay(atNoon(first) + 6 * DAY_MS)
  if (by !== 'month') return first
  const [year = 0, month = 1] = first.split('-').map(Number)
  return isoDay(Date.UTC(year, month, 0, 12))
}

/** What a group adds to the filter; undefined for the calls that have no such thing, which no filter names. */
export function groupParts(
  by: Grouping,
  key: string | null,
  period: { from: string; to: string },
): Record<string, string> | undefined {
  if (key === null) return undefined
  if (by === 'day' || by === 'week' || by === 'month') {
    const last = lastDayOf(by, key)
    return { from: key < period.from ? period.from : key, to: last > period.to ? period.to : last }
  }
  return { [by]: key.replaceAll('%', '%25').replaceAll(',', '%2C') }
}

export interface Change {
  /** Of the previous; undefined where there was nothing to compare with. */
  share: number | undefined
  before: number
}

/** Compared with the period before. */
export function change(now: number | null, before: number | null | undefined): Change | undefined {
  if (now === null || before === null || before === undefined) return undefined
  return { before, share: before ? (now - before) / before : undefined }
}

export type Column =
  | 'calls'
  | 'received'
  | 'missed'
  | 'outbound'
  | 'callback'
  | 'unique'
  | 'target'
  | 'talk_s'
  | 'average_talk_s'
  | 'average_waiting_s'
  | 'answered_ratio'
  | 'conversion'
  | 'cost'

export const COLUMNS: readonly Column[] = [
  'calls',
  'received',
  'missed',
  'outbound',
  'callback',
  'unique',
  'target',
  'talk_s',
  'average_talk_s',
  'average_waiting_s',
  'answered_ratio',
  'conversion',
  'cost',
]

/** By what a column is ordered; sums of several currencies have no order. */
export function valueOf(totals: Totals, column: Column): number | null {
  if (column !== 'cost') return totals[column]
  return totals.cost.length === 1 ? Number(totals.cost[0]?.[1]) : null
}

/** Ordered by a column, what has no figure last; without one as they came. */
export function ordered(
  groups: readonly TotalsGroup[],
  column: Column | undefined,
  descending: boolean,
): TotalsGroup[] {
  if (!column) return descending ? [...groups].reverse() : [...groups]
  const sign = descending ? -1 : 1
  return [...groups].sort((a, b) => {
    const [one, other] = [valueOf(a.totals, column), valueOf(b.totals, column)]
    if (one === null || other === null) return Number(one === null) - Number(other === null)
    return sign * (one - other)
  })
}
