/** The address bar: what is shown has an address, and the address shows it. */

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

  /** Another page with the same query: filters are kept while a panel opens and closes. */
  go(to: string, { replace = false } = {}): void {
    this.#show(to + this.search, replace)
  }

  /** The same page with another query; not a step for the Back button. */
  query(text: string): void {
    this.#show(this.path + (text && `?${text}`), true)
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
