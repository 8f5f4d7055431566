/**
 * Every word of the page, by language: what is built into one script for each of them (`vite.words.ts`). The page itself
 * never imports it, it fetches the one it speaks.
 */
import { audit } from './audit'
import { access } from './access'
import { client } from './client'
import type { Dictionary } from './dictionary'
import { callbacks } from './callbacks'
import { connections } from './connections'
import { directory } from './directory'
import { discovery } from './discovery'
import { employees } from './employees'
import { en } from './en'
import { find } from './find'
import { imports } from './imports'
import { journal } from './journal'
import { messages } from './messages'
import { past } from './past'
import { people } from './people'
import { pl } from './pl'
import { profile } from './profile'
import { personal } from './personal'
import { queues } from './queues'
import { recordings } from './recordings'
import { repairs } from './repairs'
import { reports } from './reports'
import { ru } from './ru'
import { settings } from './settings'
import { story } from './story'
import { supervision } from './supervision'
import { tariffs } from './tariffs'
import { totals } from './totals'
import { upgrade } from './upgrade'
import { waits } from './waits'
import { uk } from './uk'
import type { Language } from './index.svelte'

const inLanguage = (id: Language) => ({
  access: access[id],
  story: story[id],
  people: people[id],
  messages: messages[id],
  directory: directory[id],
  find: find[id],
  discovery: discovery[id],
  employees: employees[id],
  client: client[id],
  settings: settings[id],
  profile: profile[id],
  callbacks: callbacks[id],
  tariffs: tariffs[id],
  reports: reports[id],
  personal: personal[id],
  recordings: recordings[id],
  totals: totals[id],
  upgrade: upgrade[id],
  waits: waits[id],
  journal: journal[id],
  imports: imports[id],
  connections: connections[id],
  repairs: repairs[id],
  supervision: supervision[id],
  audit: audit[id],
  past: past[id],
  queues: queues[id],
})

export const words: Record<Language, Dictionary> = {
  en: { ...en, ...inLanguage('en') },
  ru: { ...ru, ...inLanguage('ru') },
  pl: { ...pl, ...inLanguage('pl') },
  uk: { ...uk, ...inLanguage('uk') },
}
