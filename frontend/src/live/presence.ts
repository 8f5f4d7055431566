/** Time in statuses over some days: of everybody, of each employee or of each department. */
import type { components } from './api'

export type Presence = components['schemas']['Presence']
export type EmployeePresence = components['schemas']['EmployeePresence']

const TIMES = ['present_s', 'absent_s', 'talking_s', 'online_s', 'dnd_s', 'unknown_s'] as const
type Times = Record<(typeof TIMES)[number], number>

/** Without an id it is everybody; without a name, those of no department. */
export interface PresenceLine extends Times {
  key: string
  id: number | null | undefined
  name: string | undefined
}

/** Those whom the filter names: by themselves, and by their departments with all below them. */
export function presenceOf(
  employees: readonly EmployeePresence[],
  asked: { employees: readonly number[]; departments: readonly number[] },
  tree: readonly { id: number; parent_id?: number | null }[],
): EmployeePresence[] {
  const within = new Set(asked.departments)
  for (let size = -1; size !== within.size;) {
    size = within.size
    for (const one of tree) if (one.parent_id != null && within.has(one.parent_id)) within.add(one.id)
  }
  return employees.filter(
    (one) =>
      (!asked.employees.length || asked.employees.includes(one.employee_id)) &&
      (!within.size || (one.department_id !== null && within.has(one.department_id))),
  )
}

/** Everybody together first, then by name; those of no department last. */
export function presenceBy(employees: readonly EmployeePresence[], by: 'employee' | 'department'): PresenceLine[] {
  const everybody = line('all', undefined, undefined)
  const lines = new Map<string, PresenceLine>()
  for (const one of employees) {
    const id = by === 'employee' ? one.employee_id : one.department_id
    const name = by === 'employee' ? one.employee_name : (one.department_name ?? undefined)
    const key = String(id)
    const own = lines.get(key) ?? line(key, id, name)
    lines.set(key, own)
    for (const time of TIMES) {
      own[time] += one[time]
      everybody[time] += one[time]
    }
  }
  const named = [...lines.values()].sort(
    (a, b) => Number(a.id === null) - Number(b.id === null) || (a.name ?? '').localeCompare(b.name ?? ''),
  )
  return employees.length > 1 ? [everybody, ...named] : named
}

const line = (key: string, id: number | null | undefined, name: string | undefined): PresenceLine => ({
  key,
  id,
  name,
  present_s: 0,
  absent_s: 0,
  talking_s: 0,
  online_s: 0,
  dnd_s: 0,
  unknown_s: 0,
})
