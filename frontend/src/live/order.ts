/** In which order, and what is held still while the pointer rests on the table. */
import { CALL_STATUSES, CALL_TYPES } from './frames'
import type { Sort, SortKey } from './filters'
import type { Row } from './rows'
import { inStatus, isWaiting, talk, waiting } from './times'

type Compare = (a: Row, b: Row) => number

/** Sorting by these asks what time it is. */
export const TIMED: ReadonlySet<SortKey> = new Set(['in-status', 'waiting', 'talk'])

/** Who waits comes first, whoever has waited longest at the top; then those who talk, the longest at the top. */
const byAttention: Compare = (a, b) =>
  Number(isWaiting(b.call)) - Number(isWaiting(a.call)) ||
  a.call.started_at - b.call.started_at ||
  (a.id < b.id ? -1 : 1)

const text =
  (read: (row: Row) => string | undefined, collator: Intl.Collator): Compare =>
  (a, b) => {
    const [left, right] = [read(a), read(b)]
    // What is not there goes last.
    if (!left || !right) return Number(!left) - Number(!right)
    return collator.compare(left, right)
  }

const amount =
  (read: (row: Row) => number): Compare =>
  (a, b) =>
    read(a) - read(b)

/** @param now epoch seconds; only the times use it */
export function comparer(sort: Sort | undefined, now: number, locale: string): Compare {
  if (!sort) return byAttention
  const collator = new Intl.Collator(locale, { numeric: true })
  const compares: Record<SortKey, Compare> = {
    type: amount((row) => CALL_TYPES.indexOf(row.call.type)),
    employee: text((row) => row.people[0]?.name, collator),
    department: text((row) => row.departments[0]?.name, collator),
    status: amount((row) => CALL_STATUSES.indexOf(row.call.status)),
    'in-status': amount((row) => inStatus(row.call, now)),
    client: text((row) => row.client?.digits, collator),
    number: text((row) => row.business?.label ?? row.business?.digits, collator),
    queue: text((row) => row.queue, collator),
    waiting: amount((row) => waiting(row.call, now)),
    talk: amount((row) => talk(row.call, now) ?? -1),
    route: text((row) => row.route, collator),
  }
  const compare = compares[sort.key]
  const sign = sort.descending ? -1 : 1
  return (a, b) => sign * compare(a, b) || byAttention(a, b)
}

/** A row as it is shown: perhaps new, perhaps already gone. */
export interface Shown {
  id: string
  row: Row
  /** Appeared within the last moments: fades in once. */
  fresh: boolean
  /** `ended`: hung up. `left`: lives on, and no longer matches the filter. Kept in place while it fades or is held. */
  gone: 'ended' | 'left' | undefined
  /** When it went, so that its times stop there. */
  goneAt: number | undefined
}

/** How long a row fades, in seconds. The style sheet's animations last as long. */
export const FADE_S = 0.6

interface Input {
  /** Matching rows in their true order. */
  rows: readonly Row[]
  /** A live call's row, matching or not. */
  alive(id: string): Row | undefined
  held: boolean
  now: number
}

/** Remembers what is on the screen, so that rows do not jump under the pointer and do not vanish at a blow. */
export class Presenter {
  #shown: readonly Shown[] = []
  #firstSeen = new Map<string, number>()
  #started = false

  /** The filter or the sort was changed by hand: nothing of the old order is owed. */
  reset(): void {
    this.#shown = []
    this.#started = false
  }

  show(input: Input): readonly Shown[] {
    const next = input.held ? this.#hold(input) : this.#sorted(input)
    this.#remember(next, input.now)
    this.#shown = next
    return next
  }

  /** Is anything fading, so that it should be asked again soon? */
  get unsettled(): boolean {
    return this.#shown.some((one) => one.gone !== undefined || one.fresh)
  }

  #sorted(input: Input): readonly Shown[] {
    const rows = new Map(input.rows.map((row) => [row.id, row]))
    const result = input.rows.map((row) => this.#live(row, input.now))
    this.#shown.forEach((before, index) => {
      if (rows.has(before.id)) return
      const gone = this.#gone(before, input)
      if (gone.gone === 'ended' && input.now - (gone.goneAt ?? 0) < FADE_S)
        result.splice(Math.min(index, result.length), 0, gone)
    })
    return result
  }

  #hold(input: Input): readonly Shown[] {
    const rows = new Map(input.rows.map((row) => [row.id, row]))
    const kept = this.#shown.map((before) => {
      const row = rows.get(before.id)
      rows.delete(before.id)
      return row ? this.#live(row, input.now) : this.#gone(before, input)
    })
    // What is new comes below, where it moves nothing.
    return [...kept, ...[...rows.values()].map((row) => this.#live(row, input.now))]
  }

  #live(row: Row, now: number): Shown {
    const seen = this.#firstSeen.get(row.id)
    const fresh = this.#started && (seen === undefined || now - seen < FADE_S)
    return { id: row.id, row, fresh, gone: undefined, goneAt: undefined }
  }

  #gone(before: Shown, input: Input): Shown {
    const alive = input.alive(before.id)
    const gone = alive ? 'left' : 'ended'
    const goneAt = before.gone === 'ended' && gone === 'ended' ? before.goneAt : input.now
    return { id: before.id, row: alive ?? before.row, fresh: false, gone, goneAt }
  }

  #remember(shown: readonly Shown[], now: number): void {
    const seen = new Map<string, number>()
    // What the first picture shows is not new.
    for (const { id } of shown) seen.set(id, this.#firstSeen.get(id) ?? (this.#started ? now : 0))
    this.#firstSeen = seen
    this.#started = true
  }
}
