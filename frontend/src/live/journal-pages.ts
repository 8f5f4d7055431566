/**
 * What of the journal is here: stretches of rows that follow one another, each known by the cursors at its ends.
 *
 * Far ones are let go and only their height is kept, so that a list without an end costs no memory without an end.
 * Every change says which rows stand where afterwards; whoever shows them keeps still what is being read.
 */
import type { JournalRow, JournalRows } from './journal'

/** Rows in one answer. */
export const PAGE_ROWS = 50
/** Rows that are here at most, beside what is on the screen. */
export const MOST_ROWS = 1000
/** The server gives no more at once. */
export const MOST_ASKED = 200
/** How many rows may have come into a stretch since it was fetched, without a second question. */
const ROOM = 25

interface Stretch {
  /** Undefined: let go. */
  rows: readonly JournalRow[] | undefined
  count: number
  lastId: string | undefined
  firstAt: number
  lastAt: number
  /** The cursor it begins after; undefined: the very first row. Of a later stretch, the one before it knows. */
  start: string | undefined
  next: string | null
  previous: string | null
  /** It may read differently now. */
  dirty: boolean
}

/** What must be asked so that a stretch reads as it is now. */
export interface Reread {
  place: number
  after: string | undefined
  /** Where only its foot is known: it is asked upwards from there. */
  before: string | undefined
  limit: number
}

export class JournalPages {
  #stretches: Stretch[] = []
  /** Nothing stands above the first row, as far as the last answer knew. */
  #topKnown = true

  get length(): number {
    return this.#stretches.reduce((sum, one) => sum + one.count, 0)
  }

  /** The row before all others is here. */
  get topReached(): boolean {
    return this.#topKnown
  }

  get endReached(): boolean {
    return (this.#stretches.at(-1)?.next ?? null) === null
  }

  /** Where to ask for what stands below, and above. */
  get next(): string | undefined {
    return this.#stretches.at(-1)?.next ?? undefined
  }
  get previous(): string | undefined {
    return this.#stretches[0]?.previous ?? undefined
  }

  /** From anew, with the first answer; `start` is the cursor it was asked after. */
  begin(answer: JournalRows, start?: string): void {
    this.#stretches = answer.rows.length ? [stretch(answer.rows, start, answer)] : []
    this.#topKnown = start === undefined
  }

  /** What stands below. */
  append(answer: JournalRows): void {
    const last = this.#stretches.at(-1)
    const rows = this.#unknown(answer.rows)
    // Nothing new and nowhere further: the end, whatever the cursor says.
    if (last && !rows.length) last.next = answer.next_cursor === last.next ? null : answer.next_cursor
    else if (rows.length) this.#stretches.push(stretch(rows, undefined, answer))
  }

  /** What stands above: how many rows came. `full`: there may be more of them. */
  prepend(answer: JournalRows, full: boolean): number {
    const rows = this.#unknown(answer.rows)
    if (!full || !rows.length) this.#topKnown = true
    if (!rows.length) return 0
    this.#stretches.unshift(stretch(rows, undefined, answer))
    const second = this.#stretches[1]
    // Where the one below begins is now where this one ends.
    if (second) second.start = undefined
    return rows.length
  }

  row(index: number): JournalRow | undefined {
    return this.slice(index, index + 1)[0]
  }

  /** The rows at these places; undefined ones are let go and must be fetched. */
  slice(first: number, last: number): (JournalRow | undefined)[] {
    const found: (JournalRow | undefined)[] = []
    let from = 0
    for (const { rows, count } of this.#stretches) {
      if (from >= last) break
      for (let at = Math.max(first, from); at < Math.min(last, from + count); at += 1) found.push(rows?.[at - from])
      from += count
    }
    return found
  }

  indexOf(id: string | undefined): number {
    let from = 0
    for (const { rows, count } of this.#stretches) {
      const at = rows?.findIndex((row) => row.call_id === id) ?? -1
      if (at >= 0) return from + at
      from += count
    }
    return -1
  }

  /** The cursor after which the stretch of this row begins, for coming back to it. */
  startOf(index: number): string | undefined {
    const place = this.#placeOf(index)
    return place === undefined ? undefined : this.#startAt(place)
  }

  /** The first stretch among these rows that is let go or may read differently. */
  wanting(first: number, last: number): Reread | undefined {
    let from = 0
    for (const [place, one] of this.#stretches.entries()) {
      const seen = from < last && from + one.count > first
      if (seen && (!one.rows || one.dirty)) {
        const limit = Math.min(MOST_ASKED, Math.max(PAGE_ROWS, one.count + ROOM))
        const after = this.#startAt(place)
        const upwards = place === 0 && after === undefined && !this.#topKnown
        const before = upwards ? (this.#stretches[1]?.previous ?? undefined) : undefined
        return { place, after, before, limit: upwards ? PAGE_ROWS : limit }
      }
      from += one.count
    }
    return undefined
  }

  /** A stretch as it is now. */
  reread({ place, before }: Reread, answer: JournalRows): void {
    const old = this.#stretches[place]
    if (!old) return
    const isLast = place === this.#stretches.length - 1
    const end = answer.rows.findIndex((row) => row.call_id === old.lastId)
    const whole = isLast || (end < 0 && before === undefined)
    const rows = whole || end < 0 ? answer.rows : answer.rows.slice(0, end + 1)
    const renewed = stretch(rows, old.start, answer)
    renewed.next = whole ? answer.next_cursor : old.next
    const below = this.#stretches[place + 1]
    if (whole && answer.next_cursor === null) this.#stretches.length = place + 1
    // More came than was asked for: what follows no longer joins on.
    else if (whole && below) below.dirty = true
    this.#stretches.splice(place, 1, ...(rows.length ? [renewed] : []))
    const known = new Set(rows.map((row) => row.call_id))
    for (const other of this.#stretches) if (other !== renewed) without(other, known)
    this.#stretches = this.#stretches.filter((one) => one.count > 0)
    if (rows.length || !this.#stretches[0]) return
    // An emptied first stretch leaves where it began to the one that now comes first.
    if (place === 0) this.#stretches[0].start = old.start
  }

  /** A row that reads differently, without asking. */
  put(row: JournalRow): void {
    for (const one of this.#stretches) {
      const at = one.rows?.findIndex((other) => other.call_id === row.call_id) ?? -1
      if (at >= 0 && one.rows) one.rows = one.rows.with(at, row)
    }
  }

  /** Everything may read differently. */
  doubt(): void {
    for (const one of this.#stretches) one.dirty = true
  }

  /**
   * A call that began then is written down now: the stretch that it belongs to may read differently.
   * True where it stands above all rows that are here. For an order by the start alone.
   */
  doubtAt(startedAt: number, descending: boolean): boolean {
    const first = this.#stretches[0]
    if (!first || (descending ? startedAt > first.firstAt : false)) return true
    const holds = (one: Stretch) => (descending ? one.lastAt <= startedAt : one.lastAt >= startedAt)
    const found = this.#stretches.find(holds) ?? (this.endReached ? this.#stretches.at(-1) : undefined)
    if (found) found.dirty = true
    return false
  }

  /** Lets go what is far from these rows, the farthest first. */
  forget(first: number, last: number, most = MOST_ROWS): void {
    let here = this.#stretches.reduce((sum, one) => sum + (one.rows?.length ?? 0), 0)
    const middle = (first + last) / 2
    let from = 0
    const far = this.#stretches
      .map((one) => {
        const [begin, end] = [from, (from += one.count)]
        return { one, seen: begin < last && end > first, distance: Math.abs((begin + end) / 2 - middle) }
      })
      .filter(({ one, seen }) => one.rows && !seen)
      .toSorted((a, b) => b.distance - a.distance)
    for (const { one } of far) {
      if (here <= most) return
      here -= one.count
      one.rows = undefined
    }
  }

  #placeOf(index: number): number | undefined {
    let from = 0
    const found = this.#stretches.findIndex((one) => (from += one.count) > index)
    return found < 0 ? undefined : found
  }

  #startAt(place: number): string | undefined {
    const before = this.#stretches[place - 1]
    return before ? (before.next ?? undefined) : this.#stretches[place]?.start
  }

  #unknown(rows: readonly JournalRow[]): JournalRow[] {
    const known = new Set(this.#stretches.flatMap((one) => one.rows?.map((row) => row.call_id) ?? []))
    return rows.filter((row) => !known.has(row.call_id))
  }
}

function stretch(rows: readonly JournalRow[], start: string | undefined, answer: JournalRows): Stretch {
  return {
    rows,
    count: rows.length,
    lastId: rows.at(-1)?.call_id,
    firstAt: rows[0]?.started_at ?? 0,
    lastAt: rows.at(-1)?.started_at ?? 0,
    start,
    next: answer.next_cursor,
    previous: answer.previous_cursor,
    dirty: false,
  }
}

function without(one: Stretch, ids: ReadonlySet<string>): void {
  if (!one.rows?.some((row) => ids.has(row.call_id))) return
  one.rows = one.rows.filter((row) => !ids.has(row.call_id))
  one.count = one.rows.length
  one.lastId = one.rows.at(-1)?.call_id
}
