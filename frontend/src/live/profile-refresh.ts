/** When to fetch again: soon after something has changed, never more than once in a few seconds, and once more after. */

/** Changes come in clusters: who hangs up changes a call, a row and a status. */
const SOON_MS = 400
const APART_MS = 3000

export class Refresher {
  #timer: ReturnType<typeof setTimeout> | undefined
  #due = 0
  #last = -Infinity
  #again = false

  /** @param now a clock in ms that only goes forward */
  constructor(
    private readonly fetch: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Something has changed. What is written down a moment later is seen by a second look. */
  touch(): void {
    this.#again = true
    this.#plan(SOON_MS)
  }

  /** It was fetched just now, for another reason. */
  fetched(): void {
    this.#last = this.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#again = false
  }

  #plan(after: number): void {
    const due = Math.max(this.now() + after, this.#last + APART_MS)
    if (this.#timer !== undefined && this.#due <= due) return
    clearTimeout(this.#timer)
    this.#due = due
    this.#timer = setTimeout(() => this.#run(), due - this.now())
  }

  #run(): void {
    this.#timer = undefined
    this.#last = this.now()
    this.fetch()
    if (!this.#again) return
    this.#again = false
    this.#plan(APART_MS)
  }
}
