/** Light, dark, or as the system; one attribute on the page's root says which holds. */
export const THEMES = ['light', 'dark', 'system'] as const
export type ThemeName = (typeof THEMES)[number]

const STORED = 'callfloor.theme'
export const isTheme = (value: unknown): value is ThemeName => THEMES.some((one) => one === value)

class Theme {
  #chosen = $state<ThemeName>('system')
  readonly #system = globalThis.matchMedia?.('(prefers-color-scheme: dark)')

  constructor() {
    const stored = globalThis.localStorage?.getItem(STORED)
    if (isTheme(stored)) this.#chosen = stored
    this.#system?.addEventListener('change', () => this.#paint())
    this.#paint()
  }

  get chosen(): ThemeName {
    return this.#chosen
  }

  choose(theme: ThemeName): void {
    localStorage.setItem(STORED, theme)
    this.#chosen = theme
    this.#paint()
  }

  /** What the user's record says, unless this browser was told otherwise. */
  suggest(theme: string | null): void {
    if (localStorage.getItem(STORED) || !isTheme(theme)) return
    this.#chosen = theme
    this.#paint()
  }

  #paint(): void {
    const dark = this.#chosen === 'dark' || (this.#chosen === 'system' && !!this.#system?.matches)
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  }
}

export const theme = new Theme()
