import { describe, expect, it } from 'vitest'
import { audible, byCall, type LiveSupervision } from '../src/live/supervisions'
import { isSo } from '../src/screens/supervision/call-orders.svelte'
import { goals } from '../src/screens/supervision/goals'
import { call, directory, party, waitingCall, who } from './made'
import { employee } from './made-people'

describe('who can be listened to', () => {
  it('is whoever of the company talks or holds, by an account', () => {
    const parties = [party(1), party(2, 'ringing'), party(3, 'holding'), { ...party(1), account: null, number: '7900' }]
    expect(audible(call('a', { parties })).map((one) => one.account)).toEqual(['101', '103'])
    expect(audible(call('a', { parties }), 3).map((one) => one.account)).toEqual(['101'])
    expect(audible(waitingCall('a'))).toEqual([])
  })

  it('is gathered by call', () => {
    const one = (id: string, call_id: string) => ({ id, call_id }) as LiveSupervision
    expect(
      byCall([one('1', 'a'), one('2', 'b'), one('3', 'a')])
        .get('a')
        ?.map(({ id }) => id),
    ).toEqual(['1', '3'])
  })
})

describe('what was asked for a call', () => {
  const order = (action: Parameters<typeof isSo>[0]['action'], before = '101') => ({ action, accounts: [], before })

  it('is so when the stream shows it', () => {
    expect(isSo(order({ type: 'hang_up' }), call('a'))).toBe(false)
    expect(isSo(order({ type: 'hang_up' }), undefined)).toBe(true)
    expect(isSo(order({ type: 'transfer', employee_id: 2 }), call('a'))).toBe(false)
    expect(isSo(order({ type: 'transfer', employee_id: 2 }), call('a', { parties: [party(2, 'ringing')] }))).toBe(true)
    expect(isSo(order({ type: 'transfer', employee_id: 2 }), call('a', { parties: [party(2, 'left')] }))).toBe(false)
    expect(isSo(order({ type: 'transfer', queue: 'vip' }), call('a'))).toBe(false)
    expect(isSo(order({ type: 'transfer', queue: 'vip' }), waitingCall('a', { queue: 'vip' }))).toBe(true)
    const answered = call('a', { queue: 'vip', status: 'transfer' })
    expect(isSo(order({ type: 'transfer', queue: 'vip' }), answered)).toBe(true)
    expect(isSo(order({ type: 'transfer', number: '79990000000' }), call('a'))).toBe(false)
    expect(isSo(order({ type: 'transfer', number: '79990000000' }), call('a', { parties: [] }))).toBe(true)
    expect(isSo(order({ type: 'take', account: '103' }), call('a'))).toBe(false)
    expect(isSo(order({ type: 'take', account: '103' }), call('a', { parties: [party(1), party(3)] }))).toBe(true)
    const three = { status: 'conference' as const, parties: [party(1), party(2)] }
    expect(isSo(order({ type: 'remove', party: '102' }), call('a', three))).toBe(false)
    expect(isSo(order({ type: 'remove', party: '102' }), call('a', { parties: [party(1), party(2, 'left')] }))).toBe(
      true,
    )
    expect(isSo(order({ type: 'remove', party: null }), call('a', three))).toBe(false)
    expect(isSo(order({ type: 'remove', party: null }), call('a', { ...three, status: 'transfer' }))).toBe(true)
  })
})

describe('where a call can go', () => {
  const employees = new Map([
    [1, employee(1, { status: 'talking' })],
    [2, employee(2, { status: 'offline' })],
    [3, employee(3, { status: 'online' })],
  ])
  const found = (text: string) => goals(text, { call: call('a'), who: who(), employees, locale: 'en' })

  it('is a queue, or an employee: who is free first, who is in the call last', () => {
    expect(found('').map((one) => one.name)).toEqual([
      ...directory.queues.map((one) => one.label ?? one.name).toSorted(),
      'Clara Novak',
      'Борис Ефимов',
      'Anna Keller',
    ])
  })

  it('is found by a part of a name and by an account', () => {
    expect(found('clar').map((one) => one.name)).toEqual(['Clara Novak'])
    expect(found('102')[0]).toMatchObject({ name: 'Борис Ефимов', action: { type: 'transfer', employee_id: 2 } })
    expect(found('sales l')[0]).toMatchObject({ kind: 'queue', action: { type: 'transfer', queue: 'sales' } })
  })

  it('is any number, as it will be dialled', () => {
    expect(found('+7 (916) 123-45-67')[0]).toMatchObject({
      kind: 'number',
      action: { type: 'transfer', number: '+79161234567' },
    })
    expect(found('nobody at all')).toEqual([])
  })
})
