/** Personal data, as administrators deal with it. */
import type { components } from './api'
import type { Job } from './jobs'
import { ask } from './rest'

export type ClientFound = components['schemas']['ClientFound']

const at = (projectId: number, end = '') => `/projects/${projectId}/personal-data${end}`

/** From when calls are kept, in epoch seconds; null: nothing was deleted for its age. */
export const callsKeptFrom = async (projectId: number, signal?: AbortSignal): Promise<number | null> =>
  (await ask<{ calls_kept_from: number | null }>('GET', at(projectId), undefined, signal)).calls_kept_from

export const findClient = (projectId: number, client: string): Promise<ClientFound> =>
  ask('POST', at(projectId, '/client'), { client })

export const exportClient = (projectId: number, client: string): Promise<Job> =>
  ask('POST', at(projectId, '/client-export'), { client })

export const eraseClient = (projectId: number, client: string, again: string): Promise<Job> =>
  ask('POST', at(projectId, '/client-erasure'), { client, again })

export const eraseEmployee = (projectId: number, id: number, name: string): Promise<{ name: string }> =>
  ask('POST', at(projectId, `/employees/${id}/erasure`), { name })

export const applyRetention = (projectId: number): Promise<Job> => ask('POST', at(projectId, '/retention'))
