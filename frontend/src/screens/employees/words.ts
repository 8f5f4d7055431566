/** A status, a badge and a cause as one reads them. */
import type { Dictionary } from '../../i18n/dictionary'
import { fill, i18n } from '../../i18n/index.svelte'
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

/** The time of day alone says nothing of the day before yesterday. */
const SAME_DAY_S = 20 * 3600

export function sinceText(at: number, now: number): string {
  const time = now - at < SAME_DAY_S ? i18n.clockTime(at) : i18n.dateTime(at)
  return fill(i18n.t.employees.devices.since, { time })
}
