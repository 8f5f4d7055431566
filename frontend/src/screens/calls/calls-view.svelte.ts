/** What the Calls page shows, from the live floor and the address bar: the page's one place of decisions. */
import { i18n } from '../../i18n/index.svelte'
import {
  count,
  isFiltered,
  matcher,
  NO_FILTERS,
  readFilters,
  writeFilters,
  type Filters,
  type SortKey,
} from '../../live/filters'
import type { LiveFloor } from '../../live/floor.svelte'
import { comparer, FADE_S, Presenter, TIMED, type Shown } from '../../live/order'
import { Who, type Row } from '../../live/rows'
import { router } from '../../router.svelte'

export class CallsView {
  readonly live: LiveFloor
  held = $state(false)
  /** Counts up when a fade is over, so that what has faded is let go. */
  #faded = $state(0)
  readonly #presenter = new Presenter()
  #shownQuery = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(live: LiveFloor) {
    this.live = live
  }

  readonly #directory = $derived.by(() => this.live.floor?.directory)
  readonly who = $derived.by(() => this.#directory && new Who(this.#directory, this.live.project.country))
  readonly filters = $derived(readFilters(router.search))
  readonly filtered = $derived(isFiltered(this.filters))
  readonly all = $derived.by<readonly Row[]>(() => {
    const { who, live } = this
    return who && live.floor ? Array.from(live.floor.calls.values(), (call) => who.row(call)) : []
  })
  readonly counters = $derived(count(this.all))
  readonly #matching = $derived.by(() => (this.who ? this.all.filter(matcher(this.filters, this.who)) : []))
  readonly matchingCount = $derived(this.#matching.length)
  readonly #sorted = $derived.by(() => {
    const { sort } = this.filters
    const now = sort && TIMED.has(sort.key) ? this.live.now : 0
    return this.#matching.toSorted(comparer(sort, now, i18n.locale))
  })

  readonly shown = $derived.by<readonly Shown[]>(() => {
    void this.#faded
    const query = writeFilters(this.filters)
    if (query !== this.#shownQuery) this.#presenter.reset()
    this.#shownQuery = query
    const { who, live } = this
    const shown = this.#presenter.show({
      rows: this.#sorted,
      alive: (id) => {
        const call = live.call(id)
        return call && who?.row(call)
      },
      held: this.held,
      now: live.clock.now(),
    })
    this.#settle()
    return shown
  })

  change(part: Partial<Filters>): void {
    router.query(writeFilters({ ...this.filters, ...part }))
  }

  clear(): void {
    this.change({ ...NO_FILTERS, sort: this.filters.sort })
  }

  /** Up, down, and back to the order by attention. */
  sort(key: SortKey): void {
    const { sort } = this.filters
    if (sort?.key !== key) this.change({ sort: { key, descending: false } })
    else this.change({ sort: sort.descending ? undefined : { key, descending: true } })
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
