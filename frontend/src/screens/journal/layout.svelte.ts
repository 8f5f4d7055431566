/** The columns this browser shows, remembered for its user. */
import { DEFAULT_LAYOUT, readLayout, writeLayout, type Layout } from '../../live/journal-columns'

const STORED = 'callfloor.journal.columns'

export class ColumnLayout {
  #layout = $state.raw<Layout>(readLayout(localStorage.getItem(STORED)))

  get now(): Layout {
    return this.#layout
  }

  change(layout: Layout): void {
    this.#layout = layout
    localStorage.setItem(STORED, writeLayout(layout))
  }

  reset(): void {
    this.#layout = DEFAULT_LAYOUT
    localStorage.removeItem(STORED)
  }
}
