/** Which rows have just come by themselves: they show it once. */
import type { JournalRow } from '../../live/journal'

const FRESH_MS = 1500

export class Fresh {
  readonly #ids = new Set<string>()

  has = (id: string): boolean => this.#ids.has(id)

  /** Those among the rows that were not here before. */
  note(rows: readonly JournalRow[], before: readonly (JournalRow | undefined)[] = []): void {
    const known = new Set(before.map((row) => row?.call_id))
    // What was let go may have been here.
    if (known.has(undefined)) return
    const ids = rows.map((row) => row.call_id).filter((id) => !known.has(id))
    for (const id of ids) this.#ids.add(id)
    setTimeout(() => ids.forEach((id) => this.#ids.delete(id)), FRESH_MS)
  }
}
