/** The users of a project, and how one signs in to it, as its administrators change them. */
import type { components } from './api'
import { ask } from './rest'
import type { OpenSession } from './session'

type Shapes = components['schemas']
export type ProjectUser = Shapes['ProjectUser']
export type UserList = Shapes['UserList']
export type Candidate = Shapes['Candidate']
export type LinkMade = Shapes['LinkMade']
export type Elsewhere = Shapes['Elsewhere']
export type ElsewhereChange = Shapes['ElsewhereChange']
export type ElsewhereTested = Shapes['ElsewhereTested']
export type UserRole = ProjectUser['role']
export const ROLES = ['administrator', 'analyst', 'supervisor', 'employee'] as const satisfies readonly UserRole[]

const users = (projectId: number) => `/projects/${projectId}/users`
const one = (projectId: number, id: number) => `${users(projectId)}/${id}`

export const listUsers = (projectId: number): Promise<UserList> => ask('GET', users(projectId))
export const listCandidates = async (projectId: number): Promise<Candidate[]> =>
  (await ask<Shapes['CandidateList']>('GET', `/projects/${projectId}/user-candidates`)).candidates
export const addUser = (projectId: number, user: Shapes['NewUser']): Promise<ProjectUser> =>
  ask('POST', users(projectId), user)
export const changeUser = (projectId: number, id: number, change: Shapes['UserChange']): Promise<ProjectUser> =>
  ask('PUT', one(projectId, id), change)
export const letIn = (projectId: number, id: number, place: Shapes['Place']): Promise<ProjectUser> =>
  ask('POST', `${one(projectId, id)}/place`, place)
export const removeUser = (projectId: number, id: number): Promise<void> => ask('DELETE', one(projectId, id))
export const disableUser = (projectId: number, id: number, disabled: boolean): Promise<ProjectUser> =>
  ask('PUT', `${one(projectId, id)}/disabled`, { disabled })
export const makeLink = (projectId: number, id: number, by: 'mail' | 'hand'): Promise<LinkMade> =>
  ask('POST', `${one(projectId, id)}/link`, { by })
export const resetFactor = (projectId: number, id: number): Promise<void> =>
  ask('DELETE', `${one(projectId, id)}/second-factor`)
export const sessionsOf = async (projectId: number, id: number): Promise<OpenSession[]> =>
  (await ask<Shapes['SessionList']>('GET', `${one(projectId, id)}/sessions`)).sessions
export const endSessions = (projectId: number, id: number): Promise<void> =>
  ask('DELETE', `${one(projectId, id)}/sessions`)
export const requireFactor = (projectId: number, roles: UserRole[]): Promise<unknown> =>
  ask('PUT', `/projects/${projectId}/second-factor-roles`, { roles })
export const directoryOf = (projectId: number): Promise<Shapes['Directory']> =>
  ask('GET', `/projects/${projectId}/directory`)

export const getElsewhere = (): Promise<Elsewhere> => ask('GET', '/installation/oidc')
export const changeElsewhere = (change: ElsewhereChange): Promise<Elsewhere> => ask('PUT', '/installation/oidc', change)
export const testElsewhere = (change: ElsewhereChange): Promise<ElsewhereTested> =>
  ask('POST', '/installation/oidc/test', change)
