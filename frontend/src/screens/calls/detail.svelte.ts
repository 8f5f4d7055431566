/** The story of one call: fetched when its panel opens, and again whenever the call changes. */
import { ApiError, ask } from '../../live/rest'
import type { CallRecord, JournalCall, LiveCall, LiveCallDetail, StoryStep } from '../../live/frames'
import type { FloorView } from '../../live/floor.svelte'

const path = (live: FloorView, kind: 'live-calls' | 'past/calls' | 'calls', id: string) =>
  `/projects/${live.project.id}/${kind}/${encodeURIComponent(id)}`

/** The row is written in batches, a moment after the call has ended. */
const RECORD_TRIES = [0, 300, 700, 1500, 3000, 6000]

export class CallDetail {
  call = $state.raw<LiveCall>()
  story = $state.raw<readonly StoryStep[]>([])
  record = $state.raw<CallRecord>()
  phase = $state<'loading' | 'live' | 'ended' | 'missing' | 'failed'>('loading')
  #asked = 0
  #abort: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly live: FloorView,
    private readonly id: string,
  ) {}

  /** The live call as the stream has it now; undefined where it is not (or no longer) on the floor. */
  follow(call: LiveCall | undefined): void {
    if (call) {
      this.call = call
      void this.#fetchStory()
    } else if (this.live.past) {
      this.stop()
      this.call = undefined
      this.phase = 'missing'
    } else void this.#fetchRecord(0)
  }

  retry(): void {
    this.phase = 'loading'
    this.follow(this.live.call(this.id))
  }

  stop(): void {
    this.#asked += 1
    this.#abort?.abort()
    clearTimeout(this.#timer)
  }

  /** Only the newest question's answer counts. */
  #begin(): { turn: number; signal: AbortSignal } {
    this.stop()
    this.#abort = new AbortController()
    return { turn: this.#asked, signal: this.#abort.signal }
  }

  async #fetchStory(): Promise<void> {
    const { turn, signal } = this.#begin()
    try {
      const { past, now } = this.live
      const where = path(this.live, past ? 'past/calls' : 'live-calls', this.id) + (past ? `?at=${now}` : '')
      const answer = await ask<LiveCallDetail>('GET', where, undefined, signal)
      if (turn !== this.#asked) return
      this.story = answer.story
      this.phase = 'live'
    } catch (error) {
      if (turn !== this.#asked) return
      // It may have ended in between: the stream says so in a moment.
      if (!(error instanceof ApiError && error.status === 404)) this.phase = 'failed'
    }
  }

  async #fetchRecord(attempt: number): Promise<void> {
    const { turn, signal } = this.#begin()
    if (this.call) this.phase = 'ended'
    try {
      const { record } = await ask<JournalCall>('GET', path(this.live, 'calls', this.id), undefined, signal)
      if (turn !== this.#asked) return
      this.record = record
      this.story = record.story
      this.phase = 'ended'
    } catch (error) {
      if (turn !== this.#asked) return
      this.#again(error, attempt)
    }
  }

  #again(error: unknown, attempt: number): void {
    const missing = error instanceof ApiError && error.status === 404
    const wait = RECORD_TRIES[attempt + 1]
    // Never seen live: it is not being written, there is no such call.
    if (missing && (!this.call || wait === undefined)) this.phase = this.call ? 'failed' : 'missing'
    else if (!missing || wait === undefined) this.phase = 'failed'
    else this.#timer = setTimeout(() => void this.#fetchRecord(attempt + 1), wait)
  }
}
