/** From a client to their calls in the journal. */
import { i18n } from '../../i18n/index.svelte'
import type { Callback } from '../../live/callbacks'
import { dayOf, shifted } from '../../live/profile-period'
import { journalOf } from '../journal/address'

/** What was before the first missed call may tell why they called. */
const DAYS_BEFORE = 30

export const clientAddress = (row: Pick<Callback, 'client_e164' | 'since'>, now: number): string =>
  journalOf(
    { client: row.client_e164 },
    { from: shifted(dayOf(row.since, i18n.timeZone), -DAYS_BEFORE), to: dayOf(now, i18n.timeZone) },
  )
