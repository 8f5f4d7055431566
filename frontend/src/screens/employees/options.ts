/** What the filters offer, with how many people there are of each now. */
import type { Dictionary } from '../../i18n/dictionary'
import { MARK_VALUES } from '../../live/employee-filters'
import type { EmployeeCounters, EmployeeRow } from '../../live/employees'
import { BADGES } from '../../live/frames'
import type { Who } from '../../live/rows'
import type { FilterOption } from '../../ui/FilterMenu.svelte'
import { counted, departmentTree } from '../options'

export function markOptions(t: Dictionary, { statuses, badges }: EmployeeCounters): FilterOption[] {
  const words: Record<string, string> = { ...t.people.status, ...t.people.badge }
  const amounts: Record<string, number> = { ...statuses, ...badges }
  return MARK_VALUES.map((value) => ({
    value,
    label: words[value] ?? value,
    hint: amounts[value] ? String(amounts[value]) : undefined,
    // Beside the statuses, not of them.
    apart: value === BADGES[0],
  }))
}

export function nameOptions(rows: readonly EmployeeRow[], locale: string): FilterOption[] {
  const { compare } = new Intl.Collator(locale, { numeric: true })
  return rows.map((row) => ({ value: row.id, label: row.name })).toSorted((a, b) => compare(a.label, b.label))
}

export const departmentOptions = (who: Who, rows: readonly EmployeeRow[], locale: string): FilterOption[] =>
  departmentTree(
    who,
    rows.map((row) => (row.department ? [row.department] : [])),
    locale,
  )

export function queueOptions(who: Who, rows: readonly EmployeeRow[], locale: string): FilterOption[] {
  const keys = rows.map((row) => row.live.queues.map((seat) => seat.queue))
  const hint = counted(keys)
  const { compare } = new Intl.Collator(locale, { numeric: true })
  return [...new Set([...who.queues.keys(), ...keys.flat()])]
    .map((value) => ({ value, label: who.queueName(value), hint: hint(value) }))
    .toSorted((a, b) => compare(a.label, b.label))
}
