import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { spoken } from '../src/i18n/format'
import type { LiveEmployee } from '../src/live/frames'
import { at, callLine, grown, running, type Profile, type ProfileDay } from '../src/live/profile'
import { dayOf, daysOf, length, named, readPeriod, withPeriod } from '../src/live/profile-period'
import { Refresher } from '../src/live/profile-refresh'
import { NOW } from './made'

const live: LiveEmployee = {
  id: 1,
  status: 'online',
  since: NOW - 100,
  cause: { why: 'registered', account: null, by: null, call_id: null, device: null },
  accounts: [],
  queues: [],
  badges: [],
  switch: null,
  stale: false,
}

const none = { answered_inbound: 0, outbound: 0, callback: 0, missed: 0, taken_elsewhere: 0, internal: 0 }

function day(part: Partial<ProfileDay> = {}): ProfileDay {
  const times = { talking_s: 0, online_s: 40_000, dnd_s: 0, offline_s: 0, unknown_s: 0, future_s: 46_400 }
  return { day: '2026-11-21', begins_at: NOW - 40_000, length_s: 86_400, ...none, ...times, ...part }
}

const profile = (part: Partial<Profile> = {}): Profile => ({
  employee: { id: 1, name: 'Anna Keller', department_id: 1, department_name: 'Sales', accounts: ['101'] },
  from: '2026-11-20',
  to: '2026-11-21',
  timezone: 'Europe/Moscow',
  now: NOW,
  live,
  summary: {
    ...none,
    outbound_answered: 0,
    callback_answered: 0,
    calls_s: 0,
    talk_s: 0,
    average_talk_s: null,
    average_talk_n: 0,
    average_answer_s: null,
    average_answer_n: 0,
    statuses: { talking_s: 0, online_s: 126_400, dnd_s: 0, offline_s: 0, unknown_s: 0 },
  },
  days: [day({ day: '2026-11-20', online_s: 86_400, future_s: 0 }), day()],
  ...part,
})

describe('time that runs on', () => {
  it('goes to the status that runs', () => {
    expect(at(profile(), running(live), NOW + 30).days.map((one) => one.online_s)).toEqual([86_400, 40_030])
    expect(at(profile(), running(live), NOW + 30).summary.statuses.online_s).toBe(126_430)
  })

  it('is parted where the status has changed since the server reckoned', () => {
    const talking = running({ ...live, status: 'talking', since: NOW + 10 })
    expect(grown(profile(), talking, NOW + 30)).toMatchObject({ online: 10, talking: 20 })
  })

  it('is unknown while the row is only last known', () => {
    const stale = running({ ...live, stale: true })
    expect(grown(profile(), stale, NOW + 30)).toMatchObject({ online: 0, unknown: 30 })
  })

  it('keeps each day at its length, up to midnight and not beyond', () => {
    for (const later of [0, 1, 30, 46_400, 50_000]) {
      const [, today] = at(profile(), running(live), NOW + later).days
      if (!today) throw new Error('no today')
      const sum = today.talking_s + today.online_s + today.dnd_s + today.offline_s + today.unknown_s + today.future_s
      expect(sum).toBe(86_400)
    }
  })

  it('adds nothing to days that are over', () => {
    const over = profile({ days: [day({ future_s: 0 })] })
    expect(at(over, running(live), NOW + 30)).toBe(over)
  })
})

describe('a period', () => {
  it('is read from the address, and is today where that cannot be understood', () => {
    expect(readPeriod('?period=7d')).toBe('7d')
    expect(readPeriod('?period=2026-11-01..2026-11-20')).toEqual({ from: '2026-11-01', to: '2026-11-20' })
    for (const odd of [
      '',
      '?period=9d',
      '?period=2026-11-20..2026-11-01',
      '?period=x..y',
      '?period=2026-02-30..2026-03-01',
    ])
      expect(readPeriod(odd)).toBe('today')
    expect(readPeriod('?period=2024-01-01..2026-01-01')).toBe('today')
  })

  it('is written beside what else the address says', () => {
    expect(withPeriod('?type=inbound', '3d')).toBe('period=3d&type=inbound')
    expect(withPeriod('?period=3d&type=inbound', 'today')).toBe('type=inbound')
    expect(withPeriod('', { from: '2026-11-01', to: '2026-11-20' })).toBe('period=2026-11-01..2026-11-20')
  })

  it('of three days is today and the two before', () => {
    expect(daysOf('3d', '2026-03-01')).toEqual({ from: '2026-02-27', to: '2026-03-01' })
    expect(length('2026-02-27', '2026-03-01')).toBe(3)
    expect(named({ from: '2026-02-27', to: '2026-03-01' }, '2026-03-01')).toBe('3d')
    expect(named({ from: '2026-02-26', to: '2026-03-01' }, '2026-03-01')).toEqual({
      from: '2026-02-26',
      to: '2026-03-01',
    })
  })

  it('begins by the clocks of the project', () => {
    const at = Date.UTC(2026, 10, 21, 21, 30) / 1000
    expect(dayOf(at, 'Europe/Moscow')).toBe('2026-11-22')
    expect(dayOf(at, 'America/New_York')).toBe('2026-11-21')
  })
})

describe('a call of an employee', () => {
  const part = { ring_s: 6, answered: false, answered_at: null, talk_s: 0, missed: false, taken_elsewhere: false }
  const journal = (...parts: (typeof part)[]) => {
    const employees = parts.map((one, n) => ({ ...one, account: String(101 + n) }))
    const record = {
      call_id: 'c',
      type: 'inbound',
      result: 'answered',
      started_at: NOW,
      client_number: null,
      client_e164: null,
      employees,
    }
    return {
      record,
      employees: employees.map(({ account }, n) => ({ account, employee_id: n < 2 ? 1 : 2 })),
    } as unknown as Parameters<typeof callLine>[0]
  }

  it.each([
    ['answered', [part, { ...part, answered: true, talk_s: 40 }], 40],
    ['missed', [{ ...part, missed: true }], undefined],
    ['taken_elsewhere', [{ ...part, taken_elsewhere: true }, part, { ...part, answered: true, talk_s: 9 }], undefined],
    ['rang', [part, part, { ...part, missed: true }], undefined],
  ] as const)('is %s to them', (result, parts, talk) => {
    expect(callLine(journal(...parts), 1)).toMatchObject({ result, talk, colleagues: [] })
  })

  it.each([
    ['answered', 'answered', { ...part, ring_s: 0, talk_s: 40 }, 40],
    ['busy', 'busy', { ...part, ring_s: 0 }, undefined],
    ['no_answer', 'no_answer', { ...part, ring_s: 0 }, undefined],
    ['rang', 'answered', part, undefined],
  ] as const)('that was dialled is %s', (result, ended, own, talk) => {
    const { record, employees } = journal(own)
    const made = { record: { ...record, type: 'outbound', result: ended } as typeof record, employees }
    expect(callLine(made, 1)).toMatchObject({ result, talk })
  })

  it('names the colleague of an internal one', () => {
    const { record, employees } = journal({ ...part, answered: true }, part, part)
    const named = employees.map((one) => ({ ...one, employee_name: one.employee_id === 2 ? 'Boris' : 'Anna' }))
    expect(callLine({ record: { ...record, type: 'internal' }, employees: named }, 1).colleagues).toEqual(['Boris'])
  })
})

describe('fetching again', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('comes soon after a change, at most once in three seconds, and once more when all is quiet', () => {
    const fetched: number[] = []
    const refresher = new Refresher(
      () => fetched.push(Date.now()),
      () => Date.now(),
    )
    const begin = Date.now()
    refresher.touch()
    refresher.touch()
    for (let n = 0; n < 100; n += 1) {
      vi.advanceTimersByTime(100)
      refresher.touch()
    }
    vi.advanceTimersByTime(60_000)
    expect(fetched[0]).toBe(begin + 400)
    expect(fetched.every((one, n) => n === 0 || one - (fetched[n - 1] ?? 0) >= 3000)).toBe(true)
    expect(fetched.length).toBeLessThanOrEqual(6)
    expect(fetched.at(-1)).toBeGreaterThan(begin + 10_000)
  })

  it('waits after a fetch for another reason, and stops when told', () => {
    let fetched = 0
    const refresher = new Refresher(
      () => (fetched += 1),
      () => Date.now(),
    )
    refresher.fetched()
    refresher.touch()
    vi.advanceTimersByTime(2900)
    expect(fetched).toBe(0)
    vi.advanceTimersByTime(100)
    expect(fetched).toBe(1)
    refresher.stop()
    vi.advanceTimersByTime(60_000)
    expect(fetched).toBe(1)
  })
})

describe('a length read out', () => {
  it.each([
    ['en-GB', 668, '11m 8s'],
    ['en-GB', 7200, '2h'],
    ['ru', 668, '11 мин 8 с'],
    ['en-GB', 0, '0s'],
  ])('in %s', (locale, seconds, text) => {
    expect(spoken(locale, seconds).replace(/\s/g, ' ')).toBe(text)
  })
})
