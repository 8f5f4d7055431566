/** How a job is called: by its kind; one that has no word here by its own name. */
import type { SettingsWords } from '../../i18n/settings'
import type { Job } from '../../live/jobs'

export const kindOf = (job: Pick<Job, 'kind'>, words: SettingsWords['work']): string =>
  Object.hasOwn(words.kinds, job.kind) ? words.kinds[job.kind as keyof typeof words.kinds] : job.kind
