/** The address bar's query as a person reads and writes it: `department=1,3&status=online&sort=-since`. */

export interface QuerySort<K extends string> {
  key: K
  descending: boolean
}

/** What a query says, value by value. What is not understood is left out: an old link still opens. */
export class Query {
  readonly #params: URLSearchParams

  constructor(search: string) {
    this.#params = new URLSearchParams(search)
  }

  text(name: string): string {
    return this.#params.get(name) ?? ''
  }

  /** Names that may have commas of their own. */
  list(name: string): string[] {
    return this.#split(name).map(unescapeComma)
  }

  numbers(name: string): number[] {
    return this.#split(name).map(Number).filter(Number.isSafeInteger)
  }

  /** Those of a closed list, in the list's order. */
  known<T extends string>(name: string, all: readonly T[]): T[] {
    const given = this.#split(name)
    return all.filter((value) => given.includes(value))
  }

  sort<K extends string>(keys: readonly K[]): QuerySort<K> | undefined {
    const given = this.text('sort')
    const key = keys.find((one) => one === given.replace(/^-/, ''))
    return key && { key, descending: given.startsWith('-') }
  }

  #split(name: string): string[] {
    return this.#params
      .getAll(name)
      .flatMap((value) => value.split(','))
      .filter(Boolean)
  }
}

type Value = string | readonly (string | number)[] | QuerySort<string> | undefined

/** The parts that say something, in the order given; empty where none does. */
export function writeQuery(parts: Readonly<Record<string, Value>>): string {
  return Object.entries(parts)
    .map(([name, value]) => [name, written(value)])
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${encode(value ?? '')}`)
    .join('&')
}

/** The query with one of its values another, and all others as they stand. */
export function withText(search: string, name: string, value: string): string {
  const others = onlyOf(search, (one) => one !== name)
  return [value && `${name}=${encode(value)}`, others].filter(Boolean).join('&')
}

/** The query's parts of these names only, as they stand. */
export const onlyOf = (search: string, keeps: (name: string) => boolean): string =>
  search
    .replace(/^\?/, '')
    .split('&')
    .filter((part) => part && keeps(part.split('=')[0] ?? ''))
    .join('&')

function written(value: Value): string {
  if (value === undefined || typeof value === 'string') return value ?? ''
  if ('key' in value) return `${value.descending ? '-' : ''}${value.key}`
  return value.map((one) => escapeComma(String(one))).join(',')
}

const encode = (value: string) => encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%20', '+')

// A name's own comma must not split the list.
const escapeComma = (value: string) => value.replaceAll('%', '%25').replaceAll(',', '%2C')
const unescapeComma = (value: string) => value.replaceAll('%2C', ',').replaceAll('%25', '%')
