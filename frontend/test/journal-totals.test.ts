import { describe, expect, it } from 'vitest'
import {
  callsAddress,
  change,
  groupParts,
  lastDayOf,
  ordered,
  partsOf,
  type Totals,
  type TotalsGroup,
} from '../src/live/journal-totals'

const ZERO = {
  calls: 0,
  received: 0,
  average_talk_s: null,
  cost: [],
} as unknown as Totals

const group = (key: string | null, totals: Partial<Totals>): TotalsGroup => ({
  key,
  label: null,
  totals: { ...ZERO, ...totals },
})

const PERIOD = { from: '2026-11-03', to: '2026-11-20' }

describe('the address of a figure’s calls', () => {
  it('narrows what holds, and leaves the totals’ own view', () => {
    expect(
      callsAddress('from=2026-11-03&type=inbound,outbound&view=totals', { type: 'inbound', result: 'answered' }),
    ).toBe('/journal?result=answered&type=inbound&from=2026-11-03')
  })

  it('never widens what holds, and is none where no query can say it', () => {
    expect(callsAddress('result=missed,busy', { type: 'inbound', result: 'missed,failed' })).toBe(
      '/journal?result=missed&type=inbound',
    )
    expect(callsAddress('mark=unique', { mark: 'target' })).toBeUndefined()
    expect(callsAddress('mark=unique,target', { mark: 'target' })).toBe('/journal?mark=target')
    expect(callsAddress('employee=1,2', { employee: '3' })).toBeUndefined()
    expect(callsAddress('source=Ads', { source: 'Ads%2C 100%25' })).toBeUndefined()
    expect(callsAddress('queue=a', { source: 'Ads%2C 100%25' })).toBe('/journal?source=Ads%252C+100%2525&queue=a')
  })

  it('leaves spam out where there is some', () => {
    expect(partsOf('received', { spam: 0 })).toEqual({ type: 'inbound', result: 'answered' })
    expect(partsOf('received', { spam: 2 })).toEqual({ type: 'inbound', result: 'answered', counted: 'yes' })
    expect(partsOf('spam', { spam: 2 })).toEqual({ mark: 'spam' })
  })

  it('of a day, a week and a month is their days, and none beyond the period', () => {
    expect(groupParts('day', '2026-11-04', PERIOD)).toEqual({ from: '2026-11-04', to: '2026-11-04' })
    expect(groupParts('week', '2026-11-02', PERIOD)).toEqual({ from: '2026-11-03', to: '2026-11-08' })
    expect(groupParts('month', '2026-11-01', PERIOD)).toEqual({ from: '2026-11-03', to: '2026-11-20' })
  })

  it('knows the last day of a leap February and of a December', () => {
    expect(lastDayOf('month', '2028-02-01')).toBe('2028-02-29')
    expect(lastDayOf('month', '2026-12-01')).toBe('2026-12-31')
    expect(lastDayOf('week', '2026-12-28')).toBe('2027-01-03')
  })

  it('keeps the comma of a name, and gives none where no filter names the group', () => {
    expect(groupParts('source', 'Ads, 100%', PERIOD)).toEqual({ source: 'Ads%2C 100%25' })
    expect(groupParts('queue', null, PERIOD)).toBeUndefined()
  })
})

describe('compared with the period before', () => {
  it('has no share of nothing, and no comparison without both', () => {
    expect(change(6, 4)).toEqual({ before: 4, share: 0.5 })
    expect(change(6, 0)).toEqual({ before: 0, share: undefined })
    expect(change(null, 4)).toBeUndefined()
    expect(change(6, undefined)).toBeUndefined()
  })
})

describe('the order of groups', () => {
  const groups = [
    group('a', { calls: 2, average_talk_s: null, cost: [['EUR', '10.50']] }),
    group('b', { calls: 9, average_talk_s: 30, cost: [['EUR', '9']] }),
    group('c', { calls: 5, average_talk_s: 90 }),
  ]
  const keys = (...args: [Parameters<typeof ordered>[1], boolean]) => ordered(groups, ...args).map(({ key }) => key)

  it('is by a figure, and what has none is last either way', () => {
    expect(keys('calls', true)).toEqual(['b', 'c', 'a'])
    expect(keys('average_talk_s', true)).toEqual(['c', 'b', 'a'])
    expect(keys('average_talk_s', false)).toEqual(['b', 'c', 'a'])
    expect(keys('cost', true)).toEqual(['a', 'b', 'c'])
  })

  it('is as they came without a column', () => {
    expect(keys(undefined, false)).toEqual(['a', 'b', 'c'])
    expect(keys(undefined, true)).toEqual(['c', 'b', 'a'])
  })
})
