/** The Reports page's lists, kept up to date while it is open. */
import {
  ended,
  failureOf,
  type Delivery,
  type Failure,
  type Job,
  type ReportsApi,
  type Schedule,
} from '../../live/reports'

const QUICK_MS = 1500
const SLOW_MS = 10_000

export class ReportsView {
  schedules = $state.raw<Schedule[]>()
  deliveries = $state.raw<Delivery[]>()
  files = $state.raw<Job[]>()
  failure = $state.raw<Failure>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #open = false

  constructor(readonly api: ReportsApi) {}

  open(): () => void {
    this.#open = true
    void this.load()
    return () => {
      this.#open = false
      clearTimeout(this.#timer)
    }
  }

  async load(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      const [schedules, deliveries, files] = await Promise.all([
        this.api.schedules(),
        this.api.deliveries(),
        this.api.jobs(),
      ])
      Object.assign(this, { schedules, deliveries, files, failure: undefined })
    } catch (error) {
      this.failure = failureOf(error)
    }
    if (this.#open) this.#timer = setTimeout(() => void this.load(), this.#moving ? QUICK_MS : SLOW_MS)
  }

  /** Something is on its way. */
  get #moving(): boolean {
    const letters = this.deliveries?.some((one) => ['making', 'sending'].includes(one.state)) ?? false
    return letters || (this.files?.some((one) => !ended(one)) ?? false)
  }

  /** Does it, tells what failed, and looks again. */
  async act(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
    } catch (error) {
      this.failure = failureOf(error)
      return false
    }
    await this.load()
    return true
  }
}
