/** A list that a section shows: loaded, and loaded anew after each change of it. */
import { ApiError } from '../../live/rest'

export class Loaded<T> {
  value = $state.raw<T>()
  failed = $state(false)
  faultId = $state<string>()
  #turn = 0

  constructor(private readonly fetch: () => Promise<T>) {}

  async load(): Promise<void> {
    const turn = ++this.#turn
    try {
      const value = await this.fetch()
      if (turn !== this.#turn) return
      this.value = value
      this.failed = false
    } catch (error) {
      if (turn !== this.#turn) return
      this.failed = true
      this.faultId = error instanceof ApiError ? error.requestId : undefined
    }
  }

  again = (): Promise<void> => this.load()
}
