/** Whose filters the parts here show and change: the journal's, or those of a report that goes out by itself. */
import type { JournalQuery } from '../../live/journal-query'
import type { Who } from '../../live/rows'
import type { TagsInUse } from './tags.svelte'

export interface Filtered {
  readonly query: JournalQuery
  readonly who: Who | undefined
  readonly tags: TagsInUse
  change(part: Partial<JournalQuery>): void
  clear(): void
}
