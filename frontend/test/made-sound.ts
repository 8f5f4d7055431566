/** Sounds for tests, and what is heard in them. */

/** Samples of a sine, in phase with `start` samples since the beginning. */
export const tone = (hertz: number, rate: number, count: number, start = 0, loud = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => loud * Math.sin((2 * Math.PI * hertz * (start + i)) / rate))

/** How loud one frequency is. */
export function amplitude(samples: Float32Array, rate: number, hertz: number): number {
  let [re, im] = [0, 0]
  samples.forEach((sample, i) => {
    const angle = (2 * Math.PI * hertz * i) / rate
    re += sample * Math.cos(angle)
    im += sample * Math.sin(angle)
  })
  return (2 * Math.hypot(re, im)) / samples.length
}

/** The largest change from one sample to the next: a click. */
export function largestStep(samples: Float32Array): number {
  let largest = 0
  for (let i = 1; i < samples.length; i++) {
    largest = Math.max(largest, Math.abs((samples[i] as number) - (samples[i - 1] as number)))
  }
  return largest
}

/** Numbers from 0 to 1, the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
