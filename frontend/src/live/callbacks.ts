/** Clients to call back: what is asked, and what the address bar says of it. Instants are UTC epoch seconds. */
import { daysOf, readPeriod, writePeriod, type AnyPeriod } from './any-period'
import type { components } from './api'
import { LEAST_DIGITS } from './journal-query'
import { onlyOf, Query, writeQuery, type QuerySort } from './query'
import { ask } from './rest'

export type CallbackList = components['schemas']['CallbackList']
export type Callback = components['schemas']['CallbackEntry']
export type Closing = components['schemas']['Closing']

export const REASONS = ['reached_otherwise', 'no_need', 'wrong_number', 'unreachable', 'other'] as const
export type Reason = (typeof REASONS)[number]

export const CALLBACK_SORTS = ['since', 'last', 'tries', 'attempts', 'closed'] as const
export type CallbackSortKey = (typeof CALLBACK_SORTS)[number]

export interface CallbackQuery {
  closed: boolean
  /** A call of theirs was missed on these days. */
  period: AnyPeriod
  queues: readonly string[]
  departments: readonly number[]
  numbers: readonly string[]
  sources: readonly string[]
  /** Whose turn it is. */
  employees: readonly number[]
  part: string
  sort: QuerySort<CallbackSortKey> | undefined
}

export const ALL_CALLBACKS: CallbackQuery = {
  closed: false,
  period: 'all',
  queues: [],
  departments: [],
  numbers: [],
  sources: [],
  employees: [],
  part: '',
  sort: undefined,
}

const NAMES = ['state', 'days', 'from', 'to', 'queue', 'department', 'number', 'source', 'employee', 'part', 'sort']

export function readCallbackQuery(search: string): CallbackQuery {
  const query = new Query(search)
  return {
    closed: query.text('state') === 'closed',
    period: readPeriod(query),
    queues: query.list('queue'),
    departments: query.numbers('department'),
    numbers: query.list('number'),
    sources: query.list('source'),
    employees: query.numbers('employee'),
    part: query.text('part'),
    sort: query.sort(CALLBACK_SORTS),
  }
}

const written = (query: CallbackQuery, part: string, days: Record<string, string>) =>
  writeQuery({
    state: query.closed ? 'closed' : '',
    ...days,
    queue: query.queues,
    department: query.departments,
    number: query.numbers,
    source: query.sources,
    employee: query.employees,
    part,
    sort: query.sort,
  })

/** The address with this question in it, and all else as it stands. */
export function withCallbackQuery(search: string, query: CallbackQuery): string {
  const others = onlyOf(search, (name) => !NAMES.includes(name))
  return [written(query, query.part, writePeriod(query.period)), others].filter(Boolean).join('&')
}

/** For the server: a part of a number that is too short says nothing yet. */
export function askedCallbacks(query: CallbackQuery, today: string): string {
  const digits = query.part.replace(/\D/g, '')
  return written(query, digits.length >= LEAST_DIGITS ? digits : '', { ...daysOf(query.period, today) })
}

export const isCallbackFiltered = (query: CallbackQuery): boolean =>
  written({ ...query, closed: false, sort: undefined }, query.part, writePeriod(query.period)) !== ''

const base = (projectId: number) => `/projects/${projectId}/callbacks`

export function listCallbacks(
  projectId: number,
  asked: string,
  page: { after?: string; limit: number },
  signal?: AbortSignal,
): Promise<CallbackList> {
  const more = writeQuery({ limit: String(page.limit), after: page.after })
  return ask('GET', `${base(projectId)}?${[asked, more].filter(Boolean).join('&')}`, undefined, signal)
}

export const callbackRevision = async (projectId: number, signal?: AbortSignal): Promise<number> =>
  (await ask<{ revision: number }>('GET', `${base(projectId)}/revision`, undefined, signal)).revision

export const closeCallback = (projectId: number, client: string, reason: Reason, note: string): Promise<Closing> =>
  ask('POST', `${base(projectId)}/${encodeURIComponent(client)}/close`, { reason, note })

export const reopenCallback = (projectId: number, closing: number): Promise<Closing> =>
  ask('DELETE', `${base(projectId)}/closings/${closing}`)

/** Seconds of age now, of an answer that is some seconds old: outside working hours nobody gets older. */
export function ageOf(
  row: Pick<Callback, 'age_s' | 'closed_at'>,
  list: Pick<CallbackList, 'work' | 'now'>,
  now: number,
) {
  const runs = list.work !== 'resting' && row.closed_at === null
  return row.age_s + (runs ? Math.max(0, now - list.now) : 0)
}
