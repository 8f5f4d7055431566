import { describe, expect, it } from 'vitest'
import { isEnded, shareOf } from '../src/live/jobs'
import { isNumber } from '../src/live/settings'
import { added, changed, minuteOf, ofDay, removed, timeOf, WORKDAYS, wrongDays } from '../src/screens/settings/hours'

describe('working hours', () => {
  const monday = { weekday: 0, begins_minute: 540, ends_minute: 720 }

  it('are written and read as clocks show them, midnight as an end being the day’s own', () => {
    expect([timeOf(545), timeOf(1440), timeOf(0)]).toEqual(['09:05', '00:00', '00:00'])
    expect([minuteOf('09:05'), minuteOf('00:00'), minuteOf('00:00', { end: true })]).toEqual([545, 0, 1440])
    expect(minuteOf('')).toBeUndefined()
  })

  it('grow by a stretch that follows the day’s last, in the week’s order', () => {
    const more = added([monday, { weekday: 2, begins_minute: 0, ends_minute: 60 }], 0)
    expect(ofDay(more, 0)).toEqual([monday, { weekday: 0, begins_minute: 780, ends_minute: 1020 }])
    expect(more.map((one) => one.weekday)).toEqual([0, 0, 2])
    expect(ofDay(added([], 5), 5)).toEqual([{ weekday: 5, begins_minute: 540, ends_minute: 1080 }])
    for (const ends_minute of [1300, 1380, 1439, 1440]) {
      expect(wrongDays(added([{ ...monday, ends_minute }], 0))).toEqual([])
    }
  })

  it('that end before they begin are told by their day, once', () => {
    const week = WORKDAYS()
    const first = week[0]
    if (!first) throw new Error('a week has days')
    expect(wrongDays(week)).toEqual([])
    const wrong = changed(week, first, { ends_minute: first.begins_minute })
    expect(wrongDays([...wrong, { weekday: 0, begins_minute: 2, ends_minute: 1 }])).toEqual([0])
    expect(removed(week, first)).toHaveLength(4)
  })
})

describe('long work', () => {
  it('has a share where its end is known', () => {
    expect(shareOf({ state: 'running', done: 5, of: 20 })).toBe(0.25)
    expect(shareOf({ state: 'running', done: 30, of: 20 })).toBe(1)
    expect(shareOf({ state: 'running', done: 5, of: null })).toBeUndefined()
    expect(shareOf({ state: 'running', done: 0, of: 0 })).toBeUndefined()
    expect(shareOf({ state: 'done', done: 0, of: null })).toBe(1)
  })

  it('has ended however it ended', () => {
    const all = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const
    expect(all.map((state) => isEnded({ state }))).toEqual([false, false, true, true, true])
  })
})

it('a number is what the PBX may have as one', () => {
  expect(['+48221234567', '101', '*30', 'did-7'].map(isNumber)).toEqual([true, true, true, true])
  expect(['', '48 22', 'a/b', 'x'.repeat(65)].map(isNumber)).toEqual([false, false, false, false])
})
