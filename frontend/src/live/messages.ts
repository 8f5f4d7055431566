/** Voicemail and faxes as the server tells them, and how lists of them are asked for. */
import { daysOf, readPeriod, writePeriod, type AnyPeriod } from './any-period'
import type { components } from './api'
import { Query, writeQuery, type QuerySort } from './query'
import { ask } from './rest'

type Schemas = components['schemas']
export type Voicemail = Schemas['VoicemailRow']
export type Fax = Schemas['FaxRow']
export type VoicemailPage = Schemas['VoicemailPage']
export type FaxPage = Schemas['FaxPage']
export type MessagesState = Schemas['MessagesState']

export const TABS = ['voicemail', 'fax'] as const
export type Tab = (typeof TABS)[number]

export const VOICEMAIL_STATES = ['new', 'heard', 'gone'] as const
export const FAX_DIRECTIONS = ['received', 'sent'] as const
export const FAX_RESULTS = ['success', 'failed', 'unknown'] as const
export const HANDLED = ['no', 'yes'] as const
export const VOICEMAIL_SORTS = ['at', 'caller', 'box', 'employee', 'duration', 'folder'] as const
export const FAX_SORTS = ['at', 'direction', 'number', 'station', 'pages', 'result'] as const

export type VoicemailState = (typeof VOICEMAIL_STATES)[number]
export type FaxDirection = (typeof FAX_DIRECTIONS)[number]
export type FaxResult = (typeof FAX_RESULTS)[number]
export type VoicemailSort = (typeof VOICEMAIL_SORTS)[number]
export type FaxSort = (typeof FAX_SORTS)[number]

export interface MessagesQuery {
  period: AnyPeriod
  part: string
  handled: string[]
  boxes: string[]
  employees: string[]
  states: VoicemailState[]
  directions: FaxDirection[]
  results: FaxResult[]
  sort: QuerySort<VoicemailSort | FaxSort> | undefined
}

export const EVERYTHING: MessagesQuery = {
  period: 'all',
  part: '',
  handled: [],
  boxes: [],
  employees: [],
  states: [],
  directions: [],
  results: [],
  sort: undefined,
}

/** Shorter ones say too little to be looked for. */
export const SHORTEST_PART = 2

export function readMessagesQuery(search: string, tab: Tab): MessagesQuery {
  const query = new Query(search)
  const voicemail = tab === 'voicemail'
  return {
    period: readPeriod(query),
    part: query.text('part'),
    handled: query.known('handled', HANDLED),
    boxes: voicemail ? query.list('box') : [],
    employees: voicemail ? query.numbers('employee').map(String) : [],
    states: voicemail ? query.known('state', VOICEMAIL_STATES) : [],
    directions: voicemail ? [] : query.known('direction', FAX_DIRECTIONS),
    results: voicemail ? [] : query.known('result', FAX_RESULTS),
    sort: query.sort(voicemail ? VOICEMAIL_SORTS : FAX_SORTS),
  }
}

const parts = (query: MessagesQuery) => ({
  part: query.part,
  handled: query.handled.length === 1 ? query.handled : [],
  box: query.boxes,
  employee: query.employees,
  state: query.states,
  direction: query.directions,
  result: query.results,
  sort: query.sort,
})

/** For the address bar. */
export function writeMessagesQuery(query: MessagesQuery): string {
  return writeQuery({ ...writePeriod(query.period), ...parts(query) })
}

/** For the server. */
export function askedOf(query: MessagesQuery, today: string): string {
  const days = daysOf(query.period, today)
  const part = query.part.trim()
  return writeQuery({
    ...days,
    ...parts(query),
    part: part.length < SHORTEST_PART ? '' : part,
    sort: query.sort ?? { key: 'at', descending: true },
  })
}

export interface CallMessages {
  voicemails: Voicemail[]
  faxes: Fax[]
}

/** What was left in a call; only those kinds are asked for that its story tells of. */
export async function messagesOfCall(
  projectId: number,
  callId: string,
  kinds: { voicemail: boolean; fax: boolean },
  signal?: AbortSignal,
): Promise<CallMessages> {
  const of = (path: string) => `/projects/${projectId}/${path}?${writeQuery({ call: callId })}`
  const [voicemails, faxes] = await Promise.all([
    kinds.voicemail ? ask<VoicemailPage>('GET', of('voicemails'), undefined, signal) : undefined,
    kinds.fax ? ask<FaxPage>('GET', of('faxes'), undefined, signal) : undefined,
  ])
  return { voicemails: voicemails?.messages ?? [], faxes: faxes?.faxes ?? [] }
}
