/** What is held still while the pointer rests on the table, and what fades. Given any rows with an id. */

/** A row as it is shown: perhaps new, perhaps already gone. */
export interface Shown<R> {
  id: string
  row: R
  /** Appeared within the last moments: fades in once. */
  fresh: boolean
  /** `ended`: it is no more. `left`: lives on, and no longer matches the filter. Kept in place while it fades or is held. */
  gone: 'ended' | 'left' | undefined
  /** When it went, so that its times stop there. */
  goneAt: number | undefined
}

/** How long a row fades, in seconds. The style sheet's animations last as long. */
export const FADE_S = 0.6

interface Input<R> {
  /** Matching rows in their true order. */
  rows: readonly R[]
  /** What lives on has a row, matching or not. */
  alive(id: string): R | undefined
  held: boolean
  now: number
}

/** Remembers what is on the screen, so that rows do not jump under the pointer and do not vanish at a blow. */
export class Presenter<R extends { id: string }> {
  #shown: readonly Shown<R>[] = []
  #firstSeen = new Map<string, number>()
  #started = false

  /** The filter or the sort was changed by hand: nothing of the old order is owed. */
  reset(): void {
    this.#shown = []
    this.#started = false
  }

  show(input: Input<R>): readonly Shown<R>[] {
    const next = input.held ? this.#hold(input) : this.#sorted(input)
    this.#remember(next, input.now)
    this.#shown = next
    return next
  }

  /** Is anything fading, so that it should be asked again soon? */
  get unsettled(): boolean {
    return this.#shown.some((one) => one.gone !== undefined || one.fresh)
  }

  #sorted(input: Input<R>): readonly Shown<R>[] {
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

  #hold(input: Input<R>): readonly Shown<R>[] {
    const rows = new Map(input.rows.map((row) => [row.id, row]))
    const kept = this.#shown.map((before) => {
      const row = rows.get(before.id)
      rows.delete(before.id)
      return row ? this.#live(row, input.now) : this.#gone(before, input)
    })
    // What is new comes below, where it moves nothing.
    return [...kept, ...[...rows.values()].map((row) => this.#live(row, input.now))]
  }

  #live(row: R, now: number): Shown<R> {
    const seen = this.#firstSeen.get(row.id)
    const fresh = this.#started && (seen === undefined || now - seen < FADE_S)
    return { id: row.id, row, fresh, gone: undefined, goneAt: undefined }
  }

  #gone(before: Shown<R>, input: Input<R>): Shown<R> {
    const alive = input.alive(before.id)
    const gone = alive ? 'left' : 'ended'
    const goneAt = before.gone === 'ended' && gone === 'ended' ? before.goneAt : input.now
    return { id: before.id, row: alive ?? before.row, fresh: false, gone, goneAt }
  }

  #remember(shown: readonly Shown<R>[], now: number): void {
    const seen = new Map<string, number>()
    // What the first picture shows is not new.
    for (const { id } of shown) seen.set(id, this.#firstSeen.get(id) ?? (this.#started ? now : 0))
    this.#firstSeen = seen
    this.#started = true
  }
}

export const byId = <R extends { id: string }>(rows: readonly R[]): ReadonlyMap<string, R> =>
  new Map(rows.map((row) => [row.id, row]))
