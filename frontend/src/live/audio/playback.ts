/**
 * What comes over a network, played without clicks, as late as it must be and no later. Pure: frames in, samples out.
 *
 * One measure rules the delay: how much was left to play when each frame came, less than nothing where it came too
 * late. The least of the last seconds is held at a small margin by playing up to 4 % faster or 2 % slower, which nobody
 * hears, and by leaving out quiet frames. A margin that was too small grows, and shrinks slowly again. Clocks that
 * differ are evened out by the same.
 */
import { Continuation, FADE_S } from './concealment'
import type { Frame } from './frames'
import { Kernel } from './resampler'

const RING = 16384
const MASK = RING - 1
const FRAME_MS = 20
const LEAST_MARGIN_MS = 8
const FIRST_MARGIN_MS = 12
const MOST_MARGIN_MS = 150
const MARGIN_STEP_MS = 12
const MARGIN_DECAY_MS = 0.75 // a second
/** A gap says that the margin was too small. One as long as this says that nothing was said. */
const PAUSE_MS = 400
/** For how many frames the least of what was left is remembered. */
const REMEMBERED = 100
/** More than this is left out at once: the page was asleep, or the network stood still. */
const MOST_MS = 400
const MADE_AT_ONCE_S = 0.01
const SEAM_S = 0.005
/** Below −50 dB nobody misses a frame that comes when there is too much. */
const QUIET = 0.003
const TOO_MUCH_MS = 20

export interface Quality {
  /** Times that sound was missing, and frames left out because they came too late, since the beginning. */
  gaps: number
  skipped: number
  /** What is held in reserve, and what waits to be played now. */
  marginMs: number
  waitingMs: number
  speed: number
}

export class Playback {
  /** For whoever looks: times that sound was missing, frames left out, what is held in reserve. */
  gaps = 0
  skipped = 0
  marginMs = FIRST_MARGIN_MS

  #rate = 0
  #kernel: Kernel | undefined // none: nothing has come yet
  #rings: Float32Array[] = []
  #end = 0 // of what has come, in samples since the beginning
  #place = 0 // what is played
  #leaving: number | undefined // what was played before a leap, while it is faded out
  #gain = 0
  #playing = false
  #speed = 1
  #made: Continuation[] | undefined // sound that is made up
  #madeMs = 0
  #silentMs = Infinity // since it stopped
  #left: number[] = []
  #gainedMs = 0 // by playing faster; what is remembered as left has become less by it since

  constructor(private readonly contextRate: number) {}

  /** How well it goes. */
  get quality(): Quality {
    const { gaps, skipped, marginMs, waitingMs } = this
    return { gaps, skipped, marginMs, waitingMs, speed: this.#speed }
  }

  /** What waits to be played. */
  get waitingMs(): number {
    return this.#rate ? ((this.#end - this.#place) / this.#rate) * 1000 : 0
  }

  push(frame: Frame): void {
    if (frame.rate !== this.#rate || frame.sides.length !== this.#rings.length) this.#begin(frame)
    if (this.#playing) {
      this.#remember(this.#made ? -this.#madeMs : this.waitingMs)
      if (!this.#made && this.#least() - this.marginMs > TOO_MUCH_MS && quiet(frame)) {
        this.#gainedMs += FRAME_MS
        this.skipped++
        return
      }
    }
    this.#append(frame)
    if (this.waitingMs > MOST_MS) this.#leap()
    if (!this.#playing && this.waitingMs >= FRAME_MS + this.marginMs) this.#start()
  }

  /** The next samples at the context's rate, of all sides together. */
  render(out: Float32Array): void {
    const kernel = this.#kernel
    if (!kernel) return void out.fill(0)
    const step = (this.#rate / this.contextRate) * this.#speed
    const ramp = 1 / (SEAM_S * this.contextRate)
    for (let i = 0; i < out.length; i++) {
      if (this.#playing && this.#place + kernel.half + 1 > this.#end) this.#makeUp()
      if (!this.#playing) {
        out[i] = 0
        continue
      }
      this.#gain = Math.min(1, this.#gain + ramp)
      let value = this.#at(kernel, this.#place) * this.#gain
      if (this.#leaving !== undefined) {
        value += this.#at(kernel, this.#leaving) * (1 - this.#gain)
        this.#leaving = this.#gain < 1 ? this.#leaving + step : undefined
      }
      out[i] = value
      this.#place += step
    }
    const ms = (out.length / this.contextRate) * 1000
    if (!this.#playing) this.#silentMs += ms
    else this.#gainedMs += ms * (this.#speed - 1)
    this.marginMs = Math.max(LEAST_MARGIN_MS, this.marginMs - (MARGIN_DECAY_MS * ms) / 1000)
  }

  #begin(frame: Frame): void {
    this.#rate = frame.rate
    this.#kernel = new Kernel(frame.rate, this.contextRate)
    this.#rings = frame.sides.map(() => new Float32Array(RING))
    // Before the beginning there is silence, as far as it is ever looked back.
    this.#end = this.#place = Math.ceil(0.05 * frame.rate)
    this.#playing = false
    this.#made = this.#leaving = undefined
  }

  #at(kernel: Kernel, place: number): number {
    let value = 0
    for (const ring of this.#rings) value += kernel.at(ring, place)
    return value
  }

  #append(frame: Frame): void {
    const length = frame.sides[0]?.length ?? 0
    let seam = 0
    if (this.#made) {
      // What was made up ends where the real sound is here again, and is crossed into it.
      seam = Math.min(length, Math.floor(SEAM_S * this.#rate))
      const from = Math.min(this.#end, Math.ceil(this.#place) + (this.#kernel?.half ?? 0) + 1)
      if (this.#end < from + seam) this.#extend(this.#made, from + seam - this.#end)
      this.#end = from
      this.#made = undefined
      this.#madeMs = 0
    }
    frame.sides.forEach((side, which) => {
      const ring = this.#rings[which] ?? side
      for (let i = 0; i < seam; i++) {
        const weight = (i + 1) / (seam + 1)
        const at = (this.#end + i) & MASK
        ring[at] = (ring[at] as number) * (1 - weight) + (side[i] as number) * weight
      }
      for (let i = seam; i < length; i++) ring[(this.#end + i) & MASK] = side[i] as number
    })
    this.#end += length
  }

  #start(): void {
    if (this.#silentMs < PAUSE_MS) this.#grow()
    else this.#left = []
    this.#playing = true
    this.#gain = 0
    this.#speed = 1
  }

  /** Sound is missing: it goes on as it was for a moment, then there is silence until enough has come. */
  #makeUp(): void {
    const rate = this.#rate
    if (!this.#made) {
      this.gaps++
      this.#made = this.#rings.map((ring) => {
        const past = new Float32Array(Math.floor(0.04 * rate))
        for (let i = 0; i < past.length; i++) past[i] = ring[(this.#end - past.length + i) & MASK] as number
        return new Continuation(past, rate)
      })
      this.#madeMs = 0
    }
    if (this.#madeMs >= FADE_S * 1000) {
      this.#playing = false
      this.#made = undefined
      this.#place = this.#end
      this.#silentMs = this.#madeMs
      return
    }
    this.#extend(this.#made, Math.floor(MADE_AT_ONCE_S * rate))
    this.#madeMs += MADE_AT_ONCE_S * 1000
    this.#gainedMs -= MADE_AT_ONCE_S * 1000
  }

  #extend(made: Continuation[], count: number): void {
    this.#rings.forEach((ring, which) => {
      made[which]?.next(count).forEach((sample, i) => (ring[(this.#end + i) & MASK] = sample))
    })
    this.#end += count
  }

  #leap(): void {
    this.#leaving = this.#playing ? this.#place : undefined
    this.#gain = this.#playing ? 0 : this.#gain
    this.skipped += Math.floor((this.waitingMs - FRAME_MS - this.marginMs) / FRAME_MS)
    this.#place = this.#end - ((FRAME_MS + this.marginMs) * this.#rate) / 1000
    this.#left = []
  }

  #grow(): void {
    this.marginMs = Math.min(MOST_MARGIN_MS, this.marginMs + MARGIN_STEP_MS)
  }

  #remember(leftMs: number): void {
    if (leftMs < 0) this.#grow()
    this.#left.push(leftMs + this.#gainedMs)
    if (this.#left.length > REMEMBERED) this.#left.shift()
    const excess = this.#least() - this.marginMs
    const right = excess > -3 && excess < 6 // small differences are worth no other pitch
    this.#speed = right ? 1 : 1 + Math.max(-0.02, Math.min(0.04, excess / 1000))
  }

  #least(): number {
    return Math.min(...this.#left) - this.#gainedMs
  }
}

const quiet = (frame: Frame): boolean =>
  frame.sides.every((side) => {
    let sum = 0
    for (const sample of side) sum += sample * sample
    return sum / side.length < QUIET * QUIET
  })
