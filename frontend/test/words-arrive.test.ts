import { expect, test, vi } from 'vitest'

const arrives: Record<string, () => void> = {}
const words = (language: string) =>
  new Promise((resolve) => (arrives[language] = () => resolve({ default: { said: language } })))
vi.mock('virtual:words/ru', () => words('ru'))
vi.mock('virtual:words/en', () => words('en'))
vi.mock('virtual:words/pl', () => words('pl'))

/** A page whose browser speaks Russian. */
async function page() {
  vi.resetModules()
  localStorage.clear()
  vi.stubGlobal('navigator', { languages: ['ru-RU'] })
  const { i18n } = await import('../src/i18n/index.svelte')
  await vi.waitFor(() => expect(arrives).toHaveProperty('ru'))
  return i18n
}

const said = (i18n: { t: unknown }) => (i18n.t as { said: string }).said

test.each([
  ['ru', 'en'],
  ['en', 'ru'],
])('the page has words as soon as it is ready, and then those of its user: %s comes first', async (first, second) => {
  const i18n = await page()
  const suggested = i18n.suggest('en')
  await vi.waitFor(() => expect(arrives).toHaveProperty('en'))
  arrives[first]?.()
  if (first === 'ru') {
    await i18n.ready
    expect(said(i18n)).toBe('ru')
  }
  arrives[second]?.()
  await Promise.all([i18n.ready, suggested])
  expect([said(i18n), i18n.language]).toEqual(['en', 'en'])
})
