/** Which calls a report is of: the journal's filters, without its days. */
import {
  EVERYTHING,
  isFiltered,
  journalOrder,
  journalQuery,
  readJournalQuery,
  type JournalQuery,
} from '../../live/journal-query'
import type { Who } from '../../live/rows'
import type { Filtered } from '../journal/filtered'
import { TagsInUse } from '../journal/tags.svelte'

export class ReportFilter implements Filtered {
  query = $state.raw<JournalQuery>(EVERYTHING)
  readonly tags: TagsInUse

  constructor(
    projectId: number,
    asked: string,
    readonly today: string,
    private readonly of: () => Who | undefined,
  ) {
    this.tags = new TagsInUse(projectId)
    this.query = readJournalQuery(asked)
  }

  get who(): Who | undefined {
    return this.of()
  }

  get filtered(): boolean {
    return isFiltered(this.query)
  }

  /** In the server's words; the order stands with them. */
  get asked(): string {
    return [journalQuery(this.query, this.today), journalOrder(this.query)].filter(Boolean).join('&')
  }

  change(part: Partial<JournalQuery>): void {
    this.query = { ...this.query, ...part }
  }

  clear(): void {
    const { period, sort } = this.query
    this.query = { ...EVERYTHING, period, sort }
  }
}
