import { describe, expect, it } from 'vitest'
import type { EmployeeAction, LiveEmployee } from '../src/live/frames'
import { isSo } from '../src/screens/employees/orders.svelte'
import { NOW } from './made'
import { employee, seat } from './made-people'

describe('what was asked for', () => {
  const paused = [seat('sales', { paused: true, reason: 'Lunch' })]
  const cases: [string, EmployeeAction, LiveEmployee, LiveEmployee][] = [
    [
      'a pause',
      { action: 'pause', queue: 'sales', reason: 'Lunch' },
      employee(1, { queues: [seat('sales'), seat('vip', { paused: true })] }),
      employee(1, { queues: paused }),
    ],
    [
      'the end of a pause',
      { action: 'unpause', queue: 'sales' },
      employee(1, { queues: paused }),
      employee(1, { queues: [seat('sales'), seat('vip', { paused: true })] }),
    ],
    [
      'a seat in a queue',
      { action: 'add_to_queue', queue: 'vip', account: '101' },
      employee(1, { queues: [seat('vip', { account: '7' })] }),
      employee(1, { queues: [seat('vip')] }),
    ],
    [
      'the end of a seat',
      { action: 'remove_from_queue', queue: 'vip' },
      employee(1, { queues: [seat('vip')] }),
      employee(1, { queues: [seat('vip', { dynamic: false, account: '7' }), seat('sales')] }),
    ],
    ['do-not-disturb', { action: 'dnd', account: '101', on: true }, employee(1), employee(1, { dnd: true })],
    [
      'a switch',
      { action: 'switch', status: 'offline' },
      employee(1),
      employee(1, { switch: { status: 'offline', since: NOW, by: 'anna', by_rule: false } }),
    ],
    [
      'the end of a switch',
      { action: 'switch', status: null },
      employee(1, { switch: { status: 'dnd', since: NOW, by: 'rule', by_rule: true } }),
      employee(1),
    ],
  ]

  it.each(cases)('%s is so when the stream tells it, not before', (_name, action, before, after) => {
    expect(isSo(action, before)).toBe(false)
    expect(isSo(action, after)).toBe(true)
  })
})
