/** The past that is looked at: which moment, what was then, and how it plays. One for the live pages of a shell. */
import { i18n } from '../../i18n/index.svelte'
import type { LiveFloor } from '../../live/floor.svelte'
import { dayOf } from '../../live/profile-period'
import { begun, PastApi, played, readAt, withMoment, type Gap, type Speed, type Subject } from '../../live/past'
import { onlyOf } from '../../live/query'
import { ApiError } from '../../live/rest'
import { byCall, type LiveSupervision } from '../../live/supervisions'
import type { Floor } from '../../live/store'
import { router } from '../../router.svelte'
import { LIVE_PAGES } from '../shell/pages'
import { DayLine } from './day-line.svelte'
import { Reel } from './reel'

const BEAT_MS = 200
/** Where looking back begins: long enough ago that something is to be seen. */
const BEGIN_S = 300
/** What is being written down just now cannot be looked at yet. */
const LATEST_S = 2

export class Past {
  readonly api: PastApi
  readonly line: DayLine
  /** Where the playhead is: wished for, and perhaps on its way. */
  at = $state(0)
  /** The moment that is shown. */
  shownAt = $state(0)
  floor = $state.raw<Floor>()
  /** Nobody watched at the moment that is shown. */
  gap = $state.raw<Gap>()
  playing = $state(false)
  speed = $state<Speed>(10)
  phase = $state<'loading' | 'there' | 'failed'>('loading')
  /** There is no event this way. */
  end = $state<'next' | 'previous'>()
  /** Counts the jumps: what was shown before a jump does not fade into what is after it. */
  turn = $state(0)
  /** What a screen reader is told; not while it plays. */
  spoken = $state('')
  #abort: AbortController | undefined
  readonly #reel: Reel
  #beat: ReturnType<typeof setInterval> | undefined
  #from = { at: 0, clock: 0 }

  constructor(readonly live: LiveFloor) {
    this.api = new PastApi(live.project.id)
    this.line = new DayLine(this.api)
    this.#reel = new Reel(this.api)
  }

  /** The moment of the address, on the pages that have one. */
  readonly wanted = $derived.by(() => (LIVE_PAGES.includes(router.parts[0] ?? '') ? readAt(router.search) : undefined))
  readonly on = $derived.by(() => this.wanted !== undefined)
  readonly subject = $derived.by<Subject>(() => (router.parts[0] === 'employees' ? 'employees' : 'calls'))
  readonly day = $derived.by(() => dayOf(this.at, i18n.timeZone))
  readonly #watched = $derived.by(() => byCall(this.floor?.supervisions))

  /** The last moment there is to be looked at. */
  get latest(): number {
    return Math.floor(this.live.clock.now()) - LATEST_S
  }

  watching(callId: string): readonly LiveSupervision[] {
    return this.#watched.get(callId) ?? []
  }

  // --- there and back ---------------------------------------------------------------------------------------------

  /** Look back, to a little while ago. */
  open(): void {
    this.#address(this.latest - BEGIN_S, false)
  }

  leave(): void {
    this.pause()
    router.go(router.path, { search: onlyOf(router.search, (name) => name !== 'at') })
  }

  /** The address says another moment than is shown: be there. Called whenever it changes. */
  follow(wanted: number | undefined): void {
    if (wanted === undefined) this.#stop()
    else if (wanted !== Math.floor(this.at) || !this.shownAt) void this.#show(wanted)
  }

  stop(): void {
    this.#stop()
    this.line.stop()
  }

  #stop(): void {
    this.pause()
    this.#abort?.abort()
    this.at = this.shownAt = 0
    this.floor = undefined
    this.gap = undefined
    this.phase = 'loading'
    this.end = undefined
    this.spoken = ''
    this.turn += 1
  }

  // --- a moment ---------------------------------------------------------------------------------------------------

  /** Be at a moment; `settle` writes it into the address. */
  seek(at: number, settle = true): void {
    this.pause(false)
    const there = Math.max(this.line.first ?? 0, Math.min(at, this.latest))
    if (settle) this.#address(there, true)
    void this.#show(there)
  }

  /** By so many seconds; ending at now is being live again. */
  move(seconds: number): void {
    if (this.at + seconds > this.latest) this.leave()
    else this.seek(Math.floor(this.at) + seconds)
  }

  /** To the next event, or the one before. */
  async step(way: 'next' | 'previous'): Promise<void> {
    this.pause(false)
    const signal = this.#begin()
    let from = this.at
    try {
      // An answer may say that it has looked so far, and found nothing: a quiet night.
      for (;;) {
        const { at, searched } = await this.api.event(from, way, this.subject, signal)
        if (signal.aborted) return
        if (at !== null) {
          // The second that has the event, as addresses have seconds; forward it must be a later one.
          this.seek(Math.max(Math.ceil(at), way === 'next' ? Math.floor(this.at) + 1 : 0))
          this.end = undefined
          return
        }
        if (searched === null) break
        from = searched
      }
      this.end = way
      this.spoken = i18n.t.past.noMore[way]
    } catch {
      if (!signal.aborted) this.phase = 'failed'
    }
  }

  async #show(at: number): Promise<void> {
    const signal = this.#begin()
    this.at = at
    this.end = undefined
    this.line.see(this.day)
    try {
      const answer = await this.api.floor(at, signal)
      if (signal.aborted) return
      // What has not come yet was not overlooked by anybody: the last moment there is is shown.
      if (!answer.snapshot && at > this.latest) return this.seek(this.latest)
      this.#reel.forget(at)
      this.floor = begun(answer)
      this.gap = answer.snapshot
        ? undefined
        : { from: answer.unknown_from ?? undefined, to: answer.unknown_to ?? undefined }
      this.shownAt = at
      this.phase = 'there'
      this.turn += 1
      this.#say()
    } catch (error) {
      if (signal.aborted) return
      this.phase = 'failed'
      if (error instanceof ApiError && error.status === 401) this.leave()
    }
  }

  retry = (): void => void this.#show(this.at)

  #begin(): AbortSignal {
    this.#abort?.abort()
    this.#abort = new AbortController()
    return this.#abort.signal
  }

  #say(): void {
    if (this.playing) return
    const calls = i18n.amount(i18n.t.amount.calls, this.floor?.calls.size ?? 0)
    this.spoken = `${i18n.momentLong(this.shownAt)}. ${this.gap ? i18n.t.past.unknown : calls}`
  }

  #address(at: number, replace: boolean): void {
    router.go(router.path, { replace, search: withMoment(router.search, at) })
  }

  // --- playing ----------------------------------------------------------------------------------------------------

  toggle(): void {
    if (this.playing) this.pause()
    else this.play()
  }

  play(): void {
    if (this.playing || !this.shownAt) return
    this.playing = true
    this.end = undefined
    this.spoken = ''
    this.#reel.forget(this.shownAt)
    this.#anchor()
    this.#beat = setInterval(() => this.#tick(), BEAT_MS)
    this.#tick()
  }

  pause(settle = true): void {
    if (!this.playing) return
    this.playing = false
    clearInterval(this.#beat)
    if (settle && this.on) this.#address(this.shownAt, true)
    this.#say()
  }

  /** Frames of one speed are too coarse, or too many, for another. */
  choose(speed: Speed): void {
    this.speed = speed
    this.#reel.forget(this.shownAt)
    this.#anchor()
  }

  #anchor(): void {
    this.#from = { at: this.shownAt, clock: performance.now() }
  }

  #tick(): void {
    const wished = this.#from.at + ((performance.now() - this.#from.clock) / 1000) * this.speed
    const at = Math.min(wished, this.#reel.reached)
    let { floor, gap } = this
    for (const frame of this.#reel.take(at)) {
      floor = played(floor, frame)
      gap = floor ? undefined : { from: frame.at, to: undefined }
    }
    this.floor = floor
    this.gap = gap
    this.at = this.shownAt = at
    this.line.see(this.day)
    // What has not come yet is waited for: time stands still meanwhile, and goes on from there.
    if (wished > at) this.#anchor()
    if (at >= this.latest) this.leave()
    else void this.#fetch()
  }

  async #fetch(): Promise<void> {
    try {
      if (await this.#reel.fetch(this.shownAt, this.speed, this.latest, this.#abort?.signal)) this.phase = 'there'
    } catch {
      if (!this.#abort?.signal.aborted) this.phase = 'failed'
    }
  }
}
