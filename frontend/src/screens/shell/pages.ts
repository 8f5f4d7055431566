/** The pages of the rail; another page is another line. */
import type { Component } from 'svelte'
import type { Dictionary } from '../../i18n/dictionary'
import { onlyOf } from '../../live/query'
import type { Role } from '../../live/session'
import { PANEL_KEYS, router } from '../../router.svelte'
import type { IconName } from '../../ui/icons'

export interface Page {
  path: string
  icon: IconName
  word: (t: Dictionary) => string
  /** Its component, whose code comes when the page is first opened; that of the calls is in the shell itself. */
  screen?: () => Promise<{ default: Component }>
  /** In the rail for these roles alone; for all that have a rail where nothing is said. */
  roles?: readonly Role[]
  /** Of a project that is archived, too. */
  rests?: true
}

export const PAGES: Page[] = [
  { path: 'calls', icon: 'calls', word: (t) => t.nav.calls },
  {
    path: 'employees',
    icon: 'employees',
    word: (t) => t.nav.employees,
    screen: () => import('../employees/Employees.svelte'),
  },
  {
    path: 'queues',
    icon: 'queues',
    word: (t) => t.queues.title,
    screen: () => import('../queues/Queues.svelte'),
  },
  {
    path: 'journal',
    icon: 'journal',
    word: (t) => t.nav.journal,
    screen: () => import('../journal/Journal.svelte'),
    rests: true,
  },
  {
    path: 'callbacks',
    icon: 'missed',
    word: (t) => t.nav.callbacks,
    screen: () => import('../callbacks/Callbacks.svelte'),
  },
  {
    path: 'messages',
    icon: 'messages',
    word: (t) => t.nav.messages,
    screen: () => import('../messages/Messages.svelte'),
    rests: true,
  },
  { path: 'reports', icon: 'reports', word: (t) => t.nav.reports, screen: () => import('../reports/Reports.svelte') },
  {
    path: 'audit',
    icon: 'audit',
    word: (t) => t.audit.title,
    screen: () => import('../audit/Audit.svelte'),
    rests: true,
    roles: ['administrator'],
  },
  {
    path: 'settings',
    icon: 'settings',
    word: (t) => t.nav.settings,
    screen: () => import('../settings/Settings.svelte'),
    rests: true,
  },
]

/** The pages that a role has of a project as it is now. */
export const pagesOf = (role: Role | undefined, archived: boolean): Page[] =>
  PAGES.filter(({ roles, rests }) => (!roles || (role && roles.includes(role))) && (!archived || rests))

/** The pages of the floor, which have a past. */
export const LIVE_PAGES: readonly string[] = ['calls', 'employees', 'queues']

/** The query that each page was left with: who comes back finds it as it was. */
const left = new Map<string, string>()

/** To another page, whose filters are its own; or to the same one, without what lies over it. */
export function visit(path: string): void {
  const from = router.parts[0] ?? ''
  left.set(
    from,
    onlyOf(router.search, (name) => !PANEL_KEYS.includes(name)),
  )
  // The past moment that is looked at is the same on every live page.
  const moment = LIVE_PAGES.includes(path) ? onlyOf(router.search, (name) => name === 'at') : ''
  router.go(`/${path}`, { search: [left.get(path), moment].filter(Boolean).join('&') })
}
