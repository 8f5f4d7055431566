/** The page's language: which it is, and everything that is said or written by it. */
import type { Dictionary } from './dictionary'
import * as format from './format'
import { plural, type Forms } from './plural'

export const LANGUAGES = { en: 'English', ru: 'Русский', pl: 'Polski', uk: 'Українська' } as const
export type Language = keyof typeof LANGUAGES

/** British English for dates: day before month and a 24-hour clock. */
const LOCALES: Record<Language, string> = { en: 'en-GB', ru: 'ru', pl: 'pl', uk: 'uk' }

/** Each language is a script of its own, made of `words.ts`; the page fetches the one it speaks. */
const WORDS: Record<Language, () => Promise<{ default: Dictionary }>> = {
  en: () => import('virtual:words/en'),
  ru: () => import('virtual:words/ru'),
  pl: () => import('virtual:words/pl'),
  uk: () => import('virtual:words/uk'),
}

const STORED = 'callfloor.language'
export const isLanguage = (value: unknown): value is Language => typeof value === 'string' && value in LANGUAGES

class I18n {
  #language = $state<Language>('en')
  #words = $state.raw<Dictionary>()
  /** What was asked for last: words that arrive later than others' are not those wanted any more. */
  #wanted: Language = 'en'
  /** The first words are here; before that nothing can be shown. */
  readonly ready: Promise<void>
  /** Of the project; the browser's until one is open. */
  timeZone = $state(Intl.DateTimeFormat().resolvedOptions().timeZone)

  constructor() {
    const stored = globalThis.localStorage?.getItem(STORED)
    const wished = [stored, ...(globalThis.navigator?.languages ?? [])].map((one) => one?.slice(0, 2))
    this.ready = this.#use(wished.find(isLanguage) ?? 'en')
  }

  get language(): Language {
    return this.#language
  }

  get locale(): string {
    return LOCALES[this.#language]
  }

  /** Every text of the page. */
  get t(): Dictionary {
    if (!this.#words) throw new Error('the words are not here yet: wait for i18n.ready')
    return this.#words
  }

  /** Chosen by the user: remembered in this browser. Until its words are here the page goes on as it was. */
  choose(language: Language): Promise<void> {
    localStorage.setItem(STORED, language)
    return this.#use(language)
  }

  /** What the user's record says, unless this browser was told otherwise. */
  async suggest(language: string | null): Promise<void> {
    const short = language?.slice(0, 2)
    if (!localStorage.getItem(STORED) && isLanguage(short)) await this.#use(short)
  }

  amount = (forms: Forms, n: number): string => plural(this.locale, forms, n)
  share = (share: number): string => format.share(this.locale, share)
  number = (n: number): string => new Intl.NumberFormat(this.locale).format(n)
  age = (seconds: number): string => format.age(this.locale, seconds)
  clockTime = (at: number): string => format.clockTime(this.locale, this.timeZone, at)
  shortTime = (at: number): string => format.shortTime(this.locale, this.timeZone, at)
  shortDay = (day: string): string => format.shortDay(this.locale, day)
  longDay = (day: string): string => format.longDay(this.locale, day)
  listDay = (at: number): string => format.listDay(this.locale, this.timeZone, at, Date.now() / 1000)
  axisDay = (day: string): string => format.axisDay(this.locale, day)
  dayRange = (from: string, to: string): string => format.dayRange(this.locale, from, to)
  spoken = (seconds: number): string => format.spoken(this.locale, seconds)
  isoDay = (at: number): string => format.isoDay(this.timeZone, at)
  money = (amount: string, currency: string | null): string => format.money(this.locale, amount, currency)
  momentLong = (at: number): string => format.momentLong(this.locale, this.timeZone, at)
  dateTime = (at: number): string => format.dateTime(this.locale, this.timeZone, at)

  async #use(language: Language): Promise<void> {
    this.#wanted = language
    const { default: words } = await WORDS[language]()
    // Words that are not wanted any more are better than none: the page begins with them, and goes on with the others.
    if (this.#wanted !== language && this.#words) return
    this.#words = words
    this.#language = language
    document.documentElement.lang = language
  }
}

export const i18n = new I18n()
export { duration, fill, isoDuration } from './format'
