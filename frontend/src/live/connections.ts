/** A project's PBX connections: what the settings edit, and what the doctor finds. */
import type { components } from './api'
import { ask } from './rest'

type Schemas = components['schemas']
export type PbxConnection = Schemas['PbxConnection']
export type ConnectionChange = Schemas['ConnectionChange']
export type ConnectionTest = Schemas['ConnectionTest']
export type Examination = Schemas['Examination']
export type Finding = Schemas['Finding']
export type Level = Finding['level']

const path = (projectId: number, rest = ''): string => `/projects/${projectId}/connections${rest}`

export const listConnections = async (projectId: number): Promise<PbxConnection[]> =>
  (await ask<{ connections: PbxConnection[] }>('GET', path(projectId))).connections

export const addConnection = (projectId: number, change: ConnectionChange): Promise<PbxConnection> =>
  ask('POST', path(projectId), change)

export const changeConnection = (projectId: number, id: number, change: ConnectionChange): Promise<PbxConnection> =>
  ask('PUT', path(projectId, `/${id}`), change)

export const pauseConnection = (projectId: number, id: number, paused: boolean): Promise<PbxConnection> =>
  ask('PUT', path(projectId, `/${id}/paused`), { paused })

export const removeConnection = (projectId: number, id: number): Promise<void> =>
  ask('DELETE', path(projectId, `/${id}`))

export const testConnection = (projectId: number, test: ConnectionTest): Promise<Examination> =>
  ask('POST', path(projectId, '/test'), test)

export const examineConnection = (projectId: number, id: number): Promise<Examination> =>
  ask('POST', path(projectId, `/${id}/examination`))

const ORDER: readonly Level[] = ['problem', 'warning', 'note', 'ok']

/** What is in the way first, what is good last; within a level in the order it was looked at. */
export const byLevel = (found: readonly Finding[]): Finding[] =>
  found.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level))

export type Verdict = 'good' | 'warning' | 'problem' | 'unreachable'

export function verdictOf(found: Examination): Verdict {
  if (!found.connected) return 'unreachable'
  const levels = new Set(found.findings.map((one) => one.level))
  return levels.has('problem') ? 'problem' : levels.has('warning') ? 'warning' : 'good'
}

/** The lines of manager.conf by which a plain Asterisk lets Callfloor in. */
export const managerLines = (user: string, secret: string): string[] => [
  `[${user}]`,
  `secret = ${secret}`,
  'read = system,call,agent,user,reporting,dialplan',
  'write = system,call,agent,originate,reporting,command',
]
