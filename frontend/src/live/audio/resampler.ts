/** Windowed-sinc interpolation between any two rates, sample by sample, with a speed that may change on the way. */

/** Zero crossings on each side: 24 taps keep what folds back below −60 dB up to 3.4 kHz of 4. */
const CROSSINGS = 12
const PHASES = 128

export class Kernel {
  /** Source samples on each side of the place between them. */
  readonly half: number
  readonly #table: Float32Array
  readonly #taps: number

  /** `from` and `to` are samples a second; downwards, what the lower rate cannot hold is cut off. */
  constructor(from: number, to: number) {
    const cutoff = Math.min(1, to / from) * 0.95
    this.half = Math.ceil(CROSSINGS / cutoff)
    this.#taps = 2 * this.half
    this.#table = new Float32Array((PHASES + 1) * this.#taps)
    for (let phase = 0; phase <= PHASES; phase++) {
      let sum = 0
      for (let tap = 0; tap < this.#taps; tap++) {
        const x = tap - this.half + 1 - phase / PHASES
        const value = Math.abs(x) >= this.half ? 0 : cutoff * sinc(cutoff * x) * window(x / this.half)
        this.#table[phase * this.#taps + tap] = value
        sum += value
      }
      // Each phase lets a steady level through as it is: otherwise it would ripple at the output's rate.
      const row = this.#table.subarray(phase * this.#taps, (phase + 1) * this.#taps)
      row.forEach((value, tap) => (row[tap] = value / sum))
    }
  }

  /** The value at `place` (in samples) of a ring of 2ⁿ samples; it needs `half` samples on each side of it. */
  at(ring: Float32Array, place: number): number {
    const whole = Math.floor(place)
    const exact = (place - whole) * PHASES
    const phase = Math.floor(exact)
    const rest = exact - phase
    const table = this.#table
    const mask = ring.length - 1
    let low = phase * this.#taps
    let high = low + this.#taps
    let sum = 0
    for (let i = whole - this.half + 1; i <= whole + this.half; i++) {
      const weight = table[low++] as number
      sum += (ring[i & mask] as number) * (weight + rest * ((table[high++] as number) - weight))
    }
    return sum
  }
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Blackman's. */
const window = (x: number): number => 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x)

/** A whole stream from one rate to another: what the microphone says, at the call's rate. */
export class Resampler {
  readonly #kernel: Kernel
  readonly #step: number
  readonly #ring = new Float32Array(16384)
  #end = 0
  #place: number

  constructor(from: number, to: number) {
    this.#kernel = new Kernel(from, to)
    this.#step = from / to
    this.#place = 0
  }

  /** As many samples as have become certain; the last few of the input wait for what follows them. */
  take(samples: Float32Array): Float32Array {
    const mask = this.#ring.length - 1
    for (const sample of samples) this.#ring[this.#end++ & mask] = sample
    const count = Math.max(0, Math.ceil((this.#end - this.#kernel.half - this.#place) / this.#step))
    const out = new Float32Array(count)
    for (let i = 0; i < count; i++, this.#place += this.#step) out[i] = this.#kernel.at(this.#ring, this.#place)
    return out
  }
}
