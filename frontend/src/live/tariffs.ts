/** Tariffs, as the settings page edits them. Prices are decimal numbers as text, which nobody here calculates with. */
import type { components } from './api'
import type { Job } from './jobs'
import { ask } from './rest'

export type TariffEntry = components['schemas']['TariffEntry']
export type TariffChange = components['schemas']['TariffChange']
export type TariffImported = components['schemas']['TariffImported']
export type TariffFault = components['schemas']['TariffFault']
export type CallCost = components['schemas']['CallCost']

export interface TariffList {
  tariffs: TariffEntry[]
  trunks: string[]
  /** What people call a trunk that they call otherwise. */
  labels: Record<string, string>
}

const base = (projectId: number) => `/projects/${projectId}/tariffs`

export const listTariffs = (projectId: number): Promise<TariffList> => ask('GET', base(projectId))

/** @param instead_of the number of the one that is changed; it gets another */
export const putTariff = (projectId: number, change: TariffChange, insteadOf?: number): Promise<TariffEntry> =>
  insteadOf === undefined ? ask('POST', base(projectId), change) : ask('PUT', `${base(projectId)}/${insteadOf}`, change)

export const removeTariff = (projectId: number, id: number): Promise<void> => ask('DELETE', `${base(projectId)}/${id}`)

export const importTariffs = (projectId: number, text: string, dry: boolean): Promise<TariffImported> =>
  ask('POST', `${base(projectId)}/import`, { text, dry })

export const applyTariffs = (projectId: number, first: string, last: string): Promise<Job> =>
  ask('POST', `${base(projectId)}/apply`, { first, last })

export function tryTariffs(projectId: number, number: string, seconds: number, trunk: string): Promise<CallCost> {
  const query = new URLSearchParams({ number, seconds: String(seconds), ...(trunk && { trunk }) })
  return ask('GET', `${base(projectId)}/cost?${query.toString()}`)
}

/** Where the browser downloads the list. */
export const tariffsAddress = (projectId: number): string => `/api/v1${base(projectId)}/export`

/** What makes a removed tariff again. */
export function changeOf(entry: TariffEntry): TariffChange {
  const { id, ...rest } = entry
  void id
  return rest
}

/** A carrier's table is UTF-8, or of an office program of old. */
export function decodeTable(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1251').decode(bytes)
  }
}
