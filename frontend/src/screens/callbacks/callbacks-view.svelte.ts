/** What the page of clients to call back shows: the question in the address, the list, and what becomes of it. */
import { fill, i18n } from '../../i18n/index.svelte'
import {
  ageOf,
  ALL_CALLBACKS,
  askedCallbacks,
  callbackRevision,
  closeCallback,
  isCallbackFiltered,
  listCallbacks,
  readCallbackQuery,
  reopenCallback,
  withCallbackQuery,
  type Callback,
  type CallbackList,
  type CallbackQuery,
  type CallbackSortKey,
  type Reason,
} from '../../live/callbacks'
import type { LiveFloor } from '../../live/floor.svelte'
import { phone } from '../../live/phone'
import { dayOf } from '../../live/profile-period'
import { ApiError, UnreachableError } from '../../live/rest'
import { Who } from '../../live/rows'
import { router } from '../../router.svelte'
import { toast } from '../../ui/toast.svelte'

/** How long a fact takes to be seen, at the most; the question is one number. */
const POLL_MS = 1200
const PAGE = 100

export type CallbacksFault = 'ended' | 'forbidden' | 'unreachable' | 'failed'

export class CallbacksView {
  list = $state.raw<CallbackList>()
  fault = $state<CallbacksFault>()
  faultId = $state<string>()
  /** The pointer rests on the rows: nothing moves under it. */
  held = $state(false)
  #asked: string | undefined
  #shown = PAGE
  #abort: AbortController | undefined
  #growing = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  constructor(readonly live: LiveFloor) {}

  readonly #directory = $derived.by(() => this.live.floor?.directory)
  readonly who = $derived.by(() => this.#directory && new Who(this.#directory, this.live.project.country))
  readonly query = $derived.by(() => readCallbackQuery(router.search))
  readonly filtered = $derived.by(() => isCallbackFiltered(this.query))
  readonly today = $derived.by(() => dayOf(this.live.now, i18n.timeZone))
  readonly asked = $derived.by(() => askedCallbacks(this.query, this.today))
  /** The list shown is of the question that is asked now. */
  readonly known = $derived.by(() => this.list !== undefined && this.answered === this.asked)
  answered = $state<string>()

  age(row: Callback): number {
    return this.list ? ageOf(row, this.list, this.live.now) : row.age_s
  }

  text(row: Callback): string {
    return phone(row.client_number ?? row.client_e164, this.live.project.country, row.client_e164).text
  }

  /** What the copy button takes: nothing of a masked number. */
  copied(row: Callback): string {
    return phone(row.client_e164, this.live.project.country, row.client_e164).copy
  }

  /** Not a step for the Back button. */
  change(part: Partial<CallbackQuery>): void {
    router.go(router.path, { replace: true, search: withCallbackQuery(router.search, { ...this.query, ...part }) })
  }

  show(closed: boolean): void {
    this.change({ closed, sort: undefined })
  }

  clear(): void {
    const { closed, sort } = this.query
    this.change({ ...ALL_CALLBACKS, closed, sort })
  }

  sort(key: CallbackSortKey): void {
    const { sort } = this.query
    // The largest first, but of those who wait who has waited longest: the earliest.
    const first = key !== 'since'
    const now = sort ?? (this.query.closed ? { key: 'closed', descending: true } : { key: 'since', descending: false })
    this.change({ sort: { key, descending: now.key === key ? !now.descending : first } })
  }

  /** To be called in an effect: it reads what is asked. */
  open(): void {
    if (this.asked === this.#asked) return
    this.#asked = this.asked
    this.#shown = PAGE
    void this.#load()
  }

  /** From now on the list is looked after, until the page is left. */
  watch(): () => void {
    this.#plan()
    const seen = () => void this.#poll()
    document.addEventListener('visibilitychange', seen)
    return () => {
      document.removeEventListener('visibilitychange', seen)
      this.#stopped = true
      clearTimeout(this.#timer)
      this.#abort?.abort()
    }
  }

  retry(): void {
    void this.#load()
  }

  /** The last rows are near: the next ones. */
  async grow(): Promise<void> {
    const { list, asked } = this
    if (!list?.next_cursor || this.#growing || !this.known) return
    this.#growing = true
    try {
      const more = await listCallbacks(this.live.project.id, asked, { after: list.next_cursor, limit: PAGE })
      if (this.list !== list) return
      const known = list.rows.map((row) => row.id)
      const rows = [...list.rows, ...more.rows.filter((row) => !known.includes(row.id))]
      this.#shown = rows.length
      this.list = { ...more, rows, now: list.now, revision: list.revision }
    } catch (error) {
      this.#refused(error)
    } finally {
      this.#growing = false
    }
  }

  async close(row: Callback, reason: Reason, note: string): Promise<boolean> {
    const number = this.text(row)
    const t = i18n.t.callbacks
    return this.#act(async () => {
      const closing = await closeCallback(this.live.project.id, row.client_e164, reason, note)
      const back = { label: t.undo, run: () => void this.reopen(closing.id, number) }
      toast.say(fill(t.removed, { number }), back)
    })
  }

  async reopen(closing: number, number: string): Promise<boolean> {
    return this.#act(async () => {
      await reopenCallback(this.live.project.id, closing)
      toast.say(fill(i18n.t.callbacks.undone, { number }))
    })
  }

  async #act(act: () => Promise<void>): Promise<boolean> {
    const t = i18n.t.callbacks
    try {
      await act()
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) toast.warn(t.gone)
      else if (error instanceof UnreachableError) toast.warn(t.unreachable)
      else toast.warn(fill(t.notDone, { words: error instanceof Error ? error.message : String(error) }))
      return false
    } finally {
      await this.#load()
    }
  }

  async #load(): Promise<void> {
    const asked = this.asked
    this.#abort?.abort()
    const abort = (this.#abort = new AbortController())
    try {
      const limit = Math.min(500, Math.max(PAGE, this.#shown))
      const list = await listCallbacks(this.live.project.id, asked, { limit }, abort.signal)
      if (abort.signal.aborted) return
      this.list = list
      this.answered = asked
      this.fault = this.faultId = undefined
    } catch (error) {
      if (!abort.signal.aborted) this.#refused(error)
    }
  }

  #plan(): void {
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#poll(), POLL_MS)
  }

  async #poll(): Promise<void> {
    clearTimeout(this.#timer)
    if (document.visibilityState === 'visible' && this.fault !== 'forbidden' && this.fault !== 'ended') {
      try {
        const revision = await callbackRevision(this.live.project.id)
        // A row is not taken away from under the pointer; the next look is soon.
        if ((revision !== this.list?.revision && !this.held) || this.fault) await this.#load()
      } catch (error) {
        this.#refused(error)
      }
    }
    this.#plan()
  }

  #refused(error: unknown): void {
    this.faultId = error instanceof ApiError ? error.requestId : undefined
    if (error instanceof UnreachableError) this.fault = 'unreachable'
    else if (error instanceof ApiError && error.status === 401) this.fault = 'ended'
    else if (error instanceof ApiError && (error.status === 403 || error.status === 404)) this.fault = 'forbidden'
    else this.fault = 'failed'
    if (this.fault === 'forbidden') this.list = undefined
  }
}
