/** What the Employees page shows: filters that combine, their form in the address bar, and the order. */
import { amount, text, type Compare } from './compare'
import { breakReasons, type EmployeeRow } from './employees'
import { finds, has, wordsOf } from './filters'
import { BADGES, STATUSES, type BadgeKind, type Status } from './frames'
import { Query, writeQuery, type QuerySort } from './query'
import type { Who } from './rows'

export const EMPLOYEE_KEYS = ['name', 'department', 'status', 'in-status', 'agent', 'call', 'queues'] as const
export type EmployeeKey = (typeof EMPLOYEE_KEYS)[number]

/** A status, or a badge beside it: one menu has both. */
export type Mark = Status | BadgeKind
export const MARK_VALUES: readonly Mark[] = [...STATUSES, ...BADGES]

export interface EmployeeFilters {
  search: string
  employees: readonly number[]
  departments: readonly number[]
  marks: readonly Mark[]
  /** Reasons of pauses, as the PBX has them; `-` where there is none. */
  breaks: readonly string[]
  queues: readonly string[]
  /** Part of the number of the call they are in. */
  number: string
  sort: QuerySort<EmployeeKey> | undefined
}

export const NO_EMPLOYEE_FILTERS: EmployeeFilters = {
  search: '',
  employees: [],
  departments: [],
  marks: [],
  breaks: [],
  queues: [],
  number: '',
  sort: undefined,
}

/** What is not understood is left out: an old link still opens. */
export function readEmployeeFilters(search: string): EmployeeFilters {
  const query = new Query(search)
  return {
    search: query.text('q'),
    employees: query.numbers('employee'),
    departments: query.numbers('department'),
    marks: query.known('status', MARK_VALUES),
    breaks: query.list('break'),
    queues: query.list('queue'),
    number: query.text('number'),
    sort: query.sort(EMPLOYEE_KEYS),
  }
}

/** For example `department=1,3&status=online,ringing&break=Lunch`; empty where nothing is filtered. */
export const writeEmployeeFilters = (filters: EmployeeFilters): string =>
  writeQuery({
    q: filters.search,
    employee: filters.employees,
    department: filters.departments,
    status: filters.marks,
    break: filters.breaks,
    queue: filters.queues,
    number: filters.number,
    sort: filters.sort,
  })

/** The test that a row must pass; made once per change of the filters. */
export function employeeMatcher(filters: EmployeeFilters, who: Who): (row: EmployeeRow) => boolean {
  const tests: ((row: EmployeeRow) => boolean)[] = []
  const { employees, marks, breaks, queues } = filters
  if (employees.length) tests.push((row) => employees.includes(row.live.id))
  if (marks.length)
    tests.push((row) => marks.includes(row.live.status) || row.live.badges.some((one) => marks.includes(one.kind)))
  if (breaks.length) tests.push((row) => breakReasons(row).some((reason) => breaks.includes(reason)))
  if (queues.length) tests.push((row) => row.live.queues.some((seat) => queues.includes(seat.queue)))
  if (filters.departments.length) {
    const wanted = new Set(filters.departments.flatMap((id) => [...who.within(id)]))
    tests.push((row) => row.department !== undefined && wanted.has(row.department.id))
  }
  const number = filters.number.replace(/\D/g, '')
  if (number) tests.push((row) => has(row.other?.digits, number))
  const words = wordsOf(filters.search)
  if (words.length) tests.push((row) => finds(words, row.haystack))
  return (row) => tests.every((test) => test(row))
}

/** Sorting by this asks what time it is: never, for who began earlier is longer in their status at any time. */
export const EMPLOYEE_TIMED: ReadonlySet<EmployeeKey> = new Set()

/** By name, whose order is worked out once per directory and language: a frame must not collate a thousand names. */
export function employeeComparer(
  sort: QuerySort<EmployeeKey> | undefined,
  _now: number,
  locale: string,
  who: Who,
): Compare<EmployeeRow> {
  const collator = new Intl.Collator(locale, { numeric: true })
  const names = rank([...who.employees.values()], collator)
  const last = names.size
  const place = (row: EmployeeRow) => names.get(row.live.id) ?? last
  const byName: Compare<EmployeeRow> = (a, b) => place(a) - place(b) || a.live.id - b.live.id
  if (!sort) return byName
  const departments = rank([...who.departments.values()], collator)
  const compares: Record<EmployeeKey, Compare<EmployeeRow>> = {
    name: byName,
    department: amount((row) => departments.get(row.department?.id ?? -1) ?? departments.size),
    status: amount((row) => STATUSES.indexOf(row.live.status)),
    'in-status': amount((row) => -row.live.since),
    agent: text((row) => row.agents[0], collator),
    call: amount((row) => -(row.current?.call.started_at ?? 0)),
    queues: text((row) => row.seats[0]?.label, collator),
  }
  const compare = compares[sort.key]
  const sign = sort.descending ? -1 : 1
  return (a, b) => sign * compare(a, b) || byName(a, b)
}

function rank(all: readonly { id: number; name: string }[], collator: Intl.Collator): ReadonlyMap<number, number> {
  return new Map(all.toSorted((a, b) => collator.compare(a.name, b.name)).map((one, place) => [one.id, place]))
}
