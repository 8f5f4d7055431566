/** Where a profile is: on a page of its own among the employees, and over any other page by its query. */
import { Query, onlyOf, withText } from '../../live/query'
import { withPeriod, type Period } from '../../live/profile-period'
import { callPath, router } from '../../router.svelte'

const HOME = 'employees'
const NAME = 'profile'
/** What is the profile's own; a call below it stays open. */
const OWN_KEYS: readonly string[] = ['profile', 'period']

const atHome = () => router.parts[0] === HOME
/** The past moment that is looked at, where one is. */
const moment = () => onlyOf(router.search, (name) => name === 'at')
const withoutPanel = () => onlyOf(router.search, (name) => !OWN_KEYS.includes(name))

/** Whose profile the address opens. */
export function openedProfile(): number | undefined {
  const text = atHome() ? (router.parts[1] ?? '') : new Query(router.search).text(NAME)
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The address that opens the profile where the user is now, for a link. */
export const profileAddress = (id: number): string =>
  atHome() ? `/${HOME}/${id}${router.search}` : `${router.path}?${withText(withoutPanel(), NAME, String(id))}`

export function openProfile(id: number): void {
  if (atHome()) router.go(`/${HOME}/${id}`)
  else router.go(router.path, { search: withText(withoutPanel(), NAME, String(id)) })
}

export function closeProfile(): void {
  router.go(atHome() ? `/${HOME}` : router.path, { search: withoutPanel() })
}

/** Not a step for the Back button: it leaves the profile, not one period after another. */
export function choosePeriod(period: Period): void {
  router.go(router.path, { replace: true, search: withPeriod(router.search, period) })
}

/** A call's panel lies over the calls; the filters of the employees mean nothing there. */
export function callAddress(id: string): string {
  const query = router.parts[0] === 'calls' ? withoutPanel() : moment()
  return callPath(id) + (query && `?${query}`)
}

export function openCall(id: string): void {
  router.go(callPath(id), { search: router.parts[0] === 'calls' ? withoutPanel() : moment() })
}
