/** The columns of the clients to call back, open and reached. */
import type { Dictionary } from '../../i18n/dictionary'
import { CALLBACK_SORTS, type CallbackSortKey } from '../../live/callbacks'
import type { Column } from '../../ui/table'

export const isSort = (key: string): key is CallbackSortKey => CALLBACK_SORTS.some((one) => one === key)

export type CallbackColumn =
  | 'since'
  | 'client'
  | 'tries'
  | 'attempts'
  | 'last'
  | 'queue'
  | 'number'
  | 'source'
  | 'turn'
  | 'closed'
  | 'how'
  | 'by'
  | 'act'

/** Widths fit 1440 px beside the rail, in the language with the longest words. */
export function callbackColumns(t: Dictionary, closed: boolean): Column<CallbackColumn>[] {
  const c = t.callbacks.columns
  const open: Column<CallbackColumn>[] = [
    { key: 'since', title: c.age, width: 108, end: true, sortable: true },
    { key: 'client', title: c.client, width: 176, grow: 1 },
    { key: 'tries', title: c.tries, width: 100, end: true, sortable: true },
    { key: 'attempts', title: c.attempts, width: 124, end: true, sortable: true },
    { key: 'last', title: c.last, width: 148, sortable: true },
    { key: 'turn', title: c.turn, width: 150, grow: 2 },
    { key: 'queue', title: c.queue, width: 110, grow: 1 },
    { key: 'number', title: c.number, width: 136, grow: 1 },
    { key: 'source', title: c.source, width: 112, grow: 1 },
    { key: 'act', title: c.act, width: 100 },
  ]
  if (!closed) return open
  const reached: Column<CallbackColumn>[] = [
    { key: 'closed', title: c.closed, width: 148, sortable: true },
    { key: 'client', title: c.client, width: 176, grow: 1 },
    { key: 'since', title: c.age, width: 108, end: true, sortable: true },
    { key: 'how', title: c.how, width: 180, grow: 3 },
    { key: 'by', title: c.by, width: 150, grow: 2 },
  ]
  const more = open.filter((one) => ['tries', 'attempts', 'number', 'act'].includes(one.key))
  return [...reached, ...more]
}
