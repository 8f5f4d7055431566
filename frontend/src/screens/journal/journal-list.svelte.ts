/** The journal's rows for one question at a time: fetched both ways as they come into sight, and what arrives meanwhile. */
import { flushSync } from 'svelte'
import type { JournalRow, JournalRows } from '../../live/journal'
import { getJournal, type PageAsked } from '../../live/journal-api'
import { JournalPages, PAGE_ROWS, type Reread } from '../../live/journal-pages'
import { ApiError } from '../../live/rest'
import { Fresh } from './fresh'
import { keepPlace, placeOf } from './places'
import type { Anchor, Sheet } from './sheet'
import { Trouble } from './trouble.svelte'

/** Rows beyond the visible ones that should be here before they are reached. */
const AHEAD = 30
const AGAIN_MS = 5000

export class JournalList {
  readonly #pages = new JournalPages()
  /** Counts up with every change of the rows. */
  #version = $state(0)
  /** The rows are of the question before. */
  old = $state(false)
  known = $state(false)
  readonly trouble = new Trouble()
  loading = $state<'above' | 'below'>()
  /** Rows that came above what is being read. */
  unread = $state(0)
  sheet: Sheet | undefined
  #asked = ''
  #abort = new AbortController()
  #span = { first: 0, last: 0 }
  #working: AbortController | undefined
  #arrivals = false
  readonly #fresh = new Fresh()
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly projectId: number) {}

  get length(): number {
    void this.#version
    return this.#pages.length
  }
  get topReached(): boolean {
    void this.#version
    return this.#pages.topReached
  }
  get endReached(): boolean {
    void this.#version
    return this.#pages.endReached
  }

  /** Undefined ones were let go, and are on their way. */
  rows(first: number, last: number): (JournalRow | undefined)[] {
    void this.#version
    return this.#pages.slice(first, last)
  }

  indexOf = (id: string): number => this.#pages.indexOf(id)
  isFresh = (id: string): boolean => this.#fresh.has(id)

  /** Another question. Answers of earlier ones are dropped; their rows stay until the first of this one's come. */
  open(asked: string): void {
    if (asked === this.#asked) return
    this.leave()
    this.#asked = asked
    this.#begin()
  }

  /** These places are on the screen, or nearly. */
  see(first: number, last: number): void {
    this.#span = { first, last }
    void this.#work()
  }

  /** Calls that began then have ended: undefined for an order in which that says nothing of their place. */
  ended(startedAts: readonly number[], descending: boolean | undefined): Promise<void> {
    if (descending === undefined) this.#pages.doubt()
    else for (const at of startedAts) if (this.#pages.doubtAt(at, descending)) this.#arrivals = true
    if (!this.#pages.length) this.#arrivals = true
    return this.#work()
  }

  /** What has happened meanwhile nobody told. */
  doubt(): void {
    this.#pages.doubt()
    this.#arrivals = true
    void this.#work()
  }

  /** A row reads differently: tagged, noted, marked. */
  put(row: JournalRow): void {
    this.#pages.put(row)
    this.#version += 1
  }

  retry(): void {
    this.#clear()
    if (this.known && !this.old) void this.#work()
    else this.#begin()
  }

  /** Remembers the place, for coming back. */
  leave(): void {
    if (!this.#asked || !this.known || this.old) return
    const first = this.sheet?.seen()
    const index = first ? this.#pages.indexOf(first.id) : -1
    const atTop = index <= 0 && this.#pages.topReached && (first?.top ?? 0) >= 0
    const place = first && !atTop && { after: this.#pages.startOf(index), id: first.id, hidden: -first.top }
    keepPlace(this.#key, place || undefined)
  }

  stop(): void {
    this.leave()
    this.#abort.abort()
    clearTimeout(this.#retry)
  }

  get #key(): string {
    return `${this.projectId} ${this.#asked}`
  }

  #clear(): void {
    clearTimeout(this.#retry)
    this.trouble.clear()
  }

  #begin(): void {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#clear()
    this.#arrivals = false
    this.loading = undefined
    this.old = this.known
    void this.#first(this.#abort)
  }

  async #first(abort: AbortController): Promise<void> {
    const place = placeOf(this.#key)
    try {
      const answer = await this.#fetch(place?.after ? { after: place.after } : {}, PAGE_ROWS, abort)
      this.#pages.begin(answer, place?.after)
      this.known = true
      this.old = false
      this.unread = 0
      flushSync(() => (this.#version += 1))
      if (place && this.#pages.indexOf(place.id) >= 0) this.sheet?.put(place.id, -place.hidden)
      else this.sheet?.toTop()
      void this.#work()
    } catch (error) {
      if (abort.signal.aborted) return
      // A cursor of another time: from the top, then.
      if (place && error instanceof ApiError && error.status < 500) {
        keepPlace(this.#key, undefined)
        void this.#first(abort)
      } else this.#refused(error)
    }
  }

  /** One thing after another, until nothing is left to ask. */
  async #work(): Promise<void> {
    const abort = this.#abort
    if (this.#working === abort || !this.known || this.old || this.trouble.fault) return
    this.#working = abort
    try {
      while (await this.#step(abort));
    } catch (error) {
      if (!abort.signal.aborted) this.#refused(error)
    }
    if (this.#working === abort) this.#working = undefined
  }

  /** What is on the screen first, then what comes next, then what is new. */
  async #step(abort: AbortController): Promise<boolean> {
    const { first, last } = this.#span
    const pages = this.#pages
    const torn = pages.wanting(first - 5, last + 5)
    if (torn) await this.#reread(torn, abort)
    else if (!pages.endReached && last + AHEAD > pages.length) await this.#below(abort)
    else if (!pages.topReached && first < AHEAD && pages.previous !== undefined) await this.#above(abort, false)
    else if (this.#arrivals) await this.#arrive(abort)
    else {
      pages.forget(first, last)
      return false
    }
    return true
  }

  async #arrive(abort: AbortController): Promise<void> {
    this.#arrivals = false
    const pages = this.#pages
    // What is above comes when it is scrolled to.
    if (!pages.topReached) return
    if (pages.previous !== undefined) return this.#above(abort, true)
    if (pages.length) return pages.doubt()
    const answer = await this.#fetch({}, PAGE_ROWS, abort)
    this.#fresh.note(answer.rows)
    this.#change(() => pages.begin(answer), undefined)
  }

  async #reread(torn: Reread, abort: AbortController): Promise<void> {
    const { after, before, limit } = torn
    const answer = await this.#fetch(before === undefined ? { after } : { before }, limit, abort)
    this.#fresh.note(answer.rows, this.#pages.slice(0, this.#pages.length))
    this.#change(() => this.#pages.reread(torn, answer), this.sheet?.anchor())
  }

  async #below(abort: AbortController): Promise<void> {
    this.loading = 'below'
    const answer = await this.#fetch({ after: this.#pages.next }, PAGE_ROWS, abort)
    this.loading = undefined
    this.#pages.append(answer)
    this.#version += 1
  }

  async #above(abort: AbortController, arrivals: boolean): Promise<void> {
    if (!arrivals) this.loading = 'above'
    const answer = await this.#fetch({ before: this.#pages.previous }, PAGE_ROWS, abort)
    this.loading = undefined
    const anchor = arrivals ? this.sheet?.anchor() : this.sheet?.first()
    if (arrivals) this.#fresh.note(answer.rows)
    let came = 0
    this.#change(() => (came = this.#pages.prepend(answer, answer.rows.length >= PAGE_ROWS)), anchor)
    if (arrivals && anchor) this.unread += came
  }

  /** Whatever comes or goes above it, what is being read stays where it is. */
  #change(make: () => void, anchor: Anchor | undefined): void {
    make()
    flushSync(() => (this.#version += 1))
    if (anchor && this.#pages.indexOf(anchor.id) >= 0) this.sheet?.put(anchor.id, anchor.top)
  }

  async #fetch(where: PageAsked, limit: number, abort: AbortController): Promise<JournalRows> {
    const answer = await getJournal(this.projectId, this.#asked, { ...where, limit }, abort.signal)
    abort.signal.throwIfAborted()
    return answer
  }

  #refused(error: unknown): void {
    this.loading = undefined
    const fault = this.trouble.take(error)
    if (fault === 'unreachable') this.#retry = setTimeout(() => this.retry(), AGAIN_MS)
  }
}
