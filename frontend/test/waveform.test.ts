import { expect, test } from 'vitest'
import { bars, fitted, loudest, sought, STEP } from '../src/live/waveform'

test('fewer bars than stretches take the loudest of each, and lose none', () => {
  expect(fitted([1, 9, 2, 3, 8, 1], 3)).toEqual([9, 3, 8])
  expect(fitted([0, 0, 0, 0, 0, 0, 7], 2)).toEqual([0, 7])
  for (const count of [1, 2, 3, 50, 119]) {
    const stretches = Array.from({ length: 120 }, (_, at) => (at === 61 ? 255 : 1))
    const made = fitted(stretches, count)
    expect(made).toHaveLength(count)
    expect(made.filter((one) => one === 255)).toHaveLength(1)
  }
})

test('more bars than stretches repeat them', () => {
  expect(fitted([1, 2], 4)).toEqual([1, 1, 2, 2])
  expect(fitted([5], 3)).toEqual([5, 5, 5])
})

test('nothing gives nothing', () => {
  expect(fitted([], 5)).toEqual([])
  expect(fitted([1, 2], 0)).toEqual([])
  expect(bars([1], 2, 0, 48, 255)).toBe('')
})

test('what is loudest in either channel reaches the edge, and silence stays silence', () => {
  expect(loudest([[3, 40], [90]])).toBe(90)
  expect(loudest([[1, 1, 2]])).toBe(24)
  expect(loudest([])).toBe(24)
})

test('bars stand around the middle of their band', () => {
  const path = bars([0, 128, 255], 3 * STEP, 32, 32, 255)
  const found = [...path.matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)/g)].map(
    (one) => one.slice(1).map(Number) as [number, number, number],
  )
  expect(found.map(([x]) => x)).toEqual([1, 4, 7])
  expect(found.map(([, top, end]) => (top + end) / 2)).toEqual([48, 48, 48])
  expect(found.map(([, top, end]) => Math.round(end - top))).toEqual([1, 15, 30])
})

test('keys lead within the recording', () => {
  expect(sought('ArrowRight', 10, 60)).toBe(15)
  expect(sought('ArrowLeft', 3, 60)).toBe(0)
  expect(sought('PageUp', 50, 60)).toBe(60)
  expect(sought('Home', 50, 60)).toBe(0)
  expect(sought('End', 5, 60)).toBe(60)
  expect(sought('a', 5, 60)).toBeUndefined()
})
