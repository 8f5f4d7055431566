import { describe, expect, it } from 'vitest'
import { count, matcher, NO_FILTERS, readFilters, writeFilters, type Filters } from '../src/live/filters'
import type { LiveCall } from '../src/live/frames'
import { call, party, waitingCall, who } from './made'

const everyone = who()
const found = (part: Partial<Filters>, ...calls: LiveCall[]) =>
  calls
    .map((one) => everyone.row(one))
    .filter(matcher({ ...NO_FILTERS, ...part }, everyone))
    .map((row) => row.id)

const anna = call('anna')
const boris = call('boris', {
  parties: [party(2)],
  type: 'outbound',
  queue: null,
  client_e164: '+380441234567',
  client_number: '380441234567',
})
const both = waitingCall('both', {
  status: 'ringing',
  parties: [party(1, 'ringing'), party(3, 'ringing')],
  queue: 'vip',
})
const nobody = waitingCall('nobody', { client_number: null, client_e164: null })
const all = [anna, boris, both, nobody]

describe('filters in the address bar', () => {
  it('are readable, and the same when read again', () => {
    const filters: Filters = {
      search: 'анна 916',
      phase: 'waiting',
      types: ['inbound', 'outbound'],
      statuses: ['queue'],
      employees: ['1', '79031112233'],
      departments: [1, 3],
      queues: ['sales', 'a, b & 100%'],
      number: '916',
      sort: { key: 'waiting', descending: true },
    }
    const text = writeFilters(filters)
    expect(readFilters(`?${text}`)).toEqual(filters)
    expect(text).toContain('type=inbound,outbound&status=queue&employee=1,79031112233&department=1,3')
    expect(text).toMatch(/sort=-waiting$/)
  })

  it('are nothing where nothing is filtered', () => {
    expect(writeFilters(NO_FILTERS)).toBe('')
    expect(readFilters('')).toEqual(NO_FILTERS)
    expect(writeFilters({ ...NO_FILTERS, number: '9' })).toBe('number=9')
  })

  it('leave out what is not understood', () => {
    expect(readFilters('?type=inbound,alien&status=&department=x,2&sort=-shoe&state=asleep&foo=bar')).toEqual({
      ...NO_FILTERS,
      types: ['inbound'],
      departments: [2],
    })
  })
})

describe('filters', () => {
  it('let everything through when empty', () => expect(found({}, ...all)).toHaveLength(4))

  it('find an employee wherever they are in the call', () => {
    expect(found({ employees: ['1'] }, ...all)).toEqual(['anna', 'both'])
    expect(found({ employees: ['3', '2'] }, ...all)).toEqual(['boris', 'both'])
  })

  it('take a department with all below it', () => {
    expect(found({ departments: [1] }, ...all)).toEqual(['anna', 'boris', 'both'])
    expect(found({ departments: [2] }, ...all)).toEqual(['boris'])
  })

  it('by type, status, state and queue', () => {
    expect(found({ types: ['outbound'] }, ...all)).toEqual(['boris'])
    expect(found({ statuses: ['ringing', 'queue'] }, ...all)).toEqual(['both', 'nobody'])
    expect(found({ phase: 'talking' }, ...all)).toEqual(['anna', 'boris'])
    expect(found({ queues: ['vip'] }, ...all)).toEqual(['both'])
  })

  it('by part of a number, the client’s or ours, however it is written', () => {
    expect(found({ number: '77 123' }, ...all)).toEqual([])
    expect(found({ number: '44 123' }, ...all)).toEqual(['boris'])
    expect(found({ number: '8 916 123' }, ...all)).toEqual(['anna', 'both'])
    expect(found({ number: '100-00-01' }, ...all)).toHaveLength(4)
  })

  it('combine: all of them must hold', () => {
    expect(found({ employees: ['1'], phase: 'waiting' }, ...all)).toEqual(['both'])
    expect(found({ employees: ['1'], phase: 'waiting', types: ['outbound'] }, ...all)).toEqual([])
  })

  it('search people, departments, queues and numbers, in any case and grouping', () => {
    expect(found({ search: 'ANNA' }, ...all)).toEqual(['anna', 'both'])
    expect(found({ search: 'ефимов борис' }, ...all)).toEqual(['boris'])
    expect(found({ search: 'support' }, ...all)).toEqual(['both'])
    expect(found({ search: '+380 (44) 123' }, ...all)).toEqual(['boris'])
    expect(found({ search: '8 (916) 123-45' }, ...all)).toEqual(['anna', 'both'])
    expect(found({ search: 'main line' }, ...all)).toHaveLength(4)
    expect(found({ search: 'nothing like it' }, ...all)).toEqual([])
  })

  it('do not find an employee who has left the call', () => {
    expect(found({ employees: ['1'] }, call('x', { parties: [party(1, 'left'), party(2)] }))).toEqual([])
  })
})

describe('counters', () => {
  it('make active of waiting and talking, with the inbound among them', () => {
    expect(count(all.map((one) => everyone.row(one)))).toEqual({
      active: 4,
      waiting: 2,
      waitingInbound: 2,
      talking: 2,
      talkingInbound: 1,
    })
  })
})
