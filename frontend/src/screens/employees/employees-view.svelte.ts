/** What the Employees page shows. */
import {
  EMPLOYEE_TIMED,
  employeeComparer,
  employeeMatcher,
  NO_EMPLOYEE_FILTERS,
  readEmployeeFilters,
  writeEmployeeFilters,
  type EmployeeFilters,
  type EmployeeKey,
} from '../../live/employee-filters'
import { callsOf, countEmployees, Staff, type EmployeeRow } from '../../live/employees'
import type { FloorView } from '../../live/floor.svelte'
import type { Shown } from '../../live/presenter'
import { LiveTable } from '../live-table.svelte'

export type ShownEmployee = Shown<EmployeeRow>

export class EmployeesView extends LiveTable<EmployeeRow, EmployeeFilters, EmployeeKey> {
  readonly #staff = new Staff()

  constructor(live: FloorView) {
    super(live, {
      none: NO_EMPLOYEE_FILTERS,
      read: readEmployeeFilters,
      write: writeEmployeeFilters,
      matcher: employeeMatcher,
      comparer: employeeComparer,
      timed: EMPLOYEE_TIMED,
    })
  }

  readonly employees = $derived.by(() => this.live.floor?.employees)
  readonly #liveCalls = $derived.by(() => this.live.floor?.calls)
  readonly #calls = $derived.by(() => this.who && this.#liveCalls && callsOf(this.#liveCalls, this.who))
  readonly all = $derived.by<readonly EmployeeRow[]>(() => {
    const { who, employees } = this
    return who && employees && this.#calls ? this.#staff.rows(employees, this.#calls, who) : []
  })
  readonly counters = $derived(countEmployees(this.all))

  /** Pauses, queues and do-not-disturb are an administrator's and a supervisor's. */
  get mayAct(): boolean {
    const { role } = this.live.project
    return !this.live.past && (role === 'administrator' || role === 'supervisor')
  }
}
