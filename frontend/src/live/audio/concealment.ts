/**
 * What is played where sound is missing: the last pitch period again and again, fading, as G.711's Appendix I does.
 * Speech of a moment ago goes on for a moment; then there is silence, and never a click.
 */

/** Seconds until the repetition has faded to nothing. */
export const FADE_S = 0.06
const LOWEST_HZ = 66
const HIGHEST_HZ = 400
const COMPARED_S = 0.02

/** The period of the end of `past`, in samples; of something without pitch, any. */
export function period(past: Float32Array, rate: number): number {
  const shortest = Math.floor(rate / HIGHEST_HZ)
  const longest = Math.min(Math.floor(rate / LOWEST_HZ), past.length - Math.floor(rate * COMPARED_S))
  if (longest <= shortest) return Math.min(shortest, past.length)
  const length = Math.min(Math.floor(rate * COMPARED_S), past.length - longest)
  const start = past.length - length
  const stride = rate > 8000 ? 2 : 1
  let best = longest
  let highest = -Infinity
  for (let lag = shortest; lag <= longest; lag++) {
    let product = 0
    let energy = 1e-9
    for (let i = start; i < past.length; i += stride) {
      const before = past[i - lag] as number
      product += (past[i] as number) * before
      energy += before * before
    }
    // The shortest of equals: twice a period fits as well as one.
    const likeness = (product / Math.sqrt(energy)) * (1 - (0.05 * lag) / longest)
    if (likeness > highest) [best, highest] = [lag, likeness]
  }
  return best
}

/** Goes on after `past` for as long as it is asked to. */
export class Continuation {
  readonly #cycle: Float32Array
  #at = 0

  constructor(
    past: Float32Array,
    private readonly rate: number,
  ) {
    const length = period(past, rate)
    const cycle = past.slice(past.length - length)
    // Its end leads into its beginning: what stood before the cycle, crossed into the cycle's own end.
    const seam = Math.min(Math.floor(length / 4), past.length - length)
    for (let i = 0; i < seam; i++) {
      const weight = (i + 1) / (seam + 1)
      const before = past[past.length - length - seam + i] as number
      cycle[length - seam + i] = (cycle[length - seam + i] as number) * (1 - weight) + before * weight
    }
    this.#cycle = cycle
  }

  next(count: number): Float32Array {
    const out = new Float32Array(count)
    if (!this.#cycle.length) return out
    for (let i = 0; i < count; i++, this.#at++) {
      const gain = Math.max(0, 1 - this.#at / (FADE_S * this.rate))
      out[i] = (this.#cycle[this.#at % this.#cycle.length] as number) * gain
    }
    return out
  }
}
