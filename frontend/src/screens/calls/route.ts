/** A call's way through the company, as people read it. */
import { i18n } from '../../i18n/index.svelte'
import type { Who } from '../../live/rows'
import { named } from '../../live/story'

/** The PBX's own parts, which stand in a route by these names where they have none of their own. */
const PARTS = ['ivr', 'voicemail', 'fax', 'conference'] as const

/** The scheme and the steps with arrows between them. */
export const routeText = (scheme: string | null, route: readonly string[], who: Who | undefined): string =>
  [scheme, ...route.map((step) => stepText(step, who))].filter(Boolean).join(' → ')

function stepText(step: string, who: Who | undefined): string {
  const part = PARTS.find((one) => one === step)
  const name = who ? named(step, who) : step
  if (!part || name !== step) return name
  return part === 'ivr' ? i18n.t.journal.detail.lane.ivr : i18n.t.status[part]
}
