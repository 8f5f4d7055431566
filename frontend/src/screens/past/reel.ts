/** What is going to be played: fetched ahead, handed out as its time comes. */
import type { PastApi, PastFrame, Speed } from '../../live/past'

/** So many seconds of playing are kept ahead, and so many are asked for at once. */
const AHEAD_S = 8
const ASKED_S = 20
const LEAST_S = 20
/** Frames in a second of playing: more than this nobody sees. */
const FRAMES = 5

export class Reel {
  /** All that changed up to here is known. */
  reached = 0
  #frames: PastFrame[] = []
  #fetching = false

  constructor(private readonly api: PastApi) {}

  /** Another moment, or another speed: what was fetched is of no use. */
  forget(reached: number): void {
    this.#frames = []
    this.reached = reached
  }

  /** What has happened by this moment, in order, and was not handed out yet. */
  take(at: number): PastFrame[] {
    const later = this.#frames.findIndex((frame) => frame.at > at)
    return this.#frames.splice(0, later < 0 ? this.#frames.length : later)
  }

  /** Asks for what comes next, where it will be wanted soon; whether anything was fetched. */
  async fetch(shownAt: number, speed: Speed, latest: number, signal?: AbortSignal): Promise<boolean> {
    const from = this.reached
    if (this.#fetching || from - shownAt > speed * AHEAD_S || from >= latest) return false
    this.#fetching = true
    try {
      const to = Math.min(from + Math.max(LEAST_S, speed * ASKED_S), latest)
      const every = speed > 2 ? speed / FRAMES : 0
      const { frames, reached } = await this.api.changes(from, to, every, signal)
      // Meanwhile somebody may have gone elsewhere.
      if (signal?.aborted || this.reached !== from) return false
      this.#frames.push(...frames)
      this.reached = reached
      return true
    } finally {
      this.#fetching = false
    }
  }
}
