import { describe, expect, it } from 'vitest'
import { audit } from '../src/i18n/audit'
import { employees } from '../src/i18n/employees'
import { en } from '../src/i18n/en'
import { journal } from '../src/i18n/journal'
import { people } from '../src/i18n/people'
import { pl } from '../src/i18n/pl'
import { plural, type Forms } from '../src/i18n/plural'
import { ru } from '../src/i18n/ru'
import { STORY_STEPS, story } from '../src/i18n/story'
import { supervision } from '../src/i18n/supervision'
import { uk } from '../src/i18n/uk'

type Tree = { readonly [key: string]: string | Tree }

function texts(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : texts(value, `${path}${key}.`),
  )
}

const places = (text: string) =>
  [...text.matchAll(/\{\w+\}/g)]
    .map((one) => one[0])
    .toSorted()
    .join()

describe('every language', () => {
  it.each([
    ['ru', ru],
    ['uk', uk],
    ['pl', pl],
  ] as const)('%s says something everywhere, with the same places to fill as English', (_name, dictionary) => {
    const theirs = new Map(texts(dictionary))
    for (const [path, text] of texts(en)) {
      expect(theirs.get(path), path).toBeTruthy()
      expect(places(theirs.get(path) ?? ''), path).toBe(places(text))
    }
  })

  it.each(['ru', 'pl', 'uk'] as const)('%s has every word of the employees, with the same places to fill', (id) => {
    for (const subject of [people, employees, journal, supervision, audit]) {
      const theirs = new Map(texts(subject[id]))
      for (const [path, text] of texts(subject.en)) {
        expect(theirs.get(path), path).toBeTruthy()
        expect(places(theirs.get(path) ?? ''), path).toBe(places(text))
      }
    }
  })

  it('tells every step of a story', () => {
    for (const words of Object.values(story)) expect(Object.keys(words)).toEqual([...STORY_STEPS])
  })
})

describe('plurals', () => {
  const cases: [string, Forms, Record<number, string>][] = [
    ['ru', ru.amount.calls, { 1: '1 звонок', 2: '2 звонка', 5: '5 звонков', 11: '11 звонков', 21: '21 звонок' }],
    ['uk', uk.amount.calls, { 1: '1 дзвінок', 4: '4 дзвінки', 12: '12 дзвінків', 31: '31 дзвінок' }],
    ['pl', pl.amount.calls, { 1: '1 połączenie', 3: '3 połączenia', 21: '21 połączeń', 22: '22 połączenia' }],
    ['ru', ru.amount.employees, { 1: '1 сотрудник', 3: '3 сотрудника', 12: '12 сотрудников', 101: '101 сотрудник' }],
    ['uk', uk.amount.devices, { 1: '1 пристрій', 2: '2 пристрої', 5: '5 пристроїв' }],
    ['pl', pl.amount.employees, { 1: '1 pracownik', 2: '2 pracowników', 5: '5 pracowników' }],
    ['en-GB', en.amount.calls, { 0: '0 calls', 1: '1 call', 21: '21 calls' }],
  ]

  it.each(cases)('in %s', (locale, forms, texts) => {
    for (const [n, text] of Object.entries(texts)) expect(plural(locale, forms, Number(n))).toBe(text)
  })

  it('write large numbers as the language does', () => {
    expect(plural('en-GB', en.amount.calls, 1234)).toBe('1,234 calls')
  })
})
