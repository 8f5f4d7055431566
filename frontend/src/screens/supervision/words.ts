/** What the bar says of a session, in words. */
import { fill, i18n } from '../../i18n/index.svelte'
import type { LiveSupervision } from '../../live/supervisions'
import type { Session } from './session.svelte'

export function stateText(session: Session): string {
  const t = i18n.t.supervision.state
  const now = session.supervision
  if (!now) return t.asking
  if (session.lost) return t.lost
  if (now.phase === 'following') return t.following
  if (now.phase === 'on') return session.held ? t.held : t.on
  return now.way === 'phone' ? fill(t.rings, { phone: now.phone ?? '' }) : t.starting
}

/** Who hears the supervisor now: what the server said, never what was asked. */
export function hearsText(session: Session, name: string): string {
  const t = i18n.t.supervision.hears
  const now = session.supervision
  if (session.asked) return t.switching
  if (!now || now.mode === 'listen') return t.listen
  if (now.muted) return t.muted
  return fill(t[now.mode], { name })
}

export function micText(session: Session): string | undefined {
  const t = i18n.t.supervision.mic
  const { mic } = session
  if (mic === 'off' || mic === 'open') return undefined
  return mic === 'failed' ? fill(t.failed, { words: session.micWords }) : t[mic]
}

/** Why it ended, and what to do about it. */
export function endedText(one: Pick<LiveSupervision, 'ending' | 'ending_detail' | 'phone'>): string {
  const t = i18n.t.supervision.ended
  const words = one.ending_detail ?? ''
  const ending = one.ending ?? 'left'
  if (ending === 'refused') return words ? fill(t.refused, { words }) : t.refusedOnly
  if (ending === 'failed') return words ? fill(t.failedWith, { words }) : t.failed
  return fill(t[ending], { phone: one.phone ?? '' })
}
