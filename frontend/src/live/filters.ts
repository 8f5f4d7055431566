/** What is shown: filters that combine, and their form in the address bar, which a person can read. */
import { CALL_STATUSES, CALL_TYPES, type CallStatus, type CallType } from './frames'
import { Query, writeQuery, type QuerySort } from './query'
import type { Counters, Row, Who } from './rows'
import { isWaiting } from './times'

const PHASES = ['waiting', 'talking'] as const
export type Phase = (typeof PHASES)[number]

export const SORT_KEYS = [
  'type',
  'employee',
  'department',
  'status',
  'in-status',
  'client',
  'number',
  'queue',
  'waiting',
  'talk',
  'route',
] as const
export type SortKey = (typeof SORT_KEYS)[number]

export type Sort = QuerySort<SortKey>

export interface Filters {
  search: string
  phase: Phase | undefined
  types: readonly CallType[]
  statuses: readonly CallStatus[]
  /** Employee ids as text, or accounts of nobody known. */
  employees: readonly string[]
  departments: readonly number[]
  queues: readonly string[]
  /** Part of a number, ours or the client's. */
  number: string
  sort: Sort | undefined
}

export const NO_FILTERS: Filters = {
  search: '',
  phase: undefined,
  types: [],
  statuses: [],
  employees: [],
  departments: [],
  queues: [],
  number: '',
  sort: undefined,
}

/** What is not understood is left out: an old link still opens. */
export function readFilters(search: string): Filters {
  const query = new Query(search)
  return {
    search: query.text('q'),
    phase: PHASES.find((one) => one === query.text('state')),
    types: query.known('type', CALL_TYPES),
    statuses: query.known('status', CALL_STATUSES),
    employees: query.list('employee'),
    departments: query.numbers('department'),
    queues: query.list('queue'),
    number: query.text('number'),
    sort: query.sort(SORT_KEYS),
  }
}

/** For example `type=inbound&employee=12,15&sort=-waiting`; empty where nothing is filtered. */
export const writeFilters = (filters: Filters): string =>
  writeQuery({
    q: filters.search,
    state: filters.phase,
    type: filters.types,
    status: filters.statuses,
    employee: filters.employees,
    department: filters.departments,
    queue: filters.queues,
    number: filters.number,
    sort: filters.sort,
  })

/** The test that a row must pass; made once per change of the filters. */
export function matcher(filters: Filters, who: Who): (row: Row) => boolean {
  const tests: ((row: Row) => boolean)[] = []
  const { phase, types, statuses, employees, queues } = filters
  if (phase) tests.push((row) => isWaiting(row.call) === (phase === 'waiting'))
  if (types.length) tests.push((row) => types.includes(row.call.type))
  if (statuses.length) tests.push((row) => statuses.includes(row.call.status))
  if (employees.length) tests.push((row) => row.people.some((person) => employees.includes(person.key)))
  if (queues.length) tests.push((row) => row.call.queue !== null && queues.includes(row.call.queue))
  if (filters.departments.length) {
    const wanted = new Set(filters.departments.flatMap((id) => [...who.within(id)]))
    tests.push((row) => row.departments.some((department) => wanted.has(department.id)))
  }
  const number = filters.number.replace(/\D/g, '')
  if (number) tests.push((row) => has(row.client?.digits, number) || has(row.business?.digits, number))
  const words = wordsOf(filters.search)
  if (words.length) tests.push((row) => finds(words, row.haystack))
  return (row) => tests.every((test) => test(row))
}

export const wordsOf = (search: string): string[] => search.toLowerCase().split(/\s+/).filter(Boolean)

/** Every word must be there; a number may be typed with any grouping. */
export function finds(words: readonly string[], haystack: string): boolean {
  if (words.every((word) => haystack.includes(word))) return true
  const typed = words.join('')
  const digits = typed.replace(/\D/g, '')
  return digits.length > 2 && /^[\d+().-]+$/.test(typed) && has(haystack, digits)
}

/** Numbers are kept with their country's code; a national one is typed with its trunk prefix, 8 or 0. */
export function has(digits: string | undefined, typed: string): boolean {
  if (!digits) return false
  return digits.includes(typed) || (/^[08]\d{3,}/.test(typed) && digits.includes(typed.slice(1)))
}

/** Over the whole floor that this viewer may see, whatever is filtered. Active is waiting or talking. */
export function count(rows: readonly Row[]): Counters {
  const counters: Counters = { active: rows.length, waiting: 0, waitingInbound: 0, talking: 0, talkingInbound: 0 }
  for (const { call } of rows) {
    const inbound = call.type === 'inbound' ? 1 : 0
    if (isWaiting(call)) {
      counters.waiting += 1
      counters.waitingInbound += inbound
    } else {
      counters.talking += 1
      counters.talkingInbound += inbound
    }
  }
  return counters
}
