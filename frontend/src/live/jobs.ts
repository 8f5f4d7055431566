/** Long work: what runs, how far it is, what came of it. Instants are UTC epoch seconds. */
import { ask } from './rest'

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export interface JobFile {
  name: string
  media_type: string
  bytes: number
}

export interface Job {
  id: number
  kind: string
  state: JobState
  done: number
  /** Null: not known yet. */
  of: number | null
  /** Null: Callfloor itself asked. */
  user_id: number | null
  user_name: string | null
  asked_at: number
  began_at: number | null
  ended_at: number | null
  params: Record<string, unknown>
  result: Record<string, unknown> & { file?: JobFile }
  error_id: string | null
  error: string | null
}

export const isEnded = (job: Pick<Job, 'state'>): boolean => job.state !== 'waiting' && job.state !== 'running'

/** From 0 to 1; undefined where it is not known how much there is. */
export function shareOf(job: Pick<Job, 'state' | 'done' | 'of'>): number | undefined {
  if (job.state === 'done') return 1
  return job.of ? Math.min(1, job.done / job.of) : undefined
}

const base = (projectId: number) => `/projects/${projectId}/jobs`

export const listJobs = async (projectId: number, signal?: AbortSignal): Promise<Job[]> =>
  (await ask<{ jobs: Job[] }>('GET', base(projectId), undefined, signal)).jobs

export const getJob = (projectId: number, id: number, signal?: AbortSignal): Promise<Job> =>
  ask('GET', `${base(projectId)}/${id}`, undefined, signal)

export const cancelJob = (projectId: number, id: number): Promise<Job> => ask('POST', `${base(projectId)}/${id}/cancel`)

/** Where the browser downloads what a job made. */
export const jobFileAddress = (projectId: number, id: number): string => `/api/v1${base(projectId)}/${id}/file`

const ONCE_S = 1

/**
 * Told of a job until it has ended, about once a second; resolves with the job as it ended.
 *
 * @throws ApiError, UnreachableError as `ask`
 */
export async function followJob(
  projectId: number,
  id: number,
  told: (job: Job) => void,
  signal?: AbortSignal,
): Promise<Job> {
  for (;;) {
    const job = await getJob(projectId, id, signal)
    told(job)
    if (isEnded(job)) return job
    await new Promise((resolve) => setTimeout(resolve, ONCE_S * 1000))
    signal?.throwIfAborted()
  }
}
