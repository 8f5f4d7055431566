/** One sound: what is drawn of it, where it is played, and what was refused. The sound itself is fetched when it is played. */
import { ApiError, ask, UnreachableError } from '../../live/rest'
import type { components } from '../../live/api'
import { Balance } from './balance'

export type Waveform = components['schemas']['Waveform']

const STORED = 'callfloor.player'
export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2] as const

/** Two at once nobody understands. */
let heard: HTMLAudioElement | undefined

export class Playback {
  wave = $state.raw<Waveform>()
  /** An error's id, `unreachable`, or `other`. */
  refused = $state<string>()
  requestId = $state<string>()
  /** The format that cannot be played. */
  format = $state<string>()
  /** The waveform is here, and the sound does not come. */
  stopped = $state(false)
  playing = $state(false)
  waiting = $state(false)
  at = $state(0)
  rate = $state(1)
  volume = $state(1)
  /** -1 is left alone, 1 is right alone. */
  balance = $state(0)
  readonly audio = new Audio()
  #abort = new AbortController()
  #frame = 0
  #balance: Balance | undefined

  constructor(
    private readonly src: string,
    private readonly peaks: string,
  ) {
    const { rate, volume } = remembered()
    this.rate = rate
    this.volume = volume
    this.audio.preload = 'none'
    this.#listen()
  }

  get duration(): number {
    return this.wave?.duration_s ?? 0
  }

  async load(): Promise<void> {
    this.refused = this.requestId = undefined
    this.stopped = false
    try {
      this.wave = await ask<Waveform>('GET', this.peaks.replace(/^\/api\/v1/, ''), undefined, this.#abort.signal)
    } catch (error) {
      if (this.#abort.signal.aborted) return
      this.refused =
        error instanceof ApiError ? error.errorId : error instanceof UnreachableError ? 'unreachable' : 'other'
      this.requestId = error instanceof ApiError ? error.requestId : undefined
      this.format = error instanceof ApiError ? String(error.details.format ?? '') : undefined
    }
  }

  toggle(): void {
    if (this.playing) this.audio.pause()
    else void this.play()
  }

  async play(): Promise<void> {
    const audio = this.audio
    if (heard !== audio) heard?.pause()
    heard = audio
    this.stopped = false
    if (!audio.src) {
      audio.src = this.src
      audio.playbackRate = audio.defaultPlaybackRate = this.rate
      audio.volume = this.volume
    }
    if (this.at >= this.duration) this.at = 0
    audio.currentTime = this.at
    this.waiting = true
    try {
      await audio.play()
    } catch {
      // Paused before it began, or refused: the element's own events tell which.
    }
  }

  seek(to: number): void {
    this.at = to
    if (this.audio.src) this.audio.currentTime = to
  }

  setRate(rate: number): void {
    this.rate = this.audio.playbackRate = this.audio.defaultPlaybackRate = rate
    this.#remember()
  }

  setVolume(volume: number): void {
    this.volume = this.audio.volume = volume
    this.#remember()
  }

  setBalance(balance: number): void {
    this.balance = balance
    this.#balance ??= new Balance(this.audio)
    this.#balance.set(balance)
  }

  /** The sound did not come: perhaps the file is gone, so the waveform is asked for again, too. */
  async again(): Promise<void> {
    this.audio.removeAttribute('src')
    await this.load()
    if (!this.refused) await this.play()
  }

  end(): void {
    this.#abort.abort()
    cancelAnimationFrame(this.#frame)
    this.audio.pause()
    this.audio.removeAttribute('src')
    this.#balance?.close()
    if (heard === this.audio) heard = undefined
  }

  #listen(): void {
    const on = (name: keyof HTMLMediaElementEventMap, call: () => void) =>
      this.audio.addEventListener(name, call, { signal: this.#abort.signal })
    on('play', () => {
      this.playing = true
      this.#follow()
    })
    on('playing', () => (this.waiting = false))
    on('waiting', () => (this.waiting = true))
    on('pause', () => {
      this.playing = this.waiting = false
      this.#read()
    })
    on('ended', () => (this.at = this.duration))
    on('seeked', () => this.#read())
    on('error', () => {
      this.playing = this.waiting = false
      if (this.audio.hasAttribute('src')) this.stopped = true
    })
  }

  #follow(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => {
      this.#read()
      if (this.playing) this.#follow()
    })
  }

  #read(): void {
    // Until the head has come, the element does not know where it will begin.
    if (this.audio.readyState > 0 && !this.audio.seeking) this.at = Math.min(this.audio.currentTime, this.duration)
  }

  #remember(): void {
    localStorage.setItem(STORED, JSON.stringify({ rate: this.rate, volume: this.volume }))
  }
}

/** As it was last set in this browser. */
function remembered(): { rate: number; volume: number } {
  try {
    const { rate, volume } = JSON.parse(localStorage.getItem(STORED) ?? '{}')
    return {
      rate: SPEEDS.find((one) => one === rate) ?? 1,
      volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : 1,
    }
  } catch {
    return { rate: 1, volume: 1 }
  }
}
