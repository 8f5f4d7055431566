import { expect, test } from 'vitest'
import { callsOf, Staff } from '../src/live/employees'
import { queuesOf } from '../src/live/queues'
import { call, NOW, waitingCall, who } from './made'
import { badge, employee, seat } from './made-people'

const seen = (calls: ReturnType<typeof call>[], people: ReturnType<typeof employee>[]) => {
  const names = who()
  const live = new Map(calls.map((one) => [one.id, one]))
  const staff = new Staff().rows(new Map(people.map((one) => [one.id, one])), callsOf(live, names), names)
  const rows = calls.map((one) => names.row(one))
  return new Map(queuesOf(rows, staff, names, 'en-GB').map((one) => [one.name, one]))
}

test('each queue has who waits in it, in their places, and nobody who was answered or has left it', () => {
  const queues = seen(
    [
      waitingCall('third', { queue_position: null, started_at: NOW - 90 }),
      waitingCall('second', { queue_position: 2 }),
      waitingCall('first', { queue_position: 1, status: 'ringing' }),
      waitingCall('other', { queue: 'new', queue_position: 1 }),
      waitingCall('nowhere', { queue: null, status: 'ivr' }),
      call('talks'),
    ],
    [],
  )
  expect([...queues.keys()]).toEqual(['new', 'sales', 'vip'])
  expect(queues.get('sales')?.waiting.map((row) => row.id)).toEqual(['first', 'second', 'third'])
  expect(queues.get('new')?.waiting.map((row) => row.id)).toEqual(['other'])
  expect(queues.get('vip')?.waiting).toEqual([])
})

test('each member stands in its queues by what they do there', () => {
  const queues = seen(
    [],
    [
      employee(1, { queues: [seat('sales'), seat('vip', { paused: true, reason: 'Lunch' })] }),
      employee(2, { queues: [seat('sales', { paused: true })], status: 'talking' }),
      employee(3, { queues: [seat('sales')], badges: [badge('ringing')] }),
      employee(4, { queues: [seat('sales'), seat('sales', { account: '9', paused: true })] }),
      employee(5, { queues: [seat('sales')], status: 'dnd' }),
      employee(6, { queues: [seat('vip')], status: 'unknown' }),
      employee(7, {}),
    ],
  )
  const states = (name: string) =>
    queues.get(name)?.members.map(({ employee: one, state, reason }) => [one.id, state, reason])
  expect(states('sales')).toEqual([
    ['4', 'free', null],
    ['1', 'free', null],
    ['3', 'ringing', null],
    ['2', 'talking', null],
    ['5', 'unavailable', null],
  ])
  expect(states('vip')).toEqual([
    ['1', 'paused', 'Lunch'],
    ['6', 'unavailable', null],
  ])
  expect(queues.get('sales')?.states).toEqual({ free: 2, ringing: 1, talking: 1, paused: 0, unavailable: 1 })
})

test('a queue that is last known is marked', () => {
  const queues = seen([waitingCall('a', { stale: true })], [employee(1, { queues: [seat('vip')] })])
  expect([queues.get('sales')?.stale, queues.get('vip')?.stale]).toEqual([true, false])
})
