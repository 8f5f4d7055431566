/** What the search of the top line finds where the page itself has nothing to filter: people, numbers, pages. */
import { fill } from '../../i18n/index.svelte'
import type { Dictionary } from '../../i18n/dictionary'
import { LEAST_DIGITS } from '../../live/journal-query'
import { withText } from '../../live/query'
import type { Who } from '../../live/rows'
import type { Role } from '../../live/session'
import type { IconName } from '../../ui/icons'
import { SECTIONS } from '../settings/sections'
import { PAGES } from './pages'

export interface Found {
  id: string
  label: string
  /** Quietly beside it: what kind of thing it is. */
  hint: string
  icon: IconName
  path: string
  search: string
}

const MOST_PEOPLE = 5
const MOST = 12

/** Pages that filter themselves by what is typed. */
export const FILTERED: readonly string[] = ['calls', 'employees']

interface Where {
  page: string | undefined
  path: string
  search: string
  role: Role | undefined
  who: Who | undefined
  t: Dictionary
}

export function found(text: string, { page, path, search, role, who, t }: Where): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (!words.length) return []
  const matches = (label: string) => words.every((word) => label.toLowerCase().includes(word))
  // On the journal what is found is one filter more; elsewhere it is the only one.
  const within = page === 'journal' ? search : ''
  const journal = (name: string, value: string) => withText(withText(within, name, value), 'call', '')
  const results: Found[] = []
  const digits = text.replace(/\D/g, '')
  if (digits.length >= LEAST_DIGITS && !/\p{L}/u.test(text)) {
    const label = fill(t.find.callsNumber, { digits })
    const hint = t.nav.journal
    results.push({ id: 'number', label, hint, icon: 'journal', path: '/journal', search: journal('part', digits) })
  }
  const people = (who?.directory.employees ?? [])
    .filter((one) => matches([one.name, ...one.accounts].join(' ')))
    .slice(0, MOST_PEOPLE)
  for (const { id, name } of people) {
    const calls = { label: fill(t.find.callsOf, { name }), hint: t.nav.journal, icon: 'journal' as const }
    const profile = { label: fill(t.find.profileOf, { name }), hint: t.nav.employees, icon: 'user' as const }
    results.push(
      { id: `calls-${id}`, ...calls, path: '/journal', search: journal('employee', String(id)) },
      { id: `profile-${id}`, ...profile, path, search: withText(search, 'profile', String(id)) },
    )
  }
  for (const one of PAGES) {
    if ((one.roles && role && !one.roles.includes(role)) || !matches(one.word(t))) continue
    results.push({
      id: `page-${one.path}`,
      label: one.word(t),
      hint: t.find.page,
      icon: one.icon,
      path: `/${one.path}`,
      search: '',
    })
  }
  if (role === 'administrator') {
    for (const one of SECTIONS) {
      if (!matches(one.word(t))) continue
      const to = `/settings/${one.path}`
      results.push({ id: to, label: one.word(t), hint: t.find.section, icon: 'settings', path: to, search: '' })
    }
  }
  return results.slice(0, MOST)
}
