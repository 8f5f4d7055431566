/** Who is signed in, and the sessions they hold. */
import type { components } from './api'
import { ApiError, ask, useCsrfToken } from './rest'

export type SessionInfo = components['schemas']['SessionInfo']
export type Project = components['schemas']['ProjectInfo']
export type Role = Project['role']
export type OpenSession = components['schemas']['SessionEntry']

const remembered = (info: SessionInfo): SessionInfo => {
  useCsrfToken(info.csrf_token)
  return info
}

/** Undefined where nobody is signed in. */
export async function currentSession(): Promise<SessionInfo | undefined> {
  try {
    return remembered(await ask<SessionInfo>('GET', '/session'))
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined
    throw error
  }
}

export const signIn = async (login: string, password: string, code?: string): Promise<SessionInfo> =>
  remembered(await ask<SessionInfo>('POST', '/session', { login, password, ...(code ? { code } : {}) }))

/** Where the browser goes on to sign out too; undefined where nobody signed in elsewhere. */
export const signOut = async (): Promise<string | undefined> =>
  (await ask<{ elsewhere: string } | undefined>('DELETE', '/session'))?.elsewhere

export const openSessions = async (): Promise<OpenSession[]> =>
  (await ask<components['schemas']['SessionList']>('GET', '/sessions')).sessions

export const revokeSession = (id: number): Promise<void> => ask('DELETE', `/sessions/${id}`)
