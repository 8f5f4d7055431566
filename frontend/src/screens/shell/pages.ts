/** The pages of the rail; another page is another line. */
import type { Dictionary } from '../../i18n/dictionary'
import type { IconName } from '../../ui/icons'

export interface Page {
  path: string
  icon: IconName
  word: (t: Dictionary) => string
}

export const PAGES: Page[] = [{ path: 'calls', icon: 'calls', word: (t) => t.nav.calls }]
