/** The directory as the settings edit it: whole, each piece with its revision. */
import type { components } from './api'
import { ask } from './rest'

type Shapes = components['schemas']
export type Entries = Shapes['Entries']
export type EmployeeEntry = Shapes['EmployeeEntry']
export type DepartmentEntry = Shapes['DepartmentEntry']
export type QueueEntry = Shapes['QueueEntry']
export type NumberEntry = Shapes['NumberEntry']
export type TrunkEntry = Shapes['TrunkEntry']
export type RouteEntry = Shapes['RouteEntry']
export type AccountEntry = Shapes['AccountEntry']
export type AccountAsked = Shapes['AccountAsked']
export type DirectoryImported = Shapes['DirectoryImported']
export type DirectoryChange = Shapes['DirectoryChange']
export type DirectoryFault = Shapes['DirectoryFault']
export type ProjectEntry = Shapes['ProjectEntry']

export const ACCOUNT_KINDS = ['sip', 'webrtc', 'analogue', 'mobile'] as const
export const TRUNK_KINDS = ['pjsip', 'sip', 'iax2', 'dahdi'] as const
export type AccountKind = (typeof ACCOUNT_KINDS)[number]
/** As the revision of something that is to be made: there must be none of its name yet. */
export const NEW = 'new'
export const LARGEST_PHOTO = 5 * 2 ** 20

const at = (projectId: number, path: string) => `/projects/${projectId}${path}`
const by = (revision: string) => `?revision=${encodeURIComponent(revision)}`

export const getEntries = (projectId: number): Promise<Entries> => ask('GET', at(projectId, '/directory/entries'))

export const putEmployee = (
  projectId: number,
  id: number | undefined,
  asked: Shapes['EmployeePut'],
): Promise<EmployeeEntry> =>
  id === undefined
    ? ask('POST', at(projectId, '/employees'), asked)
    : ask('PUT', at(projectId, `/employees/${id}`), asked)
export const leave = (projectId: number, id: number, asked: Shapes['EmployeeLeaves']): Promise<EmployeeEntry> =>
  ask('POST', at(projectId, `/employees/${id}/leave`), asked)
export const comeBack = (projectId: number, id: number, accounts: AccountAsked[]): Promise<EmployeeEntry> =>
  ask('POST', at(projectId, `/employees/${id}/return`), { accounts })

export const putPhoto = (projectId: number, id: number, photo: Blob): Promise<Shapes['PhotoKept']> =>
  ask('PUT', at(projectId, `/employees/${id}/photo`), photo)
export const removePhoto = (projectId: number, id: number): Promise<Shapes['PhotoKept']> =>
  ask('DELETE', at(projectId, `/employees/${id}/photo`))
/** Where a photo is; its digest is in the address, so that browsers keep it. */
export const photoAddress = (projectId: number, id: number, digest: string): string =>
  `/api/v1/projects/${projectId}/employees/${id}/photo?v=${digest}`

export const putDepartment = (
  projectId: number,
  id: number | undefined,
  asked: Shapes['DepartmentPut'],
): Promise<DepartmentEntry> =>
  id === undefined
    ? ask('POST', at(projectId, '/departments'), asked)
    : ask('PUT', at(projectId, `/departments/${id}`), asked)
export const mergeDepartment = (projectId: number, id: number, into: number, revision: string): Promise<unknown> =>
  ask('POST', at(projectId, `/departments/${id}/merge`), { into_id: into, revision })
export const removeDepartment = (projectId: number, id: number, revision: string): Promise<void> =>
  ask('DELETE', at(projectId, `/departments/${id}${by(revision)}`))

export const putQueue = (projectId: number, name: string, asked: Shapes['QueuePut']): Promise<QueueEntry> =>
  ask('PUT', at(projectId, `/queues/${encodeURIComponent(name)}`), asked)
export const removeQueue = (projectId: number, name: string, revision: string): Promise<void> =>
  ask('DELETE', at(projectId, `/queues/${encodeURIComponent(name)}${by(revision)}`))

export const putTrunk = (projectId: number, name: string, asked: Shapes['TrunkPut']): Promise<TrunkEntry> =>
  ask('PUT', at(projectId, `/trunks/${encodeURIComponent(name)}`), asked)
export const removeTrunk = (projectId: number, name: string, revision: string): Promise<void> =>
  ask('DELETE', at(projectId, `/trunks/${encodeURIComponent(name)}${by(revision)}`))

export const putRoute = (projectId: number, name: string, asked: Shapes['RoutePut']): Promise<RouteEntry> =>
  ask('PUT', at(projectId, `/outbound-routes/${encodeURIComponent(name)}`), asked)
export const removeRoute = (projectId: number, name: string, revision: string): Promise<void> =>
  ask('DELETE', at(projectId, `/outbound-routes/${encodeURIComponent(name)}${by(revision)}`))

export const exportAddress = (projectId: number, delimiter: 'comma' | 'semicolon'): string =>
  `/api/v1${at(projectId, `/directory/export?delimiter=${delimiter}`)}`
export const importDirectory = (projectId: number, asked: Shapes['DirectoryImport']): Promise<DirectoryImported> =>
  ask('POST', at(projectId, '/directory/import'), asked)

export const getProject = (projectId: number): Promise<ProjectEntry> => ask('GET', at(projectId, '/project'))
export const putProject = (projectId: number, asked: Shapes['ProjectPut']): Promise<ProjectEntry> =>
  ask('PUT', at(projectId, '/project'), asked)

export const archiveProject = (projectId: number, archived: boolean): Promise<ProjectEntry> =>
  ask('PUT', at(projectId, '/project/archived'), { archived })
export const removeProject = (projectId: number, name: string): Promise<void> =>
  ask('POST', at(projectId, '/project/removal'), { name })

export interface Placed {
  entry: DepartmentEntry
  depth: number
  /** Its name with those above it. */
  path: string
}

/** The departments as a tree, in the order of names; one whose parent is not there stands at the top. */
export function tree(departments: readonly DepartmentEntry[], locale: string): Placed[] {
  const { compare } = new Intl.Collator(locale, { numeric: true })
  const known = new Set(departments.map((one) => one.id))
  const children = new Map<number | null, DepartmentEntry[]>()
  for (const one of departments.toSorted((a, b) => compare(a.name, b.name))) {
    const parent = one.parent_id !== null && known.has(one.parent_id) ? one.parent_id : null
    children.set(parent, [...(children.get(parent) ?? []), one])
  }
  const below = (parent: number | null, depth: number, above: string): Placed[] =>
    (children.get(parent) ?? []).flatMap((entry) => {
      const path = above ? `${above} / ${entry.name}` : entry.name
      return [{ entry, depth, path }, ...below(entry.id, depth + 1, path)]
    })
  return below(null, 0, '')
}

/** A department with all that is below it. */
export function within(departments: readonly DepartmentEntry[], id: number): Set<number> {
  const found = new Set([id])
  for (let size = 0; size !== found.size;) {
    size = found.size
    for (const one of departments) if (one.parent_id !== null && found.has(one.parent_id)) found.add(one.id)
  }
  return found
}

/** The first letters of the first and the last word. */
export function initials(name: string): string {
  const words = name.split(/[\s\-_.]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '')
  return letters.join('').toUpperCase()
}
