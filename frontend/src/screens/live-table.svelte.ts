/** A live page's one place of decisions: what is shown, from the floor and the address bar, and in which order. */
import { i18n } from '../i18n/index.svelte'
import type { Compare } from '../live/compare'
import type { FloorView } from '../live/floor.svelte'
import { byId, FADE_S, Presenter, type Shown } from '../live/presenter'
import type { QuerySort } from '../live/query'
import { Who } from '../live/rows'
import { router } from '../router.svelte'

interface Sorted<K extends string> {
  sort: QuerySort<K> | undefined
}

/** What a page's filters are: how they are read and written, and what they let through. */
export interface Language<R, F extends Sorted<K>, K extends string> {
  none: F
  read(search: string): F
  write(filters: F): string
  matcher(filters: F, who: Who): (row: R) => boolean
  comparer(sort: QuerySort<K> | undefined, now: number, locale: string, who: Who): Compare<R>
  /** Sorting by these asks what time it is. */
  timed: ReadonlySet<K>
}

export abstract class LiveTable<R extends { id: string }, F extends Sorted<K>, K extends string> {
  readonly live: FloorView
  readonly #language: Language<R, F, K>
  /** The pointer rests on the rows. */
  held = $state(false)
  /** Counts up when a fade is over, so that what has faded is let go. */
  #faded = $state(0)
  readonly #presenter = new Presenter<R>()
  #shownQuery = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(live: FloorView, language: Language<R, F, K>) {
    this.live = live
    this.#language = language
  }

  /** Every row that this viewer may see. */
  abstract readonly all: readonly R[]

  readonly #directory = $derived.by(() => this.live.floor?.directory)
  readonly who = $derived.by(() => this.#directory && new Who(this.#directory, this.live.project.country))
  readonly filters = $derived.by(() => this.#language.read(router.search))
  /** Sorting leaves nothing out. */
  readonly filtered = $derived.by(() => this.#language.write({ ...this.filters, sort: undefined }) !== '')
  readonly #passes = $derived.by(() => this.who && this.#language.matcher(this.filters, this.who))
  readonly #matching = $derived.by(() => (this.#passes ? this.all.filter(this.#passes) : []))
  readonly matchingCount = $derived.by(() => this.#matching.length)
  readonly #compare = $derived.by(() => {
    const { sort } = this.filters
    const now = sort && this.#language.timed.has(sort.key) ? this.live.now : 0
    return this.who && this.#language.comparer(sort, now, i18n.locale, this.who)
  })
  readonly #sorted = $derived.by(() => this.#matching.toSorted(this.#compare))
  readonly #alive = $derived.by(() => byId(this.all))

  readonly shown = $derived.by<readonly Shown<R>[]>(() => {
    void this.#faded
    const query = `${this.live.turn} ${this.#language.write(this.filters)}`
    if (query !== this.#shownQuery) this.#presenter.reset()
    this.#shownQuery = query
    const shown = this.#presenter.show({
      rows: this.#sorted,
      alive: (id) => this.#alive.get(id),
      held: this.held,
      now: this.live.clock.now(),
    })
    this.#settle()
    return shown
  })

  change(part: Partial<F>): void {
    router.query(this.#language.write({ ...this.filters, ...part }))
  }

  clear(): void {
    this.change({ ...this.#language.none, sort: this.filters.sort })
  }

  /** Up, down, and back to the page's own order. */
  sort(key: K): void {
    const { sort } = this.filters
    const next =
      sort?.key !== key ? { key, descending: false } : sort.descending ? undefined : { key, descending: true }
    this.change({ sort: next } as Partial<F>)
  }

  /** Leaves no timer behind. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #settle(): void {
    if (!this.#presenter.unsettled || this.#timer) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#faded += 1
      },
      FADE_S * 1000 + 20,
    )
  }
}
