/** What an import would change, in words. */
import { fill } from '../../i18n/index.svelte'
import type { DirectoryWords } from '../../i18n/directory'
import type { DirectoryChange, DirectoryFault } from '../../live/directory'

type Words = DirectoryWords['file']

/** A value as a person reads it: a path, accounts, a text. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  if (Array.isArray(value)) return value.length ? value.join(' / ') : '–'
  if (typeof value === 'object') return Object.keys(value).join(', ') || '–'
  return String(value)
}

export interface ChangedField {
  name: string
  before: string | undefined
  after: string
}

/** Its fields that are others now; of what is new, those that say something. */
export function fieldsOf(change: DirectoryChange, f: Words): ChangedField[] {
  return Object.entries(change.after)
    .filter(([name]) => name !== 'name' || 'name' in change.before)
    .map(([name, value]) => ({
      name: f.fields[name as keyof Words['fields']] ?? name,
      before: name in change.before ? valueText(change.before[name]) : undefined,
      after: valueText(value),
    }))
    .filter((one) => one.before !== undefined || one.after !== '–')
}

export function faultText(fault: DirectoryFault, f: Words): string {
  const words = f.faults[fault.reason as keyof Words['faults']] ?? fault.reason
  const column = fault.column ? ` · ${fault.column}` : ''
  return `${fill(f.line, { n: String(fault.line) })}${column}: ${fill(words, { value: fault.value ?? '' })}`
}
