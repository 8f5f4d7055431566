import { describe, expect, it } from 'vitest'
import { decode, encode } from '../src/live/audio/frames'
import { Meter } from '../src/live/audio/meter'
import { Resampler } from '../src/live/audio/resampler'
import { amplitude, tone } from './made-sound'

function resampled(from: number, to: number, samples: Float32Array, block = 128): Float32Array {
  const resampler = new Resampler(from, to)
  const out: number[] = []
  for (let at = 0; at < samples.length; at += block) out.push(...resampler.take(samples.subarray(at, at + block)))
  return Float32Array.from(out)
}

describe('a resampler', () => {
  it.each([
    [48_000, 8000],
    [44_100, 8000],
    [48_000, 16_000],
    [44_100, 16_000],
    [16_000, 16_000],
  ])('from %i to %i keeps what fits, and lets nothing fold back', (from, to) => {
    const second = resampled(from, to, tone(1000, from, from * 2, 0, 0.5)).subarray(to / 2)
    expect(amplitude(second, to, 1000)).toBeCloseTo(0.5, 1)
    expect(Math.abs(resampled(from, to, tone(1000, from, from)).length - to)).toBeLessThan(to / 100)
    if (from === to) return
    const above = to / 2 + 900 // folds to to/2 − 900
    const folded = resampled(from, to, tone(above, from, from * 2, 0, 0.5)).subarray(to / 2)
    expect(20 * Math.log10(0.5 / amplitude(folded, to, to - above))).toBeGreaterThan(40)
  })

  it('gives the same whatever the blocks', () => {
    const samples = tone(700, 48_000, 9600)
    const [whole, torn] = [resampled(48_000, 8000, samples, 9600), resampled(48_000, 8000, samples, 7)]
    expect(torn.length).toBe(whole.length)
    torn.forEach((sample, i) => expect(sample).toBeCloseTo(whole[i] as number, 6))
  })
})

describe('a frame of sound', () => {
  it('comes back as it was sent', () => {
    const samples = tone(440, 8000, 160, 0, 0.9)
    const frame = decode(encode(70_000, 8000, samples).buffer)
    expect(frame).toMatchObject({ sequence: 70_000 & 0xffff, rate: 8000 })
    frame?.sides[0]?.forEach((sample, i) => expect(sample).toBeCloseTo(samples[i] as number, 3))
  })

  it('of two sides is taken apart', () => {
    const bytes = new Uint8Array([1, 0, 8, 2, 0, 0x40, 0, 0xc0, 0, 0x20, 0, 0xe0])
    expect(decode(bytes.buffer)?.sides.map((side) => [...side])).toEqual([
      [0.5, 0.25],
      [-0.5, -0.25],
    ])
  })

  it('louder than can be is as loud as can be', () => {
    const frame = decode(encode(0, 16_000, Float32Array.of(2, -2)).buffer)
    expect([...(frame?.sides[0] ?? [])].map((sample) => Math.round(sample))).toEqual([1, -1])
  })

  it.each([[[]], [[1, 0, 8]], [[1, 0, 8, 1]], [[1, 0, 8, 1, 5]], [[1, 0, 0, 1, 5, 5]], [[1, 0, 8, 3, 5, 5]]])(
    'is not made of %j',
    (bytes) => expect(decode(new Uint8Array(bytes).buffer)).toBeUndefined(),
  )
})

describe('a meter', () => {
  it('rises at once and falls slowly', () => {
    const meter = new Meter()
    expect(meter.read(0)).toBe(0)
    meter.take(tone(440, 8000, 160), 1000)
    expect(meter.read(1000)).toBeCloseTo(1, 1)
    meter.take(new Float32Array(160), 1020)
    expect(meter.read(1020)).toBeGreaterThan(0.9)
    expect(meter.read(1350)).toBeLessThan(0.55)
    expect(meter.read(3000)).toBe(0)
  })

  it('shows −30 dB in the middle', () => {
    const meter = new Meter()
    meter.take(tone(440, 8000, 160, 0, 10 ** (-30 / 20)), 0)
    expect(meter.read(0)).toBeCloseTo(0.5, 1)
  })
})
