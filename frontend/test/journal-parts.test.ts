import { describe, expect, it } from 'vitest'
import type { LiveCall } from '../src/live/frames'
import { outcomeOf, peopleOf, type JournalPerson } from '../src/live/journal'
import {
  COLUMNS,
  DEFAULT_LAYOUT,
  isDefault,
  moved,
  readLayout,
  shownColumns,
  toggled,
  writeLayout,
} from '../src/live/journal-columns'
import { courseOf, type Lane } from '../src/live/journal-lanes'
import { APART_MS, JournalNews } from '../src/live/journal-news'
import { call, NOW } from './made'
import { record, row } from './made-journal'

describe('columns', () => {
  it('are kept as they were chosen and ordered', () => {
    const layout = moved(toggled(toggled(DEFAULT_LAYOUT, 'cost'), 'type'), 'cost', 0)
    expect(readLayout(writeLayout(layout)).order).toEqual(layout.order)
    expect(shownColumns(readLayout(writeLayout(layout)))).toEqual(shownColumns(layout))
    expect(shownColumns(layout)[0]).toBe('cost')
    expect(shownColumns(layout)).not.toContain('type')
    expect(isDefault(layout)).toBe(false)
  })

  it('each stays once, wherever it is moved', () => {
    for (const to of [-3, 0, 5, 99]) {
      const { order } = moved(DEFAULT_LAYOUT, 'queue', to)
      expect(order.toSorted()).toEqual([...COLUMNS].toSorted())
      expect(order.indexOf('queue')).toBe(Math.max(0, Math.min(COLUMNS.length - 1, to)))
    }
  })

  it('the last one cannot be hidden', () => {
    const one = { order: COLUMNS, hidden: COLUMNS.slice(1) }
    expect(toggled(one, 'started')).toBe(one)
  })

  it('a column that came later stands where it stands by itself', () => {
    const { order, hidden } = readLayout('client,-started,type')
    expect(order.slice(0, 3)).toContain('client')
    expect(order.toSorted()).toEqual([...COLUMNS].toSorted())
    expect(hidden).toContain('started')
    expect(hidden).toContain('cost')
  })

  it('what nobody understands is forgotten', () => {
    expect(readLayout('x,y')).toEqual(DEFAULT_LAYOUT)
    expect(readLayout(null)).toEqual(DEFAULT_LAYOUT)
    expect(readLayout(COLUMNS.map((one) => `-${one}`).join(','))).toEqual(DEFAULT_LAYOUT)
  })
})

describe('the course of a call', () => {
  const lanes = (found: readonly Lane[]) =>
    found.map(({ kind, name, stretches }) => [
      kind,
      name,
      stretches.map((one) => `${one.kind} ${one.from - NOW}-${one.to - NOW}`).join(', '),
    ])

  it('is menu, queue, who rang, who talked, who held, in lanes', () => {
    const story = [
      { at: NOW, what: 'arrived', number: '74951000001' },
      { at: NOW + 1, what: 'ivr', detail: 'Main menu' },
      { at: NOW + 8, what: 'queue_joined', queue: 'sales' },
      { at: NOW + 10, what: 'ringing', account: '101' },
      { at: NOW + 10, what: 'ringing', account: '102' },
      { at: NOW + 18, what: 'rang_out', account: '101' },
      { at: NOW + 20, what: 'answered', account: '102' },
      { at: NOW + 20, what: 'queue_left', queue: 'sales', detail: 'answered' },
      { at: NOW + 30, what: 'hold', account: '102' },
      { at: NOW + 40, what: 'unhold', account: '102' },
      { at: NOW + 50, what: 'blind_transfer', account: '102', detail: '103' },
      { at: NOW + 50, what: 'left', account: '102' },
      { at: NOW + 51, what: 'ringing', account: '103' },
      { at: NOW + 60, what: 'answered', account: '103' },
    ]
    const queue = { queue: 'sales', joined_at: NOW + 8, left_at: NOW + 20, wait_s: 12, outcome: 'answered' }
    const course = courseOf(record(story, { queues: [{ ...queue, answered_by: '102', position: 1 }] }))
    expect(lanes(course.lanes)).toEqual([
      ['ivr', '', 'ivr 1-8'],
      ['queue', 'sales', 'queue 8-20'],
      ['person', '101', 'ringing 10-18'],
      ['person', '102', 'ringing 10-20, talking 20-30, hold 30-40, talking 40-50'],
      ['person', '103', 'ringing 51-60, talking 60-100'],
    ])
    expect(course.turns).toEqual([{ what: 'blind_transfer', at: NOW + 50 }])
    expect([course.from - NOW, course.to - NOW]).toEqual([0, 100])
  })

  it('whoever dialled waits, and talks when the other end answers', () => {
    const story = [
      { at: NOW, what: 'dialled', account: '101', number: '79161234567' },
      { at: NOW + 2, what: 'ringing', number: '79161234567' },
      { at: NOW + 12, what: 'answered', number: '79161234567' },
      { at: NOW + 90, what: 'left', account: '101' },
    ]
    expect(lanes(courseOf(record(story, { type: 'outbound' })).lanes)).toEqual([
      ['person', '101', 'ringing 0-12, talking 12-90'],
      ['person', '79161234567', 'ringing 2-12, talking 12-100'],
    ])
  })

  it('parking and voicemail have lanes of their own', () => {
    const story = [
      { at: NOW, what: 'arrived' },
      { at: NOW + 5, what: 'answered', account: '101' },
      { at: NOW + 10, what: 'parked', detail: '701' },
      { at: NOW + 10, what: 'left', account: '101' },
      { at: NOW + 30, what: 'parking_timed_out' },
      { at: NOW + 31, what: 'voicemail', detail: '101' },
    ]
    expect(lanes(courseOf(record(story)).lanes)).toEqual([
      ['client', '', 'parked 10-30'],
      ['person', '101', 'talking 5-10'],
      ['other', 'voicemail', 'voicemail 31-100'],
    ])
  })

  it('a call of no length still has a second to be drawn in', () => {
    const course = courseOf(record([], { ended_at: NOW }))
    expect(course.to - course.from).toBe(1)
    expect(course.lanes).toEqual([])
  })
})

describe('calls that leave the floor', () => {
  const floor = (...calls: LiveCall[]) => new Map(calls.map((one) => [one.id, one]))
  const wanted = () => true

  it('are asked for soon, and again until they are found', () => {
    const news = new JournalNews()
    news.follow(floor(call('a'), call('b')), 0, wanted)
    expect(news.due).toBeUndefined()
    news.follow(floor(call('b')), 100, wanted)
    expect(news.due).toBe(500)
    expect(news.take(500)).toEqual([{ id: 'a', startedAt: NOW - 60 }])
    expect(news.due).toBe(2000)
    news.found((id) => id === 'a')
    expect(news.due).toBeUndefined()
  })

  it('are given up in the end: they do not match the filter', () => {
    const news = new JournalNews()
    news.follow(floor(call('a')), 0, wanted)
    news.follow(floor(), 0, wanted)
    let asked = 0
    for (let at = news.due; at !== undefined; at = news.due) asked += news.take(at).length
    expect(asked).toBe(3)
  })

  it('are asked for together, at most once a second', () => {
    const news = new JournalNews()
    const calls = Array.from({ length: 50 }, (_, n) => call(`c${n}`))
    news.follow(floor(...calls), 0, wanted)
    let questions = 0
    for (let n = 1; n <= 50; n += 1) {
      const now = n * 100
      news.follow(floor(...calls.slice(n)), now, wanted)
      if ((news.due ?? Infinity) <= now) {
        news.take(now)
        news.found(() => true)
        questions += 1
      }
    }
    expect(questions).toBeLessThanOrEqual(5000 / APART_MS)
    expect(questions).toBeGreaterThan(2)
  })

  it('of other days are nobody’s concern', () => {
    const news = new JournalNews()
    news.follow(floor(call('a')), 0, () => false)
    news.follow(floor(), 0, () => false)
    expect(news.due).toBeUndefined()
  })
})

describe('a row', () => {
  it('was abandoned where the caller left', () => {
    expect(outcomeOf(row('a', { result: 'abandoned', abandoned_in: 'ivr' }))).toBe('abandoned_ivr')
    expect(outcomeOf(row('a', { result: 'abandoned', abandoned_in: 'queue' }))).toBe('abandoned_queue')
    expect(outcomeOf(row('a', { result: 'missed' }))).toBe('missed')
  })

  it('names each employee once, whoever talked first', () => {
    const person = (id: number | null, account: string, answered: boolean): JournalPerson => ({
      account,
      employee_id: id,
      employee_name: null,
      department_id: null,
      department_name: null,
      answered,
      missed: false,
      taken_elsewhere: false,
      ring_s: 0,
      talk_s: 0,
    })
    const people = [
      person(1, '101', false),
      person(2, '102', true),
      person(1, '7903', false),
      person(null, '109', false),
    ]
    expect(peopleOf(row('a', { people })).map((one) => one.account)).toEqual(['102', '101', '109'])
  })
})
