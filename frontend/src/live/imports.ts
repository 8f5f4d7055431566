/** Import of history over REST: files in parts, then the job. */
import type { Job } from './jobs'
import { ask } from './rest'

export type FileKind = 'cel' | 'cdr' | 'queue_log'

export interface ImportAsked {
  zone: string
  files?: string[]
  database?: string
  first_day?: string
  last_day?: string
  link?: string
  encoding?: string
}

export interface ImportedSource {
  source: string
  rows: number
  calls: number
  known: number
  refused: number
  began_at: number
  updated_at: number
}

/** What came of an import: its job's result. */
export interface ImportResult {
  calls: number
  /** Known in part before, and whole now. */
  mended: number
  known: number
  refused: number
  rows: number
  reasons: { reason: string; rows: number }[]
}

interface ImportFile {
  id: string
  size: number
  received: number
}

const PART_BYTES = 2 * 2 ** 20
const base = (projectId: number) => `/projects/${projectId}/imports`

export const listImports = (projectId: number): Promise<{ sources: ImportedSource[]; links: string[] }> =>
  ask('GET', base(projectId))

export const startImport = (projectId: number, asked: ImportAsked): Promise<Job> => ask('POST', base(projectId), asked)

/** Send a file in parts; `told` hears the bytes that have arrived. Resolves with its id. */
export async function uploadFile(
  projectId: number,
  kind: FileKind,
  file: File,
  told: (bytes: number) => void,
): Promise<string> {
  const address = `${base(projectId)}/files`
  let made: ImportFile = await ask('POST', address, { kind, name: file.name.slice(0, 200), size: file.size })
  while (made.received < made.size) {
    const part = file.slice(made.received, made.received + PART_BYTES)
    made = await ask('POST', `${address}/${made.id}/part?offset=${made.received}`, part)
    told(made.received)
  }
  return made.id
}
