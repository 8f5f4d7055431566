import type { Dictionary } from '../../i18n/dictionary'
import type { EmployeeKey } from '../../live/employee-filters'
import type { Column } from '../../ui/table'

/** Widths fit 1440 px beside the rail, in the language with the longest words. */
export function columns(t: Dictionary): Column<EmployeeKey>[] {
  const c = t.employees.columns
  return [
    { key: 'name', title: c.name, width: 186, grow: 3, sortable: true },
    { key: 'department', title: c.department, width: 130, grow: 2, sortable: true },
    { key: 'status', title: c.status, width: 290, grow: 3, sortable: true },
    { key: 'in-status', title: c.inStatus, width: 104, end: true, sortable: true },
    { key: 'agent', title: c.agent, width: 196, grow: 3, sortable: true },
    { key: 'call', title: c.call, width: 172, grow: 2, sortable: true },
    { key: 'queues', title: c.queues, width: 130, grow: 3, sortable: true },
  ]
}
