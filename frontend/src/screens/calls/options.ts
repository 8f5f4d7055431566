/** What the filters offer, with how many calls there are of each now. */
import type { Dictionary } from '../../i18n/dictionary'
import { CALL_STATUSES, CALL_TYPES } from '../../live/frames'
import type { Row, Who } from '../../live/rows'
import type { FilterOption } from '../../ui/FilterMenu.svelte'

type Keys = (row: Row) => readonly string[]

function counted(rows: readonly Row[], keys: Keys): (value: string) => string | undefined {
  const counts = new Map<string, number>()
  for (const row of rows) for (const key of new Set(keys(row))) counts.set(key, (counts.get(key) ?? 0) + 1)
  return (value) => counts.get(value)?.toString()
}

export function typeOptions(t: Dictionary, rows: readonly Row[]): FilterOption[] {
  const hint = counted(rows, (row) => [row.call.type])
  return CALL_TYPES.map((value) => ({ value, label: t.type[value], hint: hint(value) }))
}

export function statusOptions(t: Dictionary, rows: readonly Row[]): FilterOption[] {
  const hint = counted(rows, (row) => [row.call.status])
  return CALL_STATUSES.map((value) => ({ value, label: t.status[value], hint: hint(value) }))
}

/** Everyone in the directory, and accounts of nobody known that are in a call now. */
export function employeeOptions(who: Who, rows: readonly Row[], locale: string): FilterOption[] {
  const hint = counted(rows, (row) => row.people.map((person) => person.key))
  const names = new Map([...who.employees.values()].map((one) => [String(one.id), one.name]))
  for (const row of rows) for (const person of row.people) if (person.account) names.set(person.key, person.name)
  const { compare } = new Intl.Collator(locale, { numeric: true })
  return [...names]
    .map(([value, label]) => ({ value, label, hint: hint(value) }))
    .toSorted((a, b) => Number(!a.hint) - Number(!b.hint) || compare(a.label, b.label))
}

/** As a tree, a department counting all that is below it. */
export function departmentOptions(who: Who, rows: readonly Row[], locale: string): FilterOption[] {
  const { compare } = new Intl.Collator(locale)
  const all = [...who.departments.values()].toSorted((a, b) => compare(a.name, b.name))
  const above = (id: number): string[] => {
    const path: string[] = []
    let at = who.departments.get(id)
    while (at && !path.includes(String(at.id))) {
      path.push(String(at.id))
      at = at.parent_id === null ? undefined : who.departments.get(at.parent_id)
    }
    return path
  }
  const hint = counted(rows, (row) => row.departments.flatMap((one) => above(one.id)))
  const below = (parent: number | null, depth: number): FilterOption[] =>
    all
      .filter((one) => one.parent_id === parent || (parent === null && !who.departments.has(one.parent_id ?? -1)))
      .flatMap((one) => [
        { value: String(one.id), label: one.name, depth, hint: hint(String(one.id)) },
        ...below(one.id, depth + 1),
      ])
  return below(null, 0)
}

export function queueOptions(who: Who, rows: readonly Row[], locale: string): FilterOption[] {
  const key: Keys = (row) => (row.call.queue === null ? [] : [row.call.queue])
  const hint = counted(rows, key)
  const names = new Set([...who.queues.keys(), ...rows.flatMap(key)])
  const { compare } = new Intl.Collator(locale, { numeric: true })
  return [...names]
    .map((value) => ({ value, label: who.queueName(value), hint: hint(value) }))
    .toSorted((a, b) => compare(a.label, b.label))
}
