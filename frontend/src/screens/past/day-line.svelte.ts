/** What the time line of a day is drawn of: asked for when the day is looked at, and again as today grows. */
import { i18n } from '../../i18n/index.svelte'
import { bounds, type PastApi, type PastLine } from '../../live/past'

const STEP_S = 120
const AGAIN_MS = 30_000

export class DayLine {
  day = $state('')
  found = $state.raw<PastLine>()
  /** Since when anything is known at all. */
  first = $state<number>()
  #abort: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly api: PastApi) {}

  readonly bounds = $derived.by(() => (this.day ? bounds(this.day, i18n.timeZone) : { begin: 0, end: 1 }))

  /** The day that is looked at is this one. */
  see(day: string): void {
    if (day === this.day) return
    this.day = day
    this.found = undefined
    void this.#ask()
  }

  stop(): void {
    this.#abort?.abort()
    clearTimeout(this.#timer)
    this.day = ''
    this.found = undefined
  }

  async #ask(): Promise<void> {
    this.#abort?.abort()
    clearTimeout(this.#timer)
    const { signal } = (this.#abort = new AbortController())
    const { begin, end } = this.bounds
    try {
      const found = await this.api.line(begin, end, STEP_S, signal)
      if (signal.aborted) return
      this.found = found
      this.first = found.first ?? undefined
      if (found.now < end) this.#timer = setTimeout(() => void this.#ask(), AGAIN_MS)
    } catch {
      // A time line without its picture still moves; it is asked for again.
      if (!signal.aborted) this.#timer = setTimeout(() => void this.#ask(), AGAIN_MS)
    }
  }
}
