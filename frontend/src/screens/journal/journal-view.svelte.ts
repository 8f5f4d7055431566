/** What the journal shows: the question in the address, its rows, and what arrives by itself. */
import { i18n } from '../../i18n/index.svelte'
import type { LiveFloor } from '../../live/floor.svelte'
import type { LiveCall } from '../../live/frames'
import { JournalNews } from '../../live/journal-news'
import { daysOf } from '../../live/journal-period'
import {
  EVERYTHING,
  isFiltered,
  journalOrder,
  journalQuery,
  readJournalQuery,
  withJournalQuery,
} from '../../live/journal-query'
import type { JournalQuery, JournalSortKey } from '../../live/journal-query'
import { dayOf } from '../../live/profile-period'
import { Who } from '../../live/rows'
import { router } from '../../router.svelte'
import { JournalList } from './journal-list.svelte'
import { TagsInUse } from './tags.svelte'

/** Of these the largest is looked for. */
const LARGEST_FIRST: readonly JournalSortKey[] = ['started', 'waiting', 'talk', 'duration', 'cost']

export class JournalView {
  readonly list: JournalList
  readonly tags: TagsInUse
  readonly #news = new JournalNews()
  #timer: ReturnType<typeof setTimeout> | undefined
  #away = false
  /** Counts up when calls of the period have been written down. */
  arrived = $state(0)

  constructor(readonly live: LiveFloor) {
    this.tags = new TagsInUse(live.project.id)
    this.list = new JournalList(live.project.id)
  }

  readonly #directory = $derived.by(() => this.live.floor?.directory)
  readonly who = $derived.by(() => this.#directory && new Who(this.#directory, this.live.project.country))
  readonly query = $derived.by(() => readJournalQuery(router.search))
  readonly today = $derived.by(() => dayOf(this.live.now, i18n.timeZone))
  readonly days = $derived.by(() => daysOf(this.query.period, this.today))
  readonly filtered = $derived.by(() => isFiltered(this.query))
  /** What the server is asked, in the words that totals and exports take as well. */
  readonly asked = $derived.by(() => journalQuery(this.query, this.today))
  /** The same with the order: of the list, and of documents of it. */
  readonly listed = $derived.by(() => [this.asked, journalOrder(this.query)].filter(Boolean).join('&'))

  /** Not a step for the Back button. */
  change(part: Partial<JournalQuery>): void {
    router.go(router.path, { replace: true, search: withJournalQuery(router.search, { ...this.query, ...part }) })
  }

  clear(): void {
    const { period, sort } = this.query
    this.change({ ...EVERYTHING, period, sort })
  }

  sort(key: JournalSortKey): void {
    const { sort } = this.query
    const descending = sort.key === key ? !sort.descending : LARGEST_FIRST.includes(key)
    this.change({ sort: { key, descending } })
  }

  /** To be called in an effect: it reads what is asked. */
  open(): void {
    this.list.open(this.listed)
  }

  /** To be called in an effect: it reads the floor. */
  follow(): void {
    const calls = this.live.floor?.calls
    const lost = this.live.status.kind === 'lost'
    if (calls) this.#news.follow(calls, performance.now(), (call) => this.#inPeriod(call))
    // What happened while nobody told is asked for.
    if (this.#away && !lost) this.list.doubt()
    this.#away = lost
    this.#plan()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.list.stop()
  }

  #inPeriod(call: LiveCall): boolean {
    const day = dayOf(call.started_at, i18n.timeZone)
    return day >= this.days.from && day <= this.days.to
  }

  #plan(): void {
    const { due } = this.#news
    clearTimeout(this.#timer)
    if (due !== undefined) this.#timer = setTimeout(() => void this.#look(), Math.max(0, due - performance.now()))
  }

  async #look(): Promise<void> {
    const ended = this.#news.take(performance.now())
    const { key, descending } = this.query.sort
    const startedAts = ended.map((one) => one.startedAt)
    await this.list.ended(startedAts, key === 'started' ? descending : undefined)
    if (ended.length) this.arrived += 1
    this.#news.found((id) => this.list.indexOf(id) >= 0)
    this.#plan()
  }
}
