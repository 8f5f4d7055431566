/** What to tell of something about an account that was not done. */
import { fill, i18n } from '../../i18n/index.svelte'
import { ApiError, UnreachableError } from '../../live/rest'

export function said(error: unknown, least = 10): string {
  const t = i18n.t.access
  if (error instanceof UnreachableError) return t.unreachable
  if (!(error instanceof ApiError)) return fill(t.failed, { words: String(error) })
  const why = String(error.details.why)
  switch (error.errorId) {
    case 'weak_password':
      return fill(t.weak[why as keyof typeof t.weak] ?? error.message, { n: Number(error.details.least ?? least) })
    case 'wrong_password':
      return t.account.wrongPassword
    case 'wrong_code':
      return t.signIn.wrongCode
    case 'link_spent':
      return t.welcome.spent
    case 'last_administrator':
      return t.users.last
    case 'throttled': {
      const wait = error.retryAfter ?? 30
      const time =
        wait < 60 ? i18n.amount(i18n.t.amount.seconds, wait) : i18n.amount(i18n.t.amount.minutes, Math.ceil(wait / 60))
      return fill(i18n.t.signIn.throttled, { time })
    }
    default:
      return fill(t.failed, { words: error.message })
  }
}
