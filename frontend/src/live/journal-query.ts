/**
 * What is asked of the journal, in the address bar and of the server. Both speak the same words; only the period is
 * said otherwise: a person's address keeps "today" as a word (`days=7d`), the server gets the days (`from=…&to=…`).
 */
import { CALL_TYPES, type CallType } from './frames'
import { MARKS, OUTCOMES, PARTIES, type Mark, type Outcome, type Party } from './journal'
import { daysOf, DEFAULT_PERIOD, readPeriod, type JournalPeriod } from './journal-period'
import { onlyOf, Query, writeQuery, type QuerySort } from './query'

export const SORT_KEYS = [
  'started',
  'type',
  'client',
  'number',
  'employee',
  'department',
  'waiting',
  'talk',
  'duration',
  'result',
  'scheme',
  'queue',
  'source',
  'cost',
  'hung_up_by',
] as const
export type JournalSortKey = (typeof SORT_KEYS)[number]
export type JournalSort = QuerySort<JournalSortKey>

/** Seconds, both ends inclusive; undefined is open. */
export interface Between {
  least: number | undefined
  most: number | undefined
}

export const RANGES = ['waiting', 'talk', 'duration'] as const
export type RangeName = (typeof RANGES)[number]

export interface JournalQuery {
  period: JournalPeriod
  /** Of each day of the period's ends: `HH:MM`, empty where the whole days are meant. */
  fromTime: string
  toTime: string
  employees: readonly number[]
  departments: readonly number[]
  numbers: readonly string[]
  sources: readonly string[]
  queues: readonly string[]
  types: readonly CallType[]
  outcomes: readonly Outcome[]
  marks: readonly Mark[]
  hungUpBy: readonly Party[]
  tags: readonly string[]
  /** Of the day in which the call began, 0–23, and the weekday, 0 is Monday. */
  hours: readonly number[]
  weekdays: readonly number[]
  talk: Between | undefined
  waiting: Between | undefined
  duration: Between | undefined
  /** Digits of a number; below three of them nothing is asked. */
  part: string
  client: string
  recorded: boolean | undefined
  /** Whether totals count it: spam they do not, unless the project says otherwise. */
  counted: boolean | undefined
  sort: JournalSort
}

export const LEAST_DIGITS = 3
export const NEWEST_FIRST: JournalSort = { key: 'started', descending: true }

export const EVERYTHING: JournalQuery = {
  period: DEFAULT_PERIOD,
  fromTime: '',
  toTime: '',
  employees: [],
  departments: [],
  numbers: [],
  sources: [],
  queues: [],
  types: [],
  outcomes: [],
  marks: [],
  hungUpBy: [],
  tags: [],
  hours: [],
  weekdays: [],
  talk: undefined,
  waiting: undefined,
  duration: undefined,
  part: '',
  client: '',
  recorded: undefined,
  counted: undefined,
  sort: NEWEST_FIRST,
}

/** The names in the address that are the journal's; all others are left as they stand. */
const NAMES: readonly string[] = [
  'days',
  'from',
  'to',
  'from_time',
  'to_time',
  'employee',
  'department',
  'number',
  'source',
  'queue',
  'type',
  'result',
  'mark',
  'hung_up_by',
  'tag',
  'hour',
  'weekday',
  'talk',
  'waiting',
  'duration',
  'part',
  'client',
  'recorded',
  'counted',
  'sort',
]

/** What is not understood is left out: an old link still opens. The server's own query is understood as well. */
export function readJournalQuery(search: string): JournalQuery {
  const query = new Query(search)
  return {
    period: readPeriod(query),
    fromTime: timeOf(query.text('from_time')),
    toTime: timeOf(query.text('to_time')),
    employees: query.numbers('employee'),
    departments: query.numbers('department'),
    numbers: query.list('number'),
    sources: query.list('source'),
    queues: query.list('queue'),
    types: query.known('type', CALL_TYPES),
    outcomes: query.known('result', OUTCOMES),
    marks: query.known('mark', MARKS),
    hungUpBy: query.known('hung_up_by', PARTIES),
    tags: query.list('tag'),
    hours: within(query.numbers('hour'), 23),
    weekdays: within(query.numbers('weekday'), 6),
    talk: readBetween(query.text('talk')),
    waiting: readBetween(query.text('waiting')),
    duration: readBetween(query.text('duration')),
    part: query.text('part'),
    client: query.text('client'),
    recorded: yesOrNo(query.text('recorded')),
    counted: yesOrNo(query.text('counted')),
    sort: query.sort(SORT_KEYS) ?? NEWEST_FIRST,
  }
}

/** For the address bar: what holds by itself is not said. For example `days=7d&employee=12,15&sort=-talk`. */
export function writeJournalQuery(query: JournalQuery): string {
  const { period } = query
  const days =
    typeof period === 'string'
      ? { days: period === DEFAULT_PERIOD ? '' : period }
      : { from: period.from, to: period.to }
  return writeQuery({ ...days, ...filterParts(query), part: query.part, sort: sortPart(query.sort) })
}

/** For the server (the journal, its totals and groups, exports): without a `?`, without order, limit and cursors. */
export function journalQuery(query: JournalQuery, today: string): string {
  const { from, to } = daysOf(query.period, today)
  const part = partAsked(query)
  return writeQuery({ from, to, ...filterParts(query), part })
}

/** The order, which only the journal's own lines take: `sort=-talk`; empty where the newest come first. */
export const journalOrder = (query: JournalQuery): string => writeQuery({ sort: sortPart(query.sort) })

/** The address's query with another journal query in it, and all that is not the journal's as it stands. */
export function withJournalQuery(search: string, query: JournalQuery): string {
  const others = onlyOf(search, (name) => !NAMES.includes(name))
  return [writeJournalQuery(query), others].filter(Boolean).join('&')
}

/** The digits that are asked for: none where there are too few to ask. */
export function partAsked({ part }: Pick<JournalQuery, 'part'>): string {
  const digits = part.replace(/\D/g, '')
  return digits.length < LEAST_DIGITS ? '' : digits
}

/** Something is typed, and it is not enough. */
export const partTooShort = (query: Pick<JournalQuery, 'part'>): boolean =>
  query.part.trim() !== '' && partAsked(query) === ''

/** Is anything left out, beside what the period leaves out? */
export const isFiltered = (query: JournalQuery): boolean =>
  writeJournalQuery({ ...query, period: DEFAULT_PERIOD, sort: NEWEST_FIRST }) !== ''

/** `10-60`, `-20`, `5-`, in seconds; undefined where it says nothing. */
export function readBetween(text: string): Between | undefined {
  const found = /^(\d{0,6})-(\d{0,6})$/.exec(text)
  if (!found) return undefined
  const [least, most] = [found[1], found[2]].map((one) => (one ? Number(one) : undefined))
  if (least === undefined && most === undefined) return undefined
  return least !== undefined && most !== undefined && least > most ? undefined : { least, most }
}

export const writeBetween = (between: Between | undefined): string =>
  between ? `${between.least ?? ''}-${between.most ?? ''}` : ''

function filterParts(query: JournalQuery): Record<string, string | readonly (string | number)[]> {
  return {
    from_time: query.fromTime,
    to_time: query.toTime,
    employee: query.employees,
    department: query.departments,
    number: query.numbers,
    source: query.sources,
    queue: query.queues,
    type: query.types,
    result: query.outcomes,
    mark: query.marks,
    hung_up_by: query.hungUpBy,
    tag: query.tags,
    hour: query.hours,
    weekday: query.weekdays,
    talk: writeBetween(query.talk),
    waiting: writeBetween(query.waiting),
    duration: writeBetween(query.duration),
    client: query.client,
    recorded: saidOf(query.recorded),
    counted: saidOf(query.counted),
  }
}

const sortPart = (sort: JournalSort): JournalSort | undefined =>
  sort.key === NEWEST_FIRST.key && sort.descending ? undefined : sort

const timeOf = (text: string): string => (/^([01]\d|2[0-3]):[0-5]\d$/.test(text) ? text : '')

const within = (numbers: readonly number[], most: number): number[] => numbers.filter((one) => one >= 0 && one <= most)

const yesOrNo = (said: string): boolean | undefined => (said === 'yes' ? true : said === 'no' ? false : undefined)
const saidOf = (value: boolean | undefined): string => (value === undefined ? '' : value ? 'yes' : 'no')
