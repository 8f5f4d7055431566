/** Where the journal is, and the call that lies over it. */
import { EVERYTHING, writeJournalQuery, type JournalQuery } from '../../live/journal-query'
import type { Days } from '../../live/profile-period'
import { Query, withText } from '../../live/query'
import { router } from '../../router.svelte'

const CALL = 'call'
const VIEW = 'view'

/** Which call the address opens over the journal. */
export const openedCall = (): string | undefined => new Query(router.search).text(CALL) || undefined

/** A step for the Back button, unless another call was open already. */
export function openJournalCall(id: string): void {
  router.go(router.path, { replace: openedCall() !== undefined, search: withText(router.search, CALL, id) })
}

export function closeJournalCall(): void {
  router.go(router.path, { search: withText(router.search, CALL, '') })
}

export const journalCallAddress = (id: string): string => `/journal?${withText('', CALL, id)}`

export const showsTotals = (): boolean => new Query(router.search).text(VIEW) === 'totals'

export function showTotals(totals: boolean): void {
  router.go(router.path, { search: withText(router.search, VIEW, totals ? 'totals' : '') })
}

/** The journal of these calls and days. */
export const journalOf = (part: Partial<JournalQuery>, days: Days): string =>
  `/journal?${writeJournalQuery({ ...EVERYTHING, ...part, period: days })}`
