import type { Dictionary } from '../../i18n/dictionary'
import type { SortKey } from '../../live/filters'
import type { Column } from '../../ui/table'

/** Widths fit 1440 px beside the rail, in the language with the longest words. */
export function columns(t: Dictionary): Column<SortKey>[] {
  const c = t.calls.columns
  return [
    { key: 'type', title: c.type, width: 134, sortable: true },
    { key: 'employee', title: c.employee, width: 136, grow: 3, sortable: true },
    { key: 'department', title: c.department, width: 110, grow: 2, sortable: true },
    { key: 'status', title: c.status, width: 146, grow: 2, sortable: true },
    { key: 'in-status', title: c.inStatus, width: 92, end: true, sortable: true },
    { key: 'client', title: c.client, width: 168, grow: 1, sortable: true },
    { key: 'number', title: c.number, width: 144, grow: 2, sortable: true },
    { key: 'queue', title: c.queue, width: 96, grow: 2, sortable: true },
    { key: 'waiting', title: c.waiting, width: 98, end: true, sortable: true },
    { key: 'talk', title: c.talk, width: 84, end: true, sortable: true },
    { key: 'route', title: c.route, width: 92, grow: 3, sortable: true },
  ]
}
