/** A user's place in the project, as a form has it. */
import type { components } from '../../live/api'
import type { UserRole } from '../../live/users'

export class PlaceDraft {
  role = $state<UserRole>('supervisor')
  departments = $state<number[]>([])
  employee = $state<number | null>(null)

  constructor(from?: { role: UserRole; department_ids: readonly number[]; employee_id: number | null }) {
    if (!from) return
    this.role = from.role
    this.departments = [...from.department_ids]
    this.employee = from.employee_id
  }

  get valid(): boolean {
    return this.role !== 'employee' || this.employee !== null
  }

  get asked(): Required<components['schemas']['Place']> {
    const departments = this.role === 'supervisor' ? $state.snapshot(this.departments) : []
    return { role: this.role, department_ids: departments, employee_id: this.employee }
  }
}
