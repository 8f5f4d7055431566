/** Why a status began, in words, with whom where it was a conversation. */
import { fill, i18n } from '../../i18n/index.svelte'
import type { Cause } from '../../live/frames'
import { phone } from '../../live/phone'
import type { Who } from '../../live/rows'
import { causeText as plainCause } from '../employees/words'
import type { ProfileView } from './profile-view.svelte'

interface Known {
  who: Who | undefined
  view: ProfileView
  /** How many accounts there are to tell apart. */
  accounts: number
  /** A call that is over, by its id. */
  client?: (callId: string) => string | undefined
}

export function causeText(cause: Cause, { who, view, accounts, client }: Known): string {
  const t = i18n.t
  const call = cause.call_id ? view.call(cause.call_id) : undefined
  const other = (call && who?.row(call).client?.text) ?? (cause.call_id ? client?.(cause.call_id) : undefined)
  const why = cause.why === 'call' && other ? fill(t.profile.strip.call, { client: other }) : plainCause(t, cause)
  const account = accounts > 1 && cause.account ? phone(cause.account, view.live.project.country).text : undefined
  return account ? `${why}, ${fill(t.profile.strip.via, { account })}` : why
}
