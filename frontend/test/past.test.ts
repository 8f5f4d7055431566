import { describe, expect, test } from 'vitest'
import {
  areaOf,
  begun,
  bounds,
  played,
  readAt,
  withMoment,
  writeAt,
  type PastApi,
  type PastFrames,
} from '../src/live/past'
import { Reel } from '../src/screens/past/reel'
import { call, directory } from './made'

const snapshot = (ids: string[]) => ({
  at: 100,
  calls: ids.map((id) => call(id)),
  employees: [],
  supervisions: [],
  links: [],
  directory,
})

describe('a moment in the address', () => {
  test('is the same one for whoever opens it', () => {
    expect(writeAt(1795334541.9)).toBe('2026-11-22T08:02:21Z')
    expect(readAt('?status=talking&at=2026-11-22T08:02:21Z')).toBe(1795334541)
    expect(withMoment('?at=2020-01-01T00:00:00Z&status=talking', 1795334541)).toBe(
      'at=2026-11-22T08:02:21Z&status=talking',
    )
  })
  test.each(['', '?at=', '?at=yesterday', '?at=2026-11-22', '?at=2026-13-22T08:02:21Z', '?at=9999-12-31T23:59:59Z'])(
    '%s is none',
    (search) => {
      expect(readAt(search)).toBeUndefined()
    },
  )
})

test.each([
  ['2026-11-22', 24],
  ['2026-03-29', 23],
  ['2026-10-25', 25],
])('%s has %d hours in Kyiv', (day, hours) => {
  const { begin, end } = bounds(day, 'Europe/Kyiv')
  expect((end - begin) / 3600).toBe(hours)
})

test('frames lead from one floor to the next, and into what is not known', () => {
  const first = begun({ snapshot: snapshot(['a', 'b']) })
  const changed = { id: 'a', status: 'hold' as const }
  const next = played(first, {
    at: 101,
    known: true,
    calls: { added: [call('c')], changed: [changed], removed: ['b'] },
  })
  expect([...(next?.calls.keys() ?? [])]).toEqual(['a', 'c'])
  expect(next?.calls.get('a')?.status).toBe('hold')
  expect(played(next, { at: 102, known: false })).toBeUndefined()
  expect(played(undefined, { at: 103, known: true, snapshot: snapshot(['d']) })?.calls.has('d')).toBe(true)
})

test('the line has a gap where nothing is known', () => {
  expect(areaOf([null, null])).toBe('')
  expect(areaOf([2, 4, null, 1])).toBe('M0 1V0.500H1V0.000H2V1ZM3 1V0.750H4V1Z')
})

test('what is played is asked for ahead, once at a time, and handed out when its time comes', async () => {
  const asked: [number, number, number][] = []
  const api = {
    changes: (from: number, to: number, every: number): Promise<PastFrames> => {
      asked.push([from, to, every])
      return Promise.resolve({ frames: [1, 2, 3].map((n) => ({ at: from + n, known: true })), reached: to })
    },
  } as unknown as PastApi
  const reel = new Reel(api)
  reel.forget(1000)
  const first = reel.fetch(1000, 10, 5000)
  expect(await reel.fetch(1000, 10, 5000)).toBe(false)
  expect(await first).toBe(true)
  expect(asked).toEqual([[1000, 1200, 2]])
  expect(await reel.fetch(1000, 10, 5000)).toBe(false)
  expect(reel.take(1002).map((frame) => frame.at)).toEqual([1001, 1002])
  expect(reel.take(1002)).toEqual([])
  expect(reel.take(1100).map((frame) => frame.at)).toEqual([1003])
  reel.forget(4000)
  const late = reel.fetch(4000, 1, 4010)
  reel.forget(100)
  expect(await late).toBe(false)
  expect(asked.at(-1)).toEqual([4000, 4010, 0])
  expect(reel.take(9999)).toEqual([])
})
