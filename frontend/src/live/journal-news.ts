/** Which calls have left the floor and are not in the journal yet: when to ask for them, and for how long. */
import type { LiveCall } from './frames'

/** The row is written in batches, a moment after the call has ended; some never match the filter. */
const TRIES_MS = [400, 1500, 4000]
/** However many calls end, the journal is asked no more often. */
export const APART_MS = 1000

export interface Ended {
  id: string
  startedAt: number
}

interface Awaited extends Ended {
  due: number
  tries: number
}

export class JournalNews {
  #floor: ReadonlyMap<string, LiveCall> | undefined
  #awaited: Awaited[] = []
  #last = -Infinity

  /**
   * The floor as it is now; the calls that have left it since are awaited.
   *
   * @param now a clock in ms that only goes forward
   * @param wanted tells a call that may be in the journal as it is asked
   */
  follow(floor: ReadonlyMap<string, LiveCall>, now: number, wanted: (call: LiveCall) => boolean): void {
    const before = this.#floor
    this.#floor = floor
    if (!before || before === floor) return
    for (const call of before.values())
      if (!floor.has(call.id) && wanted(call)) {
        const due = now + (TRIES_MS[0] ?? 0)
        this.#awaited.push({ id: call.id, startedAt: call.started_at, due, tries: 0 })
      }
  }

  /** When to ask next, by the same clock; undefined while nothing is awaited. */
  get due(): number | undefined {
    if (!this.#awaited.length) return undefined
    return Math.max(this.#last + APART_MS, Math.min(...this.#awaited.map((one) => one.due)))
  }

  /** The journal is asked now: for these, each of which is asked for again unless it was found. */
  take(now: number): Ended[] {
    this.#last = now
    const due = this.#awaited.filter((one) => one.due <= now)
    for (const one of due) {
      one.tries += 1
      one.due = now + (TRIES_MS[one.tries] ?? 0)
    }
    this.#awaited = this.#awaited.filter((one) => one.tries < TRIES_MS.length)
    return due.map(({ id, startedAt }) => ({ id, startedAt }))
  }

  /** These are in the journal. */
  found(has: (id: string) => boolean): void {
    this.#awaited = this.#awaited.filter((one) => !has(one.id))
  }

  forget(): void {
    this.#awaited = []
  }
}
