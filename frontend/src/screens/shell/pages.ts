/** The pages of the rail; another page is another line. */
import type { Dictionary } from '../../i18n/dictionary'
import { onlyOf } from '../../live/query'
import { PANEL_KEYS, router } from '../../router.svelte'
import type { IconName } from '../../ui/icons'

export interface Page {
  path: string
  icon: IconName
  word: (t: Dictionary) => string
}

export const PAGES: Page[] = [
  { path: 'calls', icon: 'calls', word: (t) => t.nav.calls },
  { path: 'employees', icon: 'employees', word: (t) => t.nav.employees },
]

/** The query that each page was left with: who comes back finds it as it was. */
const left = new Map<string, string>()

/** To another page, whose filters are its own; or to the same one, without what lies over it. */
export function visit(path: string): void {
  const from = router.parts[0] ?? ''
  left.set(
    from,
    onlyOf(router.search, (name) => !PANEL_KEYS.includes(name)),
  )
  router.go(`/${path}`, { search: left.get(path) ?? '' })
}
