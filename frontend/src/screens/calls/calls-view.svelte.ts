/** What the Calls page shows. */
import { count, matcher, NO_FILTERS, readFilters, writeFilters, type Filters, type SortKey } from '../../live/filters'
import type { FloorView } from '../../live/floor.svelte'
import { comparer, TIMED } from '../../live/order'
import type { Shown } from '../../live/presenter'
import type { Row } from '../../live/rows'
import { LiveTable } from '../live-table.svelte'

export type ShownCall = Shown<Row>

export class CallsView extends LiveTable<Row, Filters, SortKey> {
  constructor(live: FloorView) {
    super(live, { none: NO_FILTERS, read: readFilters, write: writeFilters, matcher, comparer, timed: TIMED })
  }

  readonly #calls = $derived.by(() => this.live.floor?.calls)
  readonly all = $derived.by<readonly Row[]>(() => {
    const { who } = this
    return who && this.#calls ? Array.from(this.#calls.values(), (call) => who.row(call)) : []
  })
  readonly counters = $derived(count(this.all))
}
