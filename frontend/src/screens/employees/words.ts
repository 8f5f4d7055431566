/** A status, a badge and a cause as one reads them. */
import type { Dictionary } from '../../i18n/dictionary'
import { fill } from '../../i18n/index.svelte'
import type { ShownBadge } from '../../live/employees'
import type { Cause } from '../../live/frames'
import type { Who } from '../../live/rows'

export function causeText(t: Dictionary, cause: Cause): string {
  const why = t.people.why[cause.why]
  return cause.by ? fill(t.people.by, { why, by: cause.by }) : why
}

/** Short, for a row: what it is, and why. */
export const badgeText = (t: Dictionary, badge: ShownBadge): string =>
  [t.people.badge[badge.kind], badge.reason].filter(Boolean).join(': ')

/** Whole, for a title: with the queues it holds in. */
export const badgeTitle = (t: Dictionary, badge: ShownBadge, who: Who): string =>
  [badgeText(t, badge), badge.queues.map((queue) => who.queueName(queue)).join(', ')].filter(Boolean).join(' · ')
