/** Time zones and countries to choose from, as the browser knows them. */
import { getCountries } from 'libphonenumber-js'

/** Every zone, the browser's own among them: some name it by an older name than the list. */
export function zones(): string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  return [...new Set([...Intl.supportedValuesOf('timeZone'), own, 'UTC'])].toSorted()
}

export interface Country {
  id: string
  name: string
}

/** Every country whose numbers can be read, by its name in the page's language. */
export function countries(locale: string): Country[] {
  const names = new Intl.DisplayNames(locale, { type: 'region' })
  return getCountries()
    .map((id) => ({ id: id as string, name: names.of(id) ?? id }))
    .toSorted((a, b) => a.name.localeCompare(b.name, locale))
}

const OF_LANGUAGE: Record<string, string> = { uk: 'UA', ru: 'RU', pl: 'PL', en: 'GB' }

/** What the browser's languages say: `uk-UA` says Ukraine, `pl` says Poland. */
export function guessedCountry(languages: readonly string[] = navigator.languages): string {
  for (const language of languages) {
    const region = new Intl.Locale(language).region
    if (region && /^[A-Z]{2}$/.test(region)) return region
  }
  return OF_LANGUAGE[languages[0]?.slice(0, 2) ?? ''] ?? 'GB'
}
