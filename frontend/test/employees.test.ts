import { describe, expect, it } from 'vitest'
import {
  employeeComparer,
  employeeMatcher,
  NO_EMPLOYEE_FILTERS,
  readEmployeeFilters,
  writeEmployeeFilters,
  type EmployeeFilters,
} from '../src/live/employee-filters'
import { callsOf, countEmployees, NO_REASON, Staff, type EmployeeRow } from '../src/live/employees'
import type { LiveCall, LiveEmployee } from '../src/live/frames'
import { call, NOW, party, waitingCall, who } from './made'
import { badge, device, employee, seat } from './made-people'

const everyone = who()

function rows(people: LiveEmployee[], calls: LiveCall[] = []): readonly EmployeeRow[] {
  const inCalls = callsOf(new Map(calls.map((one) => [one.id, one])), everyone)
  return new Staff().rows(new Map(people.map((one) => [one.id, one])), inCalls, everyone)
}

const anna = employee(1, { status: 'talking', queues: [seat('sales'), seat('vip')] })
const boris = employee(2, { badges: [badge('paused', { reason: 'Lunch', queue: 'sales' }), badge('ringing')] })
const clara = employee(3, { status: 'offline', badges: [badge('paused', { queue: 'vip' })] })
const all = [clara, boris, anna]
const found = (part: Partial<EmployeeFilters>, calls: LiveCall[] = []) =>
  rows(all, calls)
    .filter(employeeMatcher({ ...NO_EMPLOYEE_FILTERS, ...part }, everyone))
    .map((row) => row.name)

describe('the filters of employees in the address bar', () => {
  it('are readable, and the same when read again', () => {
    const filters: EmployeeFilters = {
      search: 'анна 916',
      employees: [1, 12],
      departments: [1, 3],
      marks: ['online', 'ringing'],
      breaks: ['Lunch, late', NO_REASON],
      queues: ['sales', '100%'],
      number: '916',
      sort: { key: 'in-status', descending: true },
    }
    const text = writeEmployeeFilters(filters)
    expect(readEmployeeFilters(`?${text}`)).toEqual(filters)
    expect(text).toContain('employee=1,12&department=1,3&status=online,ringing&break=')
    expect(text).toMatch(/sort=-in-status$/)
  })

  it('leave out what is not understood, and a panel’s own words', () => {
    expect(readEmployeeFilters('?status=asleep,dnd&employee=x&sort=shoe&period=7')).toEqual({
      ...NO_EMPLOYEE_FILTERS,
      marks: ['dnd'],
    })
    expect(writeEmployeeFilters(NO_EMPLOYEE_FILTERS)).toBe('')
  })
})

describe('filters of employees', () => {
  it('let everyone through when empty', () => expect(found({})).toHaveLength(3))

  it('by name, department with those below it, and queue', () => {
    expect(found({ employees: [1, 3] })).toEqual(['Clara Novak', 'Anna Keller'])
    expect(found({ departments: [1] })).toEqual(['Борис Ефимов', 'Anna Keller'])
    expect(found({ departments: [2] })).toEqual(['Борис Ефимов'])
    expect(found({ queues: ['vip'] })).toEqual(['Anna Keller'])
  })

  it('by status or what is beside it: any of them', () => {
    expect(found({ marks: ['offline'] })).toEqual(['Clara Novak'])
    expect(found({ marks: ['ringing', 'talking'] })).toEqual(['Борис Ефимов', 'Anna Keller'])
    expect(found({ marks: ['paused'] })).toEqual(['Clara Novak', 'Борис Ефимов'])
  })

  it('by the reason of a break, or by its having none', () => {
    expect(found({ breaks: ['Lunch'] })).toEqual(['Борис Ефимов'])
    expect(found({ breaks: [NO_REASON] })).toEqual(['Clara Novak'])
  })

  it('by the number of the call they are in', () => {
    expect(found({ number: '8 916' }, [call('a', { parties: [party(1)] })])).toEqual(['Anna Keller'])
    expect(found({ number: '8 916' }, [call('a', { parties: [party(1, 'left')] })])).toEqual([])
  })

  it('combine: all of them must hold', () => {
    expect(found({ marks: ['paused'], departments: [3] })).toEqual(['Clara Novak'])
    expect(found({ marks: ['paused'], breaks: ['Lunch'], departments: [3] })).toEqual([])
  })

  it('search names, accounts, departments, queues and agents', () => {
    expect(found({ search: 'KELLER' })).toEqual(['Anna Keller'])
    expect(found({ search: '103' })).toEqual(['Clara Novak'])
    expect(found({ search: 'regions борис' })).toEqual(['Борис Ефимов'])
    expect(found({ search: 'sales line' })).toEqual(['Anna Keller'])
    expect(found({ search: 'yealink' })).toHaveLength(3)
  })
})

describe('a row', () => {
  it('is the same object as long as nothing in it changes', () => {
    const staff = new Staff()
    const one = call('a')
    const take = (people: LiveEmployee[], calls: LiveCall[]) =>
      staff.rows(
        new Map(people.map((person) => [person.id, person])),
        callsOf(new Map(calls.map((each) => [each.id, each])), everyone),
        everyone,
      )
    const before = take([anna, boris], [one])
    const after = take([anna, { ...boris }], [one])
    expect(after[0]).toBe(before[0])
    expect(after[1]).not.toBe(before[1])
    expect(take([anna, boris], [{ ...one }])[0]).not.toBe(before[0])
  })

  it('names each agent once, the one that talks first', () => {
    const three = [device('a', { user_agent: 'Zoiper' }), device('b', { status: 'talking', user_agent: 'Yealink' })]
    const [row] = rows([
      employee(1, { devices: [...three, device('c', { user_agent: 'Zoiper' }), device('d', { user_agent: null })] }),
    ])
    expect(row?.agents).toEqual(['Yealink', 'Zoiper'])
    expect(row?.devices).toHaveLength(4)
  })

  it('makes one badge of one break in several queues', () => {
    const [row] = rows([
      employee(1, {
        badges: [
          badge('paused', { queue: 'sales', reason: 'Lunch', since: NOW - 5 }),
          badge('paused', { queue: 'vip', reason: 'Lunch', since: NOW - 9 }),
          badge('paused', { queue: 'vip', reason: 'Training' }),
          badge('ringing'),
        ],
      }),
    ])
    expect(row?.badges.map((one) => [one.kind, one.reason, one.queues.join()])).toEqual([
      ['ringing', null, ''],
      ['paused', 'Lunch', 'sales,vip'],
      ['paused', 'Training', 'vip'],
    ])
    expect(row?.badges[1]?.since).toBe(NOW - 9)
  })

  it('shows the call one talks in, and says how many more there are', () => {
    const ringing = waitingCall('r', { status: 'ringing', parties: [party(1, 'ringing', NOW)] })
    const talking = call('t', { parties: [party(1, 'talking', NOW - 90), party(2)] })
    const [row] = rows([anna], [ringing, talking])
    expect(row?.current?.call.id).toBe('t')
    expect(row?.current?.more).toBe(1)
    expect(row?.other?.text).toBe('+7 916 123 45 67')
  })

  it('shows the colleague where there is no client', () => {
    const inside = call('i', {
      type: 'internal',
      client_number: null,
      client_e164: null,
      parties: [party(1), party(3)],
    })
    expect(rows([anna], [inside])[0]?.other?.text).toBe('Clara Novak')
  })
})

describe('counters of employees', () => {
  it('count each status, each badge once a person, and the breaks by reason', () => {
    const doubly = employee(4, {
      badges: [badge('paused', { reason: 'Lunch', queue: 'a' }), badge('paused', { reason: 'Lunch', queue: 'b' })],
    })
    const counters = countEmployees(rows([...all, doubly]))
    expect(counters.all).toBe(4)
    expect(counters.statuses).toEqual({ talking: 1, online: 2, dnd: 0, offline: 1, unknown: 0 })
    expect(counters.badges).toEqual({ ringing: 1, dialling: 0, paused: 3, wrap_up: 0 })
    expect(counters.breaks).toEqual([
      { reason: 'Lunch', count: 2 },
      { reason: NO_REASON, count: 1 },
    ])
  })
})

describe('the order of employees', () => {
  const by = (key: EmployeeFilters['sort'], locale = 'en') =>
    rows(all, [call('a', { parties: [party(3)] })])
      .toSorted(employeeComparer(key, NOW, locale, everyone))
      .map((row) => row.live.id)
      .join(' ')

  it('is by name, and by any column, up and down', () => {
    expect(by(undefined)).toBe('1 3 2')
    expect(by({ key: 'name', descending: true })).toBe('2 3 1')
    expect(by({ key: 'department', descending: false })).toBe('2 1 3')
    expect(by({ key: 'status', descending: false })).toBe('1 2 3')
    expect(by({ key: 'queues', descending: false })).toBe('1 3 2')
    expect(by({ key: 'call', descending: false })).toBe('3 1 2')
  })

  it('has the longest in their status last, or first', () => {
    const order = (descending: boolean) =>
      rows([employee(1, { since: NOW - 5 }), employee(2, { since: NOW - 500 }), employee(3, { since: NOW - 50 })])
        .toSorted(employeeComparer({ key: 'in-status', descending }, NOW, 'en', everyone))
        .map((row) => row.live.id)
    expect(order(false)).toEqual([1, 3, 2])
    expect(order(true)).toEqual([2, 3, 1])
  })
})
