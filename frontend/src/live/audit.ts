/** The audit: supervisions and all other deeds; what is asked, and what the address bar says of it. */
import type { components } from './api'
import { daysOf, readPeriod, type JournalPeriod } from './journal-period'
import { onlyOf, Query, writeQuery } from './query'
import { ENDINGS, MODES, WAYS, type Ending, type Mode, type Way } from './supervisions'

type Schemas = components['schemas']

export type SupervisionEntry = Schemas['LoggedSupervision']
export type SupervisionPage = Schemas['SupervisionLog']
export type DeedEntry = Schemas['AuditEntry']
export type DeedPage = Schemas['AuditList']
export type SupervisionOptions = Schemas['SupervisionLogOptions']
export type DeedOptions = Schemas['AuditOptions']

export const VIEWS = ['supervisions', 'deeds'] as const
export type AuditView = (typeof VIEWS)[number]
/** How a deed came out; any other outcome is the name of what hindered it. */
export const OUTCOMES = ['done', 'failed'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface AuditQuery {
  view: AuditView
  period: JournalPeriod
  users: readonly number[]
  employees: readonly number[]
  modes: readonly Mode[]
  ways: readonly Way[]
  endings: readonly Ending[]
  /** Of one call alone. */
  call: string
  actions: readonly string[]
  /** A kind, or a kind and an id: `employee:12`. */
  subject: string
  outcomes: readonly Outcome[]
}

/** Most of what is looked for here is not of today. */
export const USUAL_PERIOD: JournalPeriod = '7d'

export const ALL_AUDIT: AuditQuery = {
  view: 'supervisions',
  period: USUAL_PERIOD,
  users: [],
  employees: [],
  modes: [],
  ways: [],
  endings: [],
  call: '',
  actions: [],
  subject: '',
  outcomes: [],
}

const NAMES: readonly string[] = [
  'view',
  'days',
  'from',
  'to',
  'user',
  'employee',
  'mode',
  'way',
  'ending',
  'about_call',
  'action',
  'subject',
  'outcome',
]

/** What is not understood is left out: an old link still opens. */
export function readAuditQuery(search: string): AuditQuery {
  const query = new Query(search)
  const timed = query.text('days') || query.text('from')
  return {
    view: VIEWS.find((one) => one === query.text('view')) ?? 'supervisions',
    period: timed ? readPeriod(query) : USUAL_PERIOD,
    users: query.numbers('user'),
    employees: query.numbers('employee'),
    modes: query.known('mode', MODES),
    ways: query.known('way', WAYS),
    endings: query.known('ending', ENDINGS),
    call: query.text('about_call'),
    actions: query.list('action'),
    subject: query.text('subject'),
    outcomes: query.known('outcome', OUTCOMES),
  }
}

const filters = (query: AuditQuery) =>
  query.view === 'supervisions'
    ? {
        user: query.users,
        employee: query.employees,
        mode: query.modes,
        way: query.ways,
        ending: query.endings,
      }
    : { user: query.users, action: query.actions, subject: query.subject, outcome: query.outcomes }

function written(query: AuditQuery): string {
  const { period, view } = query
  const days =
    typeof period === 'string' ? { days: period === USUAL_PERIOD ? '' : period } : { from: period.from, to: period.to }
  const call = view === 'supervisions' ? query.call : ''
  return writeQuery({ view: view === 'supervisions' ? '' : view, ...days, ...filters(query), about_call: call })
}

/** The address with this question in it, and all else as it stands. */
export function withAuditQuery(search: string, query: AuditQuery): string {
  const others = onlyOf(search, (name) => !NAMES.includes(name))
  return [written(query), others].filter(Boolean).join('&')
}

/** For the server: the list, and the file of it. */
export function askedAudit(query: AuditQuery, today: string): string {
  const { from, to } = daysOf(query.period, today)
  return writeQuery({ from, to, ...filters(query), call: query.view === 'supervisions' ? query.call : '' })
}

export const isAuditFiltered = (query: AuditQuery): boolean =>
  written({ ...query, view: 'supervisions', period: USUAL_PERIOD }) !== '' ||
  written({ ...query, view: 'deeds', period: USUAL_PERIOD }) !== 'view=deeds'

export const auditPath = (view: AuditView): string => (view === 'supervisions' ? 'supervision-log' : 'audit')

/** Where the browser downloads what is shown. */
export const auditFile = (projectId: number, view: AuditView, asked: string, format: 'csv' | 'xlsx'): string =>
  `/api/v1/projects/${projectId}/${auditPath(view)}/file?${asked}&format=${format}`

/** The audit of one call's supervisions. */
export const auditOfCall = (callId: string): string => `/audit?${writeQuery({ days: '30d', about_call: callId })}`

export interface Change {
  name: string
  before: unknown
  after: unknown
}

/** What a change of settings changed, name by name; nested ones by their path. Empty where a deed is no change. */
export function changesOf(details: Record<string, unknown>): Change[] {
  const { before, after } = details
  if (!isRecord(before) && !isRecord(after)) return []
  const [was, is] = [flat(before), flat(after)]
  const names = [...new Set([...was.keys(), ...is.keys()])]
  return names.map((name) => ({ name, before: was.get(name), after: is.get(name) }))
}

/** All but what was and what is. */
export const factsOf = (details: Record<string, unknown>): [string, unknown][] => [
  ...flat(Object.fromEntries(Object.entries(details).filter(([name]) => name !== 'before' && name !== 'after'))),
]

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function flat(value: unknown, path = ''): Map<string, unknown> {
  if (!isRecord(value)) return new Map(path ? [[path, value]] : [])
  return new Map(Object.entries(value).flatMap(([name, part]) => [...flat(part, path ? `${path}.${name}` : name)]))
}

/** A stretch of a session, placed within it: from and to as parts of the whole. */
export interface PlacedStretch {
  mode: Mode
  muted: boolean
  began_at: number
  ended_at: number
  from: number
  share: number
}

export function placed(entry: Pick<SupervisionEntry, 'modes' | 'started_at' | 'ended_at'>, now: number) {
  const end = Math.max(entry.ended_at ?? now, ...entry.modes.map((one) => one.ended_at ?? 0))
  const begin = Math.min(entry.started_at, ...entry.modes.map((one) => one.began_at))
  const whole = Math.max(end - begin, 0.001)
  return entry.modes.map((one): PlacedStretch => {
    const until = one.ended_at ?? end
    return {
      mode: one.mode,
      muted: one.muted,
      began_at: one.began_at,
      ended_at: until,
      from: (one.began_at - begin) / whole,
      share: Math.max(0, until - one.began_at) / whole,
    }
  })
}

/** How long one was in each mode, muted or not. */
export function secondsByMode(stretches: readonly PlacedStretch[]): Partial<Record<Mode, number>> {
  const found: Partial<Record<Mode, number>> = {}
  for (const one of stretches) found[one.mode] = (found[one.mode] ?? 0) + one.ended_at - one.began_at
  return found
}
