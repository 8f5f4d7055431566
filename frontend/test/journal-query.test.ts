import { describe, expect, it } from 'vitest'
import { daysOf, presetOf, PRESETS } from '../src/live/journal-period'
import {
  EVERYTHING,
  isFiltered,
  journalOrder,
  journalQuery,
  partAsked,
  partTooShort,
  readBetween,
  readJournalQuery,
  withJournalQuery,
  writeJournalQuery,
  type JournalQuery,
} from '../src/live/journal-query'

const TODAY = '2026-11-20'

const full: JournalQuery = {
  period: { from: '2026-11-01', to: '2026-11-09' },
  fromTime: '09:00',
  toTime: '18:30',
  employees: [12, 15],
  departments: [3],
  numbers: ['+74951000001'],
  sources: ['Web, ads', '100%'],
  queues: ['sales'],
  types: ['inbound', 'callback'],
  outcomes: ['missed', 'abandoned_queue'],
  marks: ['unique', 'spam'],
  hungUpBy: ['client'],
  tags: ['a,b', 'важно'],
  hours: [0, 14],
  weekdays: [0, 6],
  talk: { least: 10, most: 60 },
  waiting: { least: undefined, most: 20 },
  duration: { least: 5, most: undefined },
  part: '4567',
  client: '+79161234567',
  recorded: false,
  counted: true,
  sort: { key: 'talk', descending: true },
}

describe('the address', () => {
  it('says all of it, and is read back as it was', () => {
    expect(readJournalQuery(writeJournalQuery(full))).toEqual(full)
  })

  it('says nothing where nothing is asked but today', () => {
    expect(writeJournalQuery(EVERYTHING)).toBe('')
    expect(readJournalQuery('')).toEqual(EVERYTHING)
  })

  it.each(PRESETS)('keeps %s as a word, which moves with the days', (period) => {
    expect(readJournalQuery(writeJournalQuery({ ...EVERYTHING, period })).period).toBe(period)
  })

  it('can be read by a person', () => {
    const query = { ...EVERYTHING, period: '7d', employees: [12, 15], talk: { least: 10, most: 60 } } as const
    expect(writeJournalQuery(query)).toBe('days=7d&employee=12,15&talk=10-60')
  })

  it('leaves alone what is not its own', () => {
    const search = withJournalQuery('?days=7d&view=totals&by=hour&call=c%2F1&type=inbound', {
      ...EVERYTHING,
      period: '3d',
    })
    expect(search).toBe('days=3d&view=totals&by=hour&call=c%2F1')
  })

  it.each([
    'days=ever&type=seen&result=won&mark=green&hung_up_by=fate&sort=luck&recorded=maybe',
    'from=2026-11-31&to=2026-12-01',
    'from=2026-11-09&to=2026-11-01',
    'employee=a&talk=60-10&waiting=-&duration=x&from_time=25:00&hour=24&weekday=-1',
  ])('that cannot be understood says nothing: %s', (search) => {
    expect(readJournalQuery(search)).toEqual(EVERYTHING)
  })
})

describe('what the server is asked', () => {
  it('has days in place of words, and no order', () => {
    const query = { ...full, period: '7d' } as const
    const asked = new URLSearchParams(journalQuery(query, TODAY))
    expect(asked.get('from')).toBe('2026-11-14')
    expect(asked.get('to')).toBe(TODAY)
    expect(asked.has('days')).toBe(false)
    expect(asked.has('sort')).toBe(false)
    expect(asked.get('talk')).toBe('10-60')
    expect(asked.get('waiting')).toBe('-20')
    expect(asked.get('duration')).toBe('5-')
    expect(asked.get('recorded')).toBe('no')
    expect(asked.get('number')).toBe('+74951000001')
    expect(asked.get('source')).toBe('Web%2C ads,100%25')
  })

  it('is understood as an address too', () => {
    expect(readJournalQuery(journalQuery(full, TODAY))).toEqual({ ...full, sort: EVERYTHING.sort })
  })

  it('asks in the order that holds only where it is another', () => {
    expect(journalOrder(EVERYTHING)).toBe('')
    expect(journalOrder(full)).toBe('sort=-talk')
    expect(journalOrder({ ...full, sort: { key: 'started', descending: false } })).toBe('sort=started')
  })
})

describe('a part of a number', () => {
  it('is asked from three digits, however it is written', () => {
    expect(partAsked({ part: '12' })).toBe('')
    expect(partAsked({ part: '(495) 1-0' })).toBe('49510')
    expect(partTooShort({ part: '1-2' })).toBe(true)
    expect(partTooShort({ part: '123' })).toBe(false)
    expect(partTooShort({ part: '  ' })).toBe(false)
    expect(journalQuery({ ...EVERYTHING, part: '12' }, TODAY)).not.toContain('part')
  })
})

describe('periods', () => {
  it.each([
    ['today', '2026-11-20', '2026-11-20'],
    ['yesterday', '2026-11-19', '2026-11-19'],
    ['3d', '2026-11-18', '2026-11-20'],
    ['7d', '2026-11-14', '2026-11-20'],
    ['30d', '2026-10-22', '2026-11-20'],
    ['month', '2026-11-01', '2026-11-20'],
  ] as const)('%s is %s to %s', (period, from, to) => {
    expect(daysOf(period, TODAY)).toEqual({ from, to })
    expect(presetOf({ from, to }, TODAY)).toBe(period)
  })

  it('other days have no word', () => {
    const days = { from: '2026-11-02', to: '2026-11-05' }
    expect(presetOf(days, TODAY)).toEqual(days)
  })
})

it('ranges are whole seconds, open at either end', () => {
  expect(readBetween('10-60')).toEqual({ least: 10, most: 60 })
  expect(readBetween('0-0')).toEqual({ least: 0, most: 0 })
  for (const text of ['', '-', '60-10', '1.5-3', '-1-2', '10']) expect(readBetween(text)).toBeUndefined()
})

it('the period and the order leave nothing out, everything else does', () => {
  expect(isFiltered({ ...EVERYTHING, period: '30d', sort: { key: 'talk', descending: true } })).toBe(false)
  expect(isFiltered({ ...EVERYTHING, recorded: false })).toBe(true)
  expect(isFiltered({ ...EVERYTHING, hours: [0] })).toBe(true)
})
