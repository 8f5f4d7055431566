/** How loud it looks: up at once, down slowly, 0 at −60 dB and 1 at 0. */

const FLOOR_DB = -60
const FALL_PER_S = 1.5

export class Meter {
  #level = 0
  #at = 0

  /** Samples of −1 to 1, as they come. `now` in ms. */
  take(samples: Float32Array, now: number): void {
    let sum = 0
    for (const sample of samples) sum += sample * sample
    // A tone as loud as can be has 1/√2 of mean power.
    const db = 10 * Math.log10((2 * sum) / Math.max(1, samples.length) + 1e-12)
    this.#level = Math.max(this.read(now), Math.max(0, Math.min(1, 1 - db / FLOOR_DB)))
    this.#at = now
  }

  read(now: number): number {
    return Math.max(0, this.#level - (Math.max(0, now - this.#at) / 1000) * FALL_PER_S)
  }
}
