/** The address bar: what is shown has an address, and the address shows it. */
import { onlyOf } from './live/query'

/** What a panel over a page keeps in the query; the page's own filters leave it alone. */
export const PANEL_KEYS: readonly string[] = ['profile', 'period', 'call', 'entry', 'at']

class Router {
  path = $state(location.pathname)
  search = $state(location.search)

  constructor() {
    addEventListener('popstate', () => this.#read())
  }

  /** The path's parts, decoded: `/calls/a%2Fb` is `['calls', 'a/b']`. */
  get parts(): string[] {
    return this.path.split('/').filter(Boolean).map(decode)
  }

  /** Another page, by default with the same query: filters are kept while a panel opens and closes. */
  go(to: string, { replace = false, search = this.search } = {}): void {
    const query = search.replace(/^\?/, '')
    this.#show(to + (query && `?${query}`), replace)
  }

  /** The same page with other filters; not a step for the Back button. */
  query(text: string): void {
    const panel = onlyOf(this.search, (name) => PANEL_KEYS.includes(name))
    this.go(this.path, { replace: true, search: [text, panel].filter(Boolean).join('&') })
  }

  #show(target: string, replace: boolean): void {
    if (replace) history.replaceState(null, '', target)
    else history.pushState(null, '', target)
    this.#read()
  }

  #read(): void {
    this.path = location.pathname
    this.search = location.search
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const router = new Router()
export const callPath = (id: string): string => `/calls/${encodeURIComponent(id)}`
