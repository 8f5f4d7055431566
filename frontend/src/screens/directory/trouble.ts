/** What to tell of an edit that was not taken. */
import { fill, i18n } from '../../i18n/index.svelte'
import { ApiError } from '../../live/rest'
import { refusal } from '../settings/rules.svelte'

export const isStale = (error: unknown): boolean => error instanceof ApiError && error.errorId === 'stale_edit'

export function trouble(error: unknown): string {
  const t = i18n.t.directory
  if (isStale(error)) return t.stale
  if (error instanceof ApiError && error.errorId === 'photo') return t.photo.wrong
  if (error instanceof ApiError && error.errorId === 'too_large') return t.photo.wrong
  if (error instanceof ApiError && error.errorId === 'conflict') {
    const { account } = error.details
    return typeof account === 'string' ? fill(t.employees.taken, { account }) : t.departments.taken
  }
  return refusal(error)
}
