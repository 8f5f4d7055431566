/** What of the messages is asked for: the address bar's words, and the server's. */
import { i18n } from '../../i18n/index.svelte'
import type { LiveFloor } from '../../live/floor.svelte'
import {
  askedOf,
  EVERYTHING,
  readMessagesQuery,
  writeMessagesQuery,
  type MessagesQuery,
  type Tab,
} from '../../live/messages'
import { ask } from '../../live/rest'
import { router } from '../../router.svelte'

export type SortKey = NonNullable<MessagesQuery['sort']>['key']

export class MessagesView {
  /** Boxes that ever had a message; asked for when somebody wants to choose. */
  boxes = $state.raw<readonly string[]>([])

  constructor(
    readonly live: LiveFloor,
    readonly tab: Tab,
  ) {}

  readonly query = $derived.by(() => readMessagesQuery(router.search, this.tab))
  readonly today = $derived.by(() => i18n.isoDay(this.live.now))
  readonly asked = $derived.by(() => askedOf(this.query, this.today))
  readonly filtered = $derived.by(() => writeMessagesQuery({ ...this.query, sort: undefined }) !== '')

  change(part: Partial<MessagesQuery>): void {
    router.query(writeMessagesQuery({ ...this.query, ...part }))
  }

  clear(): void {
    this.change({ ...EVERYTHING, sort: this.query.sort })
  }

  /** Up, down, and back to the latest first. */
  sort(key: SortKey): void {
    const now = this.query.sort ?? { key: 'at', descending: true }
    if (now.key !== key) this.change({ sort: { key, descending: key === 'at' } })
    else if (key === 'at') this.change({ sort: now.descending ? { key, descending: false } : undefined })
    else this.change({ sort: now.descending ? undefined : { key, descending: true } })
  }

  async loadBoxes(): Promise<void> {
    const answer = await ask<{ boxes: string[] }>('GET', `/projects/${this.live.project.id}/voicemail-boxes`)
    this.boxes = answer.boxes
  }
}
