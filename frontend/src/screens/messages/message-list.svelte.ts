/** One list of messages: its pages as they come into sight, and anew when the server's revision is another. */
import { ask } from '../../live/rest'
import type { MessagesState } from '../../live/messages'
import { Trouble } from '../journal/trouble.svelte'

const PAGE = 100
const LOOK_MS = 1200
const AGAIN_MS = 4000
const FRESH_MS = 4000

interface Page<R> {
  rows: R[]
  next: string | null
  total: number
}

/** What the table takes: its id is text. */
export interface Listed<R> {
  id: string
  row: R
}

export class MessageList<R extends { id: number }> {
  rows = $state.raw<Listed<R>[]>([])
  total = $state<number>()
  /** The rows are of the question before. */
  old = $state(false)
  state = $state.raw<MessagesState>()
  readonly trouble = new Trouble()
  #fresh = $state.raw<readonly string[]>([])
  #asked: string | undefined
  #next: string | null = null
  #revision = ''
  #abort = new AbortController()
  #working = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  constructor(
    private readonly projectId: number,
    private readonly path: string,
    private readonly read: (answer: never) => Page<R>,
  ) {}

  get known(): boolean {
    return this.total !== undefined
  }

  isFresh = (id: string): boolean => this.#fresh.includes(id)

  /** Another question; the rows of the one before stay until its answer comes. */
  open(asked: string): void {
    if (asked === this.#asked) return
    this.#asked = asked
    this.old = this.known
    this.retry()
  }

  /** Looks again and again whether anything is another. */
  watch(): () => void {
    this.#stopped = false
    void this.#look()
    return () => {
      this.#stopped = true
      clearTimeout(this.#timer)
      this.#abort.abort()
    }
  }

  /** The last rows are nearly in sight. */
  more(): void {
    if (this.#next !== null && !this.#working && !this.old) void this.#fetch(this.#next)
  }

  retry(): void {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#working = false
    this.trouble.clear()
    void this.#fetch(null)
  }

  /** A row that was changed here. */
  put(row: R): void {
    this.rows = this.rows.map((one) => (one.row.id === row.id ? { id: one.id, row } : one))
  }

  async #look(): Promise<void> {
    try {
      // A page that nobody looks at asks nothing.
      if (document.visibilityState !== 'hidden') {
        const state = await ask<MessagesState>('GET', `/projects/${this.projectId}/messages`)
        const other = this.#revision !== '' && state.revision !== this.#revision
        this.#revision = state.revision
        this.state = state
        if (this.trouble.fault === 'unreachable') this.retry()
        else if (other) void this.#again()
      }
      this.#later(LOOK_MS)
    } catch (error) {
      if (this.#stopped) return
      this.trouble.take(error)
      this.#later(AGAIN_MS)
    }
  }

  #later(ms: number): void {
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), ms)
  }

  /** As many rows as are here already, as they are now. */
  async #again(): Promise<void> {
    if (this.#working || this.old || this.#asked === undefined) return
    await this.#fetch(null, Math.min(500, Math.max(PAGE, this.rows.length)))
  }

  async #fetch(after: string | null, limit = PAGE): Promise<void> {
    const abort = this.#abort
    this.#working = true
    const cursor = after === null ? '' : `&after=${encodeURIComponent(after)}`
    const path = `/projects/${this.projectId}/${this.path}?${this.#asked ?? ''}&limit=${limit}${cursor}`
    try {
      const page = this.read(await ask<never>('GET', path, undefined, abort.signal))
      if (abort.signal.aborted) return
      const rows = page.rows.map((row) => ({ id: String(row.id), row }))
      if (after !== null) {
        this.rows = [...this.rows, ...this.#other(rows)]
      } else {
        if (this.known && !this.old) this.#note(rows)
        this.rows = rows
      }
      this.#next = page.next
      this.total = page.total
      this.old = false
      this.trouble.clear()
    } catch (error) {
      if (!abort.signal.aborted) this.trouble.take(error)
    } finally {
      if (abort === this.#abort) this.#working = false
    }
  }

  /** What has come fades in. */
  #note(rows: readonly Listed<R>[]): void {
    const came = this.#other(rows).map((one) => one.id)
    if (!came.length) return
    this.#fresh = came
    setTimeout(() => (this.#fresh = []), FRESH_MS)
  }

  #other(rows: readonly Listed<R>[]): Listed<R>[] {
    const there = Object.fromEntries(this.rows.map((one) => [one.id, true]))
    return rows.filter((one) => !there[one.id])
  }
}
