/** Code that comes when it is first needed, and what to do when the server has other code by now. */

/** After an upgrade the server no longer has the scripts of the page that is open: then the page is fetched anew. */
export async function late<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (await replaced()) location.reload()
    throw error
  }
}

/** The page that the server would send now is not the one that is open. */
async function replaced(): Promise<boolean> {
  const own = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src')
  try {
    const answer = await fetch('/', { cache: 'no-store' })
    return !!own && answer.ok && !(await answer.text()).includes(own)
  } catch {
    return false
  }
}

/** Fetches code that is likely to be wanted next, once the page has nothing better to do. */
export function ahead(loads: readonly (() => Promise<unknown>)[]): void {
  const begin = () => {
    for (const load of loads) load().catch(() => undefined)
  }
  if ('requestIdleCallback' in globalThis) requestIdleCallback(begin, { timeout: 5000 })
  else setTimeout(begin, 1000)
}
