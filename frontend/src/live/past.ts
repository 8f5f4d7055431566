/** The past floor: what is asked of the server, and what is made of its answers. No clock, no components. */
import { parseDate } from '@internationalized/date'
import type { components } from './api'
import type { FloorFrame, LiveCallDetail } from './frames'
import { onlyOf, Query } from './query'
import { ask } from './rest'
import { apply, GAP, type Floor } from './store'

type Schemas = components['schemas']
export type PastFloor = Schemas['PastFloor']
export type PastFrame = Schemas['PastFrame']
export type PastFrames = Schemas['PastFrames']
export type PastEvent = Schemas['PastEvent']
export type PastLine = Schemas['PastLine']

/** What stepping goes by: the page that is looked at. */
export type Subject = 'calls' | 'employees'

export const SPEEDS = [1, 2, 5, 10, 30, 60] as const
export type Speed = (typeof SPEEDS)[number]

/** Since when nobody watched, and until when; undefined is for ever. */
export interface Gap {
  from: number | undefined
  to: number | undefined
}

export class PastApi {
  readonly #path: string

  constructor(projectId: number) {
    this.#path = `/projects/${projectId}/past`
  }

  floor = (at: number, signal?: AbortSignal): Promise<PastFloor> =>
    ask('GET', `${this.#path}?at=${at}`, undefined, signal)

  /** At most one frame in `every` seconds of the past. */
  changes = (from: number, to: number, every: number, signal?: AbortSignal): Promise<PastFrames> =>
    ask('GET', `${this.#path}/changes?from=${from}&to=${to}&every=${every}`, undefined, signal)

  event = (at: number, step: 'next' | 'previous', of: Subject, signal?: AbortSignal): Promise<PastEvent> =>
    ask('GET', `${this.#path}/events?at=${at}&step=${step}&of=${of}`, undefined, signal)

  line = (from: number, to: number, step: number, signal?: AbortSignal): Promise<PastLine> =>
    ask('GET', `${this.#path}/line?from=${from}&to=${to}&step=${step}`, undefined, signal)

  call = (id: string, at: number, signal?: AbortSignal): Promise<LiveCallDetail> =>
    ask('GET', `${this.#path}/calls/${encodeURIComponent(id)}?at=${at}`, undefined, signal)
}

/** Nobody's past lies behind it, and calendars are sure until then. */
const LAST_AT = Date.UTC(2200, 0, 1) / 1000

/** The moment in the address, as an instant; undefined where there is none, or none that can be read. */
export function readAt(search: string): number | undefined {
  const text = new Query(search).text('at')
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined
  const at = Date.parse(text) / 1000
  return at > 0 && at < LAST_AT ? at : undefined
}

/** `2026-11-22T09:41:07Z`: the same moment for whoever opens the link, wherever they are. */
export const writeAt = (at: number): string => new Date(Math.floor(at) * 1000).toISOString().replace('.000Z', 'Z')

/** The query with the moment in it, as it is written: a person reads it. */
export const withMoment = (search: string, at: number): string =>
  [`at=${writeAt(at)}`, onlyOf(search, (name) => name !== 'at')].filter(Boolean).join('&')

/** A day's first instant and the next day's, by the clocks of a zone: 23 and 25 hours apart on two days of the year. */
export function bounds(day: string, timeZone: string): { begin: number; end: number } {
  const date = parseDate(day)
  const instant = (one: typeof date) => one.toDate(timeZone).getTime() / 1000
  return { begin: instant(date), end: instant(date.add({ days: 1 })) }
}

export const dayBefore = (day: string): string => parseDate(day).subtract({ days: 1 }).toString()
export const dayAfter = (day: string): string => parseDate(day).add({ days: 1 }).toString()

/** A floor that holds the answer's. */
export function begun(answer: { snapshot?: PastFloor['snapshot'] }): Floor | undefined {
  if (!answer.snapshot) return undefined
  const frame: FloorFrame = {
    type: 'snapshot',
    epoch: 'past',
    sequence: 0,
    server_time: answer.snapshot.at,
    snapshot: answer.snapshot,
    waits: null,
  }
  const floor = apply(undefined, frame)
  return floor === GAP ? undefined : floor
}

/** The floor after a frame; undefined where it is not known, or the frame does not follow. */
export function played(floor: Floor | undefined, frame: PastFrame): Floor | undefined {
  if (!frame.known) return undefined
  if (frame.snapshot) return begun(frame)
  if (!floor) return undefined
  const { calls = { added: [], changed: [], removed: [] }, employees, links, directory, supervisions } = frame
  const next = apply(floor, {
    type: 'delta',
    epoch: 'past',
    sequence: floor.sequence + 1,
    server_time: frame.at,
    calls,
    ...(employees && { employees }),
    ...(links && { links }),
    ...(directory && { directory }),
    ...(supervisions && { supervisions }),
  })
  return next === GAP ? undefined : next
}

/** The height of each step of the line, from 0 to 1, as an SVG path over a field as wide as there are steps. */
export function areaOf(calls: readonly (number | null)[]): string {
  const top = Math.max(4, ...calls.map((one) => one ?? 0))
  let path = ''
  let open = false
  calls.forEach((one, place) => {
    if (one === null) {
      if (open) path += `V1Z`
      open = false
      return
    }
    const y = (1 - one / top).toFixed(3)
    path += open ? `V${y}H${place + 1}` : `M${place} 1V${y}H${place + 1}`
    open = true
  })
  return open ? `${path}V1Z` : path
}
