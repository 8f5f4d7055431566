import { fill, i18n } from '../../i18n/index.svelte'
import type { Upgrade } from '../../live/rest'

/** "Step 2 of 3, 41 %. …" */
export function upgradeStep({ step, of, percent }: Upgrade): string {
  const words = i18n.t.upgrade
  return percent === null ? fill(words.step, { step, of }) : fill(words.share, { step, of, percent })
}
