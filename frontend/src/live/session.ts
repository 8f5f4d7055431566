/** Who is signed in, and the sessions they hold. */
import { ApiError, ask, useCsrfToken } from './api'

export type Role = 'administrator' | 'analyst' | 'supervisor' | 'employee'

export interface Project {
  id: number
  name: string
  timezone: string
  country: string | null
  role: Role
  employee_id: number | null
}

export interface SessionInfo {
  user: { id: number; login: string; name: string; locale: string | null; theme: string | null }
  csrf_token: string
  projects: Project[]
}

export interface OpenSession {
  id: number
  created_at: number
  last_seen_at: number
  user_agent: string | null
  address: string | null
  current: boolean
}

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

export const signIn = async (login: string, password: string): Promise<SessionInfo> =>
  remembered(await ask<SessionInfo>('POST', '/session', { login, password }))

export const signOut = (): Promise<void> => ask('DELETE', '/session')

export const openSessions = async (): Promise<OpenSession[]> =>
  (await ask<{ sessions: OpenSession[] }>('GET', '/sessions')).sessions

export const revokeSession = (id: number): Promise<void> => ask('DELETE', `/sessions/${id}`)
