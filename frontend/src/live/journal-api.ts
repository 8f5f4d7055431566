/** The journal over REST: its lines, one call whole, what people add to it; spam. `query` is as `journalQuery` writes it. */
import type { ClientHistory, JournalRows, WholeCall } from './journal'
import { ask } from './rest'

const of = (projectId: number) => `/projects/${projectId}`
const call = (projectId: number, callId: string) => `${of(projectId)}/journal/calls/${encodeURIComponent(callId)}`

export interface PageAsked {
  limit?: number
  /** Cursors that an answer gave; one of them at most. */
  after?: string | null
  before?: string | null
}

export function getJournal(
  projectId: number,
  query: string,
  { limit = 50, after, before }: PageAsked = {},
  signal?: AbortSignal,
): Promise<JournalRows> {
  const page = [
    `limit=${limit}`,
    after ? `after=${encodeURIComponent(after)}` : '',
    before ? `before=${encodeURIComponent(before)}` : '',
  ]
  const asked = [query, ...page].filter(Boolean).join('&')
  return ask('GET', `${of(projectId)}/journal?${asked}`, undefined, signal)
}

/** `T` is the caller's: the totals' shapes are in the generated types. */
export const getJournalTotals = <T>(projectId: number, query: string, signal?: AbortSignal): Promise<T> =>
  ask('GET', `${of(projectId)}/journal/totals?${query}`, undefined, signal)

export const getJournalGroups = <T>(projectId: number, query: string, by: string, signal?: AbortSignal): Promise<T[]> =>
  ask('GET', `${of(projectId)}/journal/groups?by=${by}&${query}`, undefined, signal)

export const getWholeCall = (projectId: number, callId: string, signal?: AbortSignal): Promise<WholeCall> =>
  ask('GET', call(projectId, callId), undefined, signal)

export const getClient = (projectId: number, e164: string, signal?: AbortSignal): Promise<ClientHistory> =>
  ask('GET', `${of(projectId)}/clients/${encodeURIComponent(e164)}`, undefined, signal)

export const getTags = async (projectId: number, signal?: AbortSignal): Promise<string[]> =>
  (await ask<{ tags: string[] }>('GET', `${of(projectId)}/tags`, undefined, signal)).tags

// What people add answers with the call as it is then.

export const setTags = (projectId: number, callId: string, tags: readonly string[]): Promise<WholeCall> =>
  ask('PUT', `${call(projectId, callId)}/tags`, { tags })

export const setSuccess = (projectId: number, callId: string, success: boolean | null): Promise<WholeCall> =>
  ask('PUT', `${call(projectId, callId)}/success`, { success })

export const addNote = (projectId: number, callId: string, text: string): Promise<WholeCall> =>
  ask('POST', `${call(projectId, callId)}/notes`, { text })

export const removeNote = (projectId: number, callId: string, noteId: number): Promise<WholeCall> =>
  ask('DELETE', `${call(projectId, callId)}/notes/${noteId}`)

export type SpamSource = 'list' | 'pbx' | 'hand'

export interface SpamNumber {
  number: string
  source: SpamSource
  by: string | null
  at: number
}

export const getSpam = async (projectId: number, signal?: AbortSignal): Promise<SpamNumber[]> =>
  (await ask<{ numbers: SpamNumber[] }>('GET', `${of(projectId)}/spam`, undefined, signal)).numbers

/** `hand` where somebody marks the client of a call they look at. */
export const addSpam = (projectId: number, number: string, source: 'list' | 'hand' = 'list'): Promise<SpamNumber> =>
  ask('POST', `${of(projectId)}/spam`, { number, source })

export const removeSpam = (projectId: number, number: string): Promise<void> =>
  ask('DELETE', `${of(projectId)}/spam/${encodeURIComponent(number)}`)
