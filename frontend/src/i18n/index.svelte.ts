/** The page's language: which it is, and everything that is said or written by it. */
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
import * as format from './format'
import { imports } from './imports'
import { journal } from './journal'
import { messages } from './messages'
import { past } from './past'
import { people } from './people'
import { pl } from './pl'
import { plural, type Forms } from './plural'
import { profile } from './profile'
import { personal } from './personal'
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
import { uk } from './uk'

export const LANGUAGES = { en: 'English', ru: 'Русский', pl: 'Polski', uk: 'Українська' } as const
export type Language = keyof typeof LANGUAGES

/** British English for dates: day before month and a 24-hour clock. */
const LOCALES: Record<Language, string> = { en: 'en-GB', ru: 'ru', pl: 'pl', uk: 'uk' }

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
  journal: journal[id],
  imports: imports[id],
  connections: connections[id],
  repairs: repairs[id],
  supervision: supervision[id],
  audit: audit[id],
  past: past[id],
})

const DICTIONARIES: Record<Language, Dictionary> = {
  en: { ...en, ...inLanguage('en') },
  ru: { ...ru, ...inLanguage('ru') },
  pl: { ...pl, ...inLanguage('pl') },
  uk: { ...uk, ...inLanguage('uk') },
}

const STORED = 'callfloor.language'
export const isLanguage = (value: unknown): value is Language => typeof value === 'string' && value in LANGUAGES

class I18n {
  #language = $state<Language>('en')
  /** Of the project; the browser's until one is open. */
  timeZone = $state(Intl.DateTimeFormat().resolvedOptions().timeZone)

  constructor() {
    const stored = globalThis.localStorage?.getItem(STORED)
    const wished = [stored, ...(globalThis.navigator?.languages ?? [])].map((one) => one?.slice(0, 2))
    this.#use(wished.find(isLanguage) ?? 'en')
  }

  get language(): Language {
    return this.#language
  }

  get locale(): string {
    return LOCALES[this.#language]
  }

  /** Every text of the page. */
  get t(): Dictionary {
    return DICTIONARIES[this.#language]
  }

  /** Chosen by the user: remembered in this browser. */
  choose(language: Language): void {
    localStorage.setItem(STORED, language)
    this.#use(language)
  }

  /** What the user's record says, unless this browser was told otherwise. */
  suggest(language: string | null): void {
    const short = language?.slice(0, 2)
    if (!localStorage.getItem(STORED) && isLanguage(short)) this.#use(short)
  }

  amount = (forms: Forms, n: number): string => plural(this.locale, forms, n)
  share = (share: number): string => format.share(this.locale, share)
  number = (n: number): string => new Intl.NumberFormat(this.locale).format(n)
  age = (seconds: number): string => format.age(this.locale, seconds)
  clockTime = (at: number): string => format.clockTime(this.locale, this.timeZone, at)
  shortTime = (at: number): string => format.shortTime(this.locale, this.timeZone, at)
  shortDay = (day: string): string => format.shortDay(this.locale, day)
  longDay = (day: string): string => format.longDay(this.locale, day)
  axisDay = (day: string): string => format.axisDay(this.locale, day)
  dayRange = (from: string, to: string): string => format.dayRange(this.locale, from, to)
  spoken = (seconds: number): string => format.spoken(this.locale, seconds)
  isoDay = (at: number): string => format.isoDay(this.timeZone, at)
  money = (amount: string, currency: string | null): string => format.money(this.locale, amount, currency)
  momentLong = (at: number): string => format.momentLong(this.locale, this.timeZone, at)
  dateTime = (at: number): string => format.dateTime(this.locale, this.timeZone, at)

  #use(language: Language): void {
    this.#language = language
    document.documentElement.lang = language
  }
}

export const i18n = new I18n()
export { duration, fill, isoDuration } from './format'
