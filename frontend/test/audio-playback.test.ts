import { describe, expect, it } from 'vitest'
import { Continuation, FADE_S, period } from '../src/live/audio/concealment'
import { FRAME_MS, type Frame } from '../src/live/audio/frames'
import { Playback } from '../src/live/audio/playback'
import { amplitude, chance, largestStep, tone } from './made-sound'

const CONTEXT = 48_000
const BLOCK = 128

interface Network {
  /** When the n-th frame comes, in ms; undefined where it never does. */
  arrives: (n: number) => number | undefined
  frame?: (n: number) => Frame
  until: number
  context?: number
}

const speech = (n: number, rate = 8000, hertz = [440]): Frame => ({
  sequence: n,
  rate,
  sides: hertz.map((one) => tone(one, rate, rate / 50, (n * rate) / 50, 0.5)),
})

/** What is heard of a network, block by block, and how much waited. */
function play(playback: Playback, { arrives, frame = speech, until, context = CONTEXT }: Network) {
  const blockMs = (BLOCK / context) * 1000
  const coming: { at: number; n: number }[] = []
  for (let n = 0; n * FRAME_MS < until + 1000; n++) {
    const at = arrives(n)
    if (at !== undefined) coming.push({ at, n })
  }
  // TCP: nothing overtakes.
  for (let i = 1; i < coming.length; i++) {
    const [before, one] = [coming[i - 1], coming[i]]
    if (before && one) one.at = Math.max(one.at, before.at)
  }
  const heard = new Float32Array(Math.floor(until / blockMs) * BLOCK)
  const waited: number[] = []
  let next = 0
  for (let at = 0; at < heard.length; at += BLOCK) {
    const now = (at / context) * 1000
    for (let one = coming[next]; one && one.at <= now; one = coming[++next]) playback.push(frame(one.n))
    playback.render(heard.subarray(at, at + BLOCK))
    waited.push(playback.waitingMs)
  }
  /** A tenth of a second of it is enough for a pitch; over longer a speed of 1.004 would blur it. */
  const part = (ms: number) => after(ms).subarray(0, context / 10)
  const after = (ms: number) => heard.subarray(Math.floor((ms / 1000) * context))
  return { heard, after, part, waited, late: waited.slice(-Math.floor(2000 / blockMs)) }
}

const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), 0)
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length

describe('what comes evenly', () => {
  it('is played whole, at its pitch and loudness, and soon', () => {
    const playback = new Playback(CONTEXT)
    const { part, after, late } = play(playback, { arrives: (n) => n * FRAME_MS + 5, until: 5000 })
    expect(amplitude(part(4000), CONTEXT, 440)).toBeCloseTo(0.5, 1)
    expect(playback.gaps).toBe(0)
    expect(mean(late)).toBeLessThan(45)
    expect(largestStep(after(100))).toBeLessThan(largestStep(tone(440, CONTEXT, CONTEXT, 0, 0.5)) * 1.1)
  })

  it.each([8000, 16000])('of %i samples a second has nothing of its mirror images', (rate) => {
    const { part } = play(new Playback(CONTEXT), {
      arrives: (n) => n * FRAME_MS,
      frame: (n) => speech(n, rate, [1000]),
      until: 3000,
    })
    const wanted = amplitude(part(1000), CONTEXT, 1000)
    expect(20 * Math.log10(wanted / amplitude(part(1000), CONTEXT, rate - 1000))).toBeGreaterThan(50)
  })

  it('of two sides is heard together', () => {
    const { part } = play(new Playback(44_100), {
      arrives: (n) => n * FRAME_MS,
      frame: (n) => speech(n, 8000, [440, 1300]),
      until: 4000,
      context: 44_100,
    })
    expect(amplitude(part(3500), 44_100, 440)).toBeCloseTo(0.5, 1)
    expect(amplitude(part(3500), 44_100, 1300)).toBeCloseTo(0.5, 1)
  })

  it('changes its rate in the middle without a leftover of the other', () => {
    const playback = new Playback(CONTEXT)
    const frame = (n: number) => speech(n, n < 100 ? 8000 : 16000)
    const { part } = play(playback, { arrives: (n) => n * FRAME_MS, frame, until: 5000 })
    expect(amplitude(part(4500), CONTEXT, 440)).toBeCloseTo(0.5, 1)
  })
})

describe('what comes unevenly', () => {
  it('waits for what usually is late, and no longer', () => {
    const playback = new Playback(CONTEXT)
    const random = chance(1)
    const { late, waited } = play(playback, { arrives: (n) => n * FRAME_MS + random() * 30, until: 30_000 })
    expect(playback.gaps).toBeLessThan(8)
    expect(mean(late)).toBeLessThan(90)
    expect(mean(late)).toBeGreaterThan(20)
    expect(most(waited)).toBeLessThan(200)
  })

  it('is as early again as before, once the network is calm', () => {
    const playback = new Playback(CONTEXT)
    const random = chance(2)
    const arrives = (n: number) => n * FRAME_MS + (n < 500 ? random() * 80 : 0)
    const { late } = play(playback, { arrives, until: 40_000 })
    expect(mean(late)).toBeLessThan(60)
  })

  it('catches up after the network stood still, without a click', () => {
    const playback = new Playback(CONTEXT)
    const arrives = (n: number) => (n >= 200 && n < 210 ? 4200 : n * FRAME_MS)
    const { after, late } = play(playback, { arrives, until: 15_000 })
    expect(playback.gaps).toBe(1)
    expect(mean(late)).toBeLessThan(60)
    expect(largestStep(after(100))).toBeLessThan(largestStep(tone(440, CONTEXT, CONTEXT, 0, 0.5)) * 2.5)
  })

  it('of a page that slept is left out, but for the last of it', () => {
    const playback = new Playback(CONTEXT)
    const arrives = (n: number) => (n >= 100 && n < 250 ? 5000 : n * FRAME_MS)
    const { waited } = play(playback, { arrives, until: 12_000 })
    expect(most(waited)).toBeLessThan(420)
    expect(playback.skipped).toBeGreaterThan(100)
  })

  it.each([200e-6, -200e-6])('of a clock that differs by %d is evened out for ever', (difference) => {
    const playback = new Playback(CONTEXT)
    const { late } = play(playback, { arrives: (n) => n * FRAME_MS * (1 + difference), until: 120_000 })
    expect(playback.gaps).toBeLessThan(3)
    expect(mean(late)).toBeLessThan(60)
  })

  it('is not taken for a bad network where nothing was said for a while', () => {
    const playback = new Playback(CONTEXT)
    const arrives = (n: number) => (n >= 100 && n < 200 ? undefined : n * FRAME_MS)
    const { late, part } = play(playback, { arrives, until: 8000 })
    expect(playback.marginMs).toBeLessThan(20)
    expect(mean(late)).toBeLessThan(50)
    expect(amplitude(part(7500), CONTEXT, 440)).toBeCloseTo(0.5, 1)
  })

  it('is silent before anything and after everything', () => {
    const { heard, after } = play(new Playback(CONTEXT), {
      arrives: (n) => (n < 50 ? 500 + n * FRAME_MS : undefined),
      until: 3000,
    })
    expect(most(Array.from(heard.subarray(0, CONTEXT * 0.45)))).toBe(0)
    expect(most(Array.from(after(1700)))).toBe(0)
  })
})

describe('a gap', () => {
  it('is filled with the voice as it was, fading', () => {
    const past = tone(200, 8000, 320, 0, 0.5)
    expect(period(past, 8000)).toBe(40)
    const made = new Continuation(past, 8000).next(8000 * FADE_S)
    expect(largestStep(new Float32Array([...past.slice(-2), ...made.slice(0, 80)]))).toBeLessThan(0.12)
    expect(most(Array.from(made.slice(0, 80)))).toBeGreaterThan(0.35)
    expect(Math.abs(made[made.length - 1] as number)).toBeLessThan(0.01)
  })

  it('in noise and in nothing is filled with something finite', () => {
    const random = chance(3)
    for (const past of [new Float32Array(320), Float32Array.from({ length: 320 }, () => random() - 0.5)]) {
      const made = new Continuation(past, 8000).next(480)
      expect(made.every((sample) => Number.isFinite(sample) && Math.abs(sample) <= 0.6)).toBe(true)
    }
  })
})
