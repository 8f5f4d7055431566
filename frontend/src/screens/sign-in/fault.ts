/** Why nobody was signed in. */
import { fill, i18n } from '../../i18n/index.svelte'
import { ApiError, UnreachableError } from '../../live/rest'

export type Fault =
  | { kind: 'wrong' | 'unreachable' | 'missing' | 'code' }
  | { kind: 'elsewhere'; why: string }
  | { kind: 'throttled'; until: number }
  | { kind: 'unexpected'; id: string | undefined }

export function faultOf(error: unknown, now: number): Fault {
  if (error instanceof UnreachableError) return { kind: 'unreachable' }
  if (!(error instanceof ApiError)) return { kind: 'unexpected', id: undefined }
  if (error.status === 429) return { kind: 'throttled', until: now + (error.retryAfter ?? 30) * 1000 }
  if (error.errorId === 'wrong_code') return { kind: 'code' }
  return error.status === 401 ? { kind: 'wrong' } : { kind: 'unexpected', id: error.requestId }
}

/** What is said of it; `wait` is in seconds. */
export function wordsOf(fault: Fault, wait: number): string {
  const [t, a, amount] = [i18n.t.signIn, i18n.t.access.signIn, i18n.t.amount]
  switch (fault.kind) {
    case 'throttled': {
      const time = wait < 60 ? i18n.amount(amount.seconds, wait) : i18n.amount(amount.minutes, Math.ceil(wait / 60))
      return fill(t.throttled, { time })
    }
    case 'code':
      return a.wrongCode
    case 'elsewhere':
      return a.faults[fault.why as keyof typeof a.faults] ?? a.faults.other
    default:
      return t[fault.kind]
  }
}
