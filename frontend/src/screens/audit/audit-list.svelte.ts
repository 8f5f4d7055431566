/** The entries of one question, page by page, newest first; looked at again from time to time. */
import { ask } from '../../live/rest'
import { Trouble } from '../journal/trouble.svelte'

const PAGE = 100
/** The server gives no more at once. */
const MOST = 500
const LOOK_MS = 5000

interface Page<R> {
  rows: readonly R[]
  next: string | null
}

/** What the table takes: its id is text. */
export interface Listed<R> {
  id: string
  row: R
}

export class AuditList<R extends { id: number | string }> {
  rows = $state.raw<readonly Listed<R>[]>([])
  /** The rows are of the question that is asked now. */
  known = $state(false)
  readonly trouble = new Trouble()
  #path = ''
  #next: string | null = null
  #abort = new AbortController()
  #working = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly read: (answer: never) => Page<R>) {}

  /** @param path of the list with its question, under the API */
  open(path: string): void {
    if (path === this.#path) return
    this.#path = path
    this.known = false
    this.retry()
  }

  watch(): () => void {
    this.#plan()
    return () => {
      clearTimeout(this.#timer)
      this.#abort.abort()
    }
  }

  retry(): void {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#working = false
    void this.#fetch(null, PAGE)
  }

  /** The last rows are nearly in sight. */
  more(): void {
    if (this.#next !== null && this.known) void this.#fetch(this.#next, PAGE)
  }

  /** As many rows as are here already, as they are now. Of more than the server gives at once only the first ones. */
  async again(): Promise<void> {
    if (this.known || this.trouble.fault === 'unreachable')
      await this.#fetch(null, Math.min(MOST, Math.max(PAGE, this.rows.length)))
  }

  #plan(): void {
    this.#timer = setTimeout(async () => {
      if (document.visibilityState !== 'hidden') await this.again()
      this.#plan()
    }, LOOK_MS)
  }

  async #fetch(cursor: string | null, limit: number): Promise<void> {
    if (this.#working || !this.#path) return
    const abort = this.#abort
    this.#working = true
    const more = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    try {
      const answer = await ask<never>('GET', `${this.#path}&limit=${limit}${more}`, undefined, abort.signal)
      if (abort.signal.aborted) return
      const { rows, next } = this.read(answer)
      const listed = rows.map((row) => ({ id: String(row.id), row }))
      if (cursor !== null) this.rows = [...this.rows, ...listed]
      else this.#renew(listed, next)
      if (cursor !== null) this.#next = next
      this.known = true
      this.trouble.clear()
    } catch (error) {
      if (!abort.signal.aborted) this.trouble.take(error)
    } finally {
      if (abort === this.#abort) this.#working = false
    }
  }

  /** What lies beyond what was looked at again stays as it is; a row that reads the same stays the same object. */
  #renew(fresh: readonly Listed<R>[], next: string | null): void {
    const before = this.known ? this.rows : []
    const rows = fresh.map((one) => {
      const known = before.find((other) => other.id === one.id)
      return known && JSON.stringify(known.row) === JSON.stringify(one.row) ? known : one
    })
    const last = rows.at(-1)?.id
    const at = next === null || last === undefined ? -1 : before.findIndex((one) => one.id === last)
    const kept = at >= 0 ? before.slice(at + 1) : []
    this.rows = [...rows, ...kept]
    if (!kept.length) this.#next = next
  }
}
