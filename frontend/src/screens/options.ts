/** What filters of live pages have in common. */
import type { Department } from '../live/frames'
import type { Who } from '../live/rows'
import type { FilterOption } from '../ui/FilterMenu.svelte'

/** How many rows have each value, a row counting once; undefined where none has. */
export function counted(rows: Iterable<readonly string[]>): (value: string) => string | undefined {
  const counts = new Map<string, number>()
  for (const values of rows) for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1)
  return (value) => counts.get(value)?.toString()
}

/** The departments as a tree, each counting all that is below it. */
export function departmentTree(who: Who, rows: readonly (readonly Department[])[], locale: string): FilterOption[] {
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
  const hint = counted(rows.map((departments) => departments.flatMap((one) => above(one.id))))
  const below = (parent: number | null, depth: number): FilterOption[] =>
    all
      .filter((one) => one.parent_id === parent || (parent === null && !who.departments.has(one.parent_id ?? -1)))
      .flatMap((one) => [
        { value: String(one.id), label: one.name, depth, hint: hint(String(one.id)) },
        ...below(one.id, depth + 1),
      ])
  return below(null, 0)
}
