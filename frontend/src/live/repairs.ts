/** Repairs: what nobody watched, told by the PBX's own records. Instants are UTC epoch seconds. */
import type { components } from './api'
import { ask } from './rest'

type Schemas = components['schemas']
export type Repair = Schemas['Repair']
export type RepairList = Schemas['RepairList']
export type RecordPlace = Schemas['RecordPlace']
export type RecordPlaceChange = Schemas['RecordPlaceChange']

const path = (projectId: number, rest = ''): string => `/projects/${projectId}/repairs${rest}`

export const listRepairs = (projectId: number): Promise<RepairList> => ask('GET', path(projectId))

export const startRepair = (projectId: number, linkId: number, begin: number, end: number): Promise<Repair> =>
  ask('POST', path(projectId), { link_id: linkId, began_at: begin, ended_at: end })

export const setPlace = (projectId: number, linkId: number, change: RecordPlaceChange): Promise<RecordPlace> =>
  ask('PUT', path(projectId, `/places/${linkId}`), change)

export const isEnded = (repair: Pick<Repair, 'state'>): boolean =>
  repair.state !== 'waiting' && repair.state !== 'running'

const SAID_S = 7 * 86_400

/** It has begun, or is about to, and nothing of it is known yet: a later try, for what is late, is not told of. */
export const isUnderWay = (repair: Pick<Repair, 'state' | 'lacking'>): boolean =>
  !isEnded(repair) && repair.lacking === null

/** The records of an outage of the last days could not be read. */
export const isUnable = (repair: Pick<Repair, 'state' | 'lacking' | 'ended_at'>, now: number): boolean =>
  repair.lacking === 'unreadable' && now - repair.ended_at < SAID_S

/** The instant at which clocks of a zone show this ("2026-01-31T08:00"); undefined where it is no time. */
export function instantOf(local: string, timeZone: string): number | undefined {
  const shown = Date.parse(`${local}Z`)
  if (Number.isNaN(shown)) return undefined
  const ahead = (at: number): number => {
    const parts = new Intl.DateTimeFormat('en', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(at)
    const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0)
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - at
  }
  const near = shown - ahead(shown)
  return (shown - ahead(near)) / 1000
}
