/** What the filters offer, with how many calls there are of each now. */
import type { Dictionary } from '../../i18n/dictionary'
import { CALL_STATUSES, CALL_TYPES } from '../../live/frames'
import type { Row, Who } from '../../live/rows'
import type { FilterOption } from '../../ui/FilterMenu.svelte'
import { counted, departmentTree } from '../options'

type Keys = (row: Row) => readonly string[]

const hints = (rows: readonly Row[], keys: Keys) => counted(rows.map(keys))

export function typeOptions(t: Dictionary, rows: readonly Row[]): FilterOption[] {
  const hint = hints(rows, (row) => [row.call.type])
  return CALL_TYPES.map((value) => ({ value, label: t.type[value], hint: hint(value) }))
}

export function statusOptions(t: Dictionary, rows: readonly Row[]): FilterOption[] {
  const hint = hints(rows, (row) => [row.call.status])
  return CALL_STATUSES.map((value) => ({ value, label: t.status[value], hint: hint(value) }))
}

/** Everyone in the directory, and accounts of nobody known that are in a call now. */
export function employeeOptions(who: Who, rows: readonly Row[], locale: string): FilterOption[] {
  const hint = hints(rows, (row) => row.people.map((person) => person.key))
  const names = new Map([...who.employees.values()].map((one) => [String(one.id), one.name]))
  for (const row of rows) for (const person of row.people) if (person.account) names.set(person.key, person.name)
  const { compare } = new Intl.Collator(locale, { numeric: true })
  return [...names]
    .map(([value, label]) => ({ value, label, hint: hint(value) }))
    .toSorted((a, b) => Number(!a.hint) - Number(!b.hint) || compare(a.label, b.label))
}

export const departmentOptions = (who: Who, rows: readonly Row[], locale: string): FilterOption[] =>
  departmentTree(
    who,
    rows.map((row) => row.departments),
    locale,
  )

export function queueOptions(who: Who, rows: readonly Row[], locale: string): FilterOption[] {
  const key: Keys = (row) => (row.call.queue === null ? [] : [row.call.queue])
  const hint = hints(rows, key)
  const names = new Set([...who.queues.keys(), ...rows.flatMap(key)])
  const { compare } = new Intl.Collator(locale, { numeric: true })
  return [...names]
    .map((value) => ({ value, label: who.queueName(value), hint: hint(value) }))
    .toSorted((a, b) => compare(a.label, b.label))
}
