/** What is shown: filters that combine, and their form in the address bar, which a person can read. */
import { CALL_STATUSES, CALL_TYPES, type CallStatus, type CallType } from './frames'
import type { Counters, Row, Who } from './rows'
import { isWaiting } from './times'

export type Phase = 'waiting' | 'talking'

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

export interface Sort {
  key: SortKey
  descending: boolean
}

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
  const query = new URLSearchParams(search)
  const list = (name: string) =>
    query
      .getAll(name)
      .flatMap((value) => value.split(','))
      .filter(Boolean)
  const known = <T extends string>(name: string, all: readonly T[]) => all.filter((value) => list(name).includes(value))
  const sort = query.get('sort') ?? ''
  const key = SORT_KEYS.find((one) => one === sort.replace(/^-/, ''))
  const phase = query.get('state')
  return {
    search: query.get('q') ?? '',
    phase: phase === 'waiting' || phase === 'talking' ? phase : undefined,
    types: known('type', CALL_TYPES),
    statuses: known('status', CALL_STATUSES),
    employees: list('employee').map(unescapeComma),
    departments: list('department').map(Number).filter(Number.isSafeInteger),
    queues: list('queue').map(unescapeComma),
    number: query.get('number') ?? '',
    sort: key && { key, descending: sort.startsWith('-') },
  }
}

// A queue's or an account's own comma must not split the list.
const escapeComma = (value: string) => value.replaceAll('%', '%25').replaceAll(',', '%2C')
const unescapeComma = (value: string) => value.replaceAll('%2C', ',').replaceAll('%25', '%')

/** For example `type=inbound&employee=12,15&sort=-waiting`; empty where nothing is filtered. */
export function writeFilters(filters: Filters): string {
  const parts: [string, string][] = [
    ['q', filters.search],
    ['state', filters.phase ?? ''],
    ['type', filters.types.join(',')],
    ['status', filters.statuses.join(',')],
    ['employee', filters.employees.map(escapeComma).join(',')],
    ['department', filters.departments.join(',')],
    ['queue', filters.queues.map(escapeComma).join(',')],
    ['number', filters.number],
    ['sort', filters.sort ? `${filters.sort.descending ? '-' : ''}${filters.sort.key}` : ''],
  ]
  return parts
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%20', '+')}`)
    .join('&')
}

/** Whether anything is left out; sorting leaves nothing out. */
export const isFiltered = (filters: Filters): boolean => writeFilters({ ...filters, sort: undefined }) !== ''

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
  const words = filters.search.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length) tests.push((row) => finds(words, row.haystack))
  return (row) => tests.every((test) => test(row))
}

/** Every word must be there; a number may be typed with any grouping. */
function finds(words: readonly string[], haystack: string): boolean {
  if (words.every((word) => haystack.includes(word))) return true
  const typed = words.join('')
  const digits = typed.replace(/\D/g, '')
  return digits.length > 2 && /^[\d+().-]+$/.test(typed) && has(haystack, digits)
}

/** Numbers are kept with their country's code; a national one is typed with its trunk prefix, 8 or 0. */
function has(digits: string | undefined, typed: string): boolean {
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
