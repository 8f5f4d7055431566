/** One thing asked of the server, and asked again: what was found stays while the next answer is on its way. */
import { ApiError, ask, UnreachableError } from '../../live/rest'

export type FetchFault = 'ended' | 'missing' | 'forbidden' | 'unreachable' | 'failed'

export class Fetched<T> {
  value = $state.raw<T>()
  fault = $state<FetchFault>()
  /** The number under which the server has it in its log. */
  faultId = $state<string>()
  /** The value is of another question than the one that was asked last. */
  old = $state(false)
  #path: string | undefined
  #abort: AbortController | undefined

  /** @param path what `open` asks for, where there is only one thing to ask */
  constructor(private readonly path = '') {}

  /** Asks, unless it was asked before. */
  open(): void {
    void this.ask(this.path)
  }

  /** Asks where the path is another; `again` asks in any case. */
  async ask(path: string, { again = false } = {}): Promise<void> {
    if (path === this.#path && !again) return
    this.old = path !== this.#path
    this.#path = path
    this.#abort?.abort()
    const abort = (this.#abort = new AbortController())
    try {
      const value = await ask<T>('GET', path, undefined, abort.signal)
      if (abort.signal.aborted) return
      this.value = value
      this.old = false
      this.fault = this.faultId = undefined
    } catch (error) {
      if (!abort.signal.aborted) this.#refused(error)
    }
  }

  async again(): Promise<void> {
    if (this.#path !== undefined) await this.ask(this.#path, { again: true })
  }

  stop(): void {
    this.#abort?.abort()
  }

  #refused(error: unknown): void {
    this.faultId = error instanceof ApiError ? error.requestId : undefined
    if (error instanceof UnreachableError) this.fault = 'unreachable'
    else if (error instanceof ApiError && error.status === 401) this.fault = 'ended'
    else if (error instanceof ApiError && error.status === 404) this.fault = 'missing'
    else if (error instanceof ApiError && error.status === 403) this.fault = 'forbidden'
    else this.fault = 'failed'
    // What one may not see any more is not left on the screen.
    if (this.fault === 'missing' || this.fault === 'forbidden') this.value = undefined
  }
}
