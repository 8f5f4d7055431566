/** What the journal's filters offer. */
import type { Dictionary } from '../../i18n/dictionary'
import { CALL_TYPES } from '../../live/frames'
import { MARKS, OUTCOMES, PARTIES } from '../../live/journal'
import { phone } from '../../live/phone'
import type { Who } from '../../live/rows'
import type { FilterOption } from '../../ui/FilterMenu.svelte'
import { departmentTree } from '../options'

const sorted = (options: FilterOption[], locale: string): FilterOption[] => {
  const { compare } = new Intl.Collator(locale, { numeric: true })
  return options.toSorted((a, b) => compare(a.label, b.label))
}

export const typeOptions = (t: Dictionary): FilterOption[] =>
  CALL_TYPES.map((value) => ({ value, label: t.type[value] }))

export const outcomeOptions = (t: Dictionary): FilterOption[] =>
  OUTCOMES.map((value) => ({ value, label: t.journal.outcome[value] }))

export const markOptions = (t: Dictionary): FilterOption[] =>
  MARKS.map((value) => ({ value, label: t.journal.mark[value] }))

export const partyOptions = (t: Dictionary): FilterOption[] =>
  PARTIES.map((value) => ({ value, label: t.journal.side[value] }))

export const recordedOptions = (t: Dictionary): FilterOption[] => [
  { value: 'yes', label: t.journal.filters.recorded },
  { value: 'no', label: t.journal.filters.notRecorded },
]

/** Everyone in the directory, and those of an old link who are no longer there. */
export function employeeOptions(t: Dictionary, who: Who, chosen: readonly number[], locale: string): FilterOption[] {
  const there = [...who.employees.values()].map((one) => ({ value: String(one.id), label: one.name }))
  const gone = chosen.filter((id) => !who.employees.has(id))
  return [...gone.map((id) => ({ value: String(id), label: t.journal.filters.nobody })), ...sorted(there, locale)]
}

export const departmentOptions = (who: Who, locale: string): FilterOption[] => departmentTree(who, [], locale)

export const queueOptions = (who: Who, chosen: readonly string[], locale: string): FilterOption[] =>
  sorted(
    [...new Set([...who.queues.keys(), ...chosen])].map((value) => ({ value, label: who.queueName(value) })),
    locale,
  )

/** A number by its label, with the number itself beside it. */
export function numberOptions(who: Who, chosen: readonly string[], locale: string): FilterOption[] {
  const all = new Set([...who.directory.numbers.map((one) => one.number), ...chosen])
  const option = (value: string): FilterOption => {
    const { label, text } = who.business(value)
    return label ? { value, label, hint: text } : { value, label: text }
  }
  return sorted([...all].map(option), locale)
}

export const sourceOptions = (who: Who, chosen: readonly string[], locale: string): FilterOption[] =>
  sorted(
    [...new Set([...who.directory.numbers.flatMap((one) => one.source ?? []), ...chosen])].map((value) => ({
      value,
      label: value,
    })),
    locale,
  )

export const tagOptions = (tags: readonly string[], chosen: readonly string[], locale: string): FilterOption[] =>
  sorted(
    [...new Set([...tags, ...chosen])].map((value) => ({ value, label: value })),
    locale,
  )

export const clientText = (e164: string, who: Who | undefined): string => phone(e164, who?.country ?? null, e164).text

export const hourOptions = (): FilterOption[] =>
  Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: hourText(hour) }))

/** `14:00–14:59`. */
export const hourText = (hour: number): string => {
  const two = String(hour).padStart(2, '0')
  return `${two}:00–${two}:59`
}

/** Monday is 0. */
export const weekdayText = (weekday: number, locale: string): string =>
  // The first of January 2024 was a Monday.
  new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + weekday))

export const weekdayOptions = (locale: string): FilterOption[] =>
  Array.from({ length: 7 }, (_, day) => ({ value: String(day), label: weekdayText(day, locale) }))
