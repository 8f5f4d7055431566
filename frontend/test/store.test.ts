import { describe, expect, it } from 'vitest'
import type { DeltaFrame, FloorFrame, LiveCall } from '../src/live/frames'
import { apply, GAP, staleLink, type Floor } from '../src/live/store'
import { call, directory, NOW } from './made'
import { employee } from './made-people'

const snapshot = (calls: LiveCall[], sequence = 5): FloorFrame => ({
  type: 'snapshot',
  epoch: 'e',
  sequence,
  server_time: NOW,
  snapshot: { at: NOW, calls, links: [], directory, employees: [], supervisions: [] },
  waits: null,
})

const delta = (sequence: number, calls: Partial<DeltaFrame['calls']>, more: Partial<DeltaFrame> = {}): FloorFrame => ({
  type: 'delta',
  epoch: 'e',
  sequence,
  server_time: NOW,
  calls: { added: [], changed: [], removed: [], ...calls },
  ...more,
})

function floorOf(frame: FloorFrame, before?: Floor): Floor {
  const floor = apply(before, frame)
  if (floor === GAP) throw new Error('a gap')
  return floor
}

describe('the store', () => {
  it('takes a snapshot whole', () => {
    const floor = floorOf(snapshot([call('a'), call('b')]))
    expect([...floor.calls.keys()]).toEqual(['a', 'b'])
    expect(floor).toMatchObject({ epoch: 'e', sequence: 5, directory })
  })

  it('adds, changes and removes, and leaves every other object as it was', () => {
    const before = floorOf(snapshot([call('a'), call('b'), call('c')]))
    const after = floorOf(
      delta(6, { added: [call('d')], changed: [{ id: 'b', status: 'hold', talk_since: null }], removed: ['c'] }),
      before,
    )
    expect([...after.calls.keys()]).toEqual(['a', 'b', 'd'])
    expect(after.calls.get('a')).toBe(before.calls.get('a'))
    expect(after.calls.get('b')).toEqual({ ...call('b'), status: 'hold', talk_since: null })
    expect(before.calls.get('b')?.status).toBe('talking')
    expect(after.sequence).toBe(6)
  })

  it('says gap where a frame was lost, came twice, or is of another epoch', () => {
    const floor = floorOf(snapshot([call('a')]))
    expect(apply(floor, delta(7, {}))).toBe(GAP)
    expect(apply(floor, delta(5, {}))).toBe(GAP)
    expect(apply(floor, { ...delta(6, {}), epoch: 'other' } as FloorFrame)).toBe(GAP)
    expect(apply(undefined, delta(6, {}))).toBe(GAP)
  })

  it('says gap where a change or an end speaks of a call it has never heard of', () => {
    const floor = floorOf(snapshot([call('a')]))
    expect(apply(floor, delta(6, { changed: [{ id: 'x', status: 'hold' }] }))).toBe(GAP)
    expect(apply(floor, delta(6, { removed: ['x'] }))).toBe(GAP)
  })

  it('is unmoved by a heartbeat at its place, and says gap at another', () => {
    const floor = floorOf(snapshot([call('a')]))
    const beat = (sequence: number): FloorFrame => ({ type: 'heartbeat', epoch: 'e', sequence, server_time: NOW })
    expect(apply(floor, beat(5))).toBe(floor)
    expect(apply(floor, beat(6))).toBe(GAP)
  })

  it('keeps links and directory until a frame brings others', () => {
    const floor = floorOf(snapshot([]))
    const link = { id: 'm', name: 'PBX', state: 'stale' as const, since: NOW, detail: null }
    const after = floorOf(delta(6, {}, { links: [link] }), floor)
    expect(after.links).toEqual([link])
    expect(after.directory).toBe(floor.directory)
    expect(floorOf(delta(7, {}), after).links).toBe(after.links)
  })

  it('takes employees as it takes calls', () => {
    const first: FloorFrame = {
      type: 'snapshot',
      epoch: 'e',
      sequence: 5,
      server_time: NOW,
      snapshot: {
        at: NOW,
        calls: [call('a')],
        links: [],
        directory,
        employees: [employee(1), employee(2)],
        supervisions: [],
      },
      waits: null,
    }
    const before = floorOf(first)
    const change = { added: [employee(3)], changed: [{ id: 2, status: 'talking' as const }], removed: [1] }
    const after = floorOf(delta(6, {}, { employees: change }), before)
    expect([...after.employees.keys()]).toEqual([2, 3])
    expect(after.employees.get(2)).toEqual({ ...employee(2), status: 'talking' })
    expect(before.employees.get(2)?.status).toBe('online')
    expect(after.calls).toBe(before.calls)
    expect(floorOf(delta(7, {}), after).employees).toBe(after.employees)
    expect(apply(after, delta(7, {}, { employees: { added: [], changed: [{ id: 9 }], removed: [] } }))).toBe(GAP)
    expect(apply(after, delta(7, {}, { employees: { added: [], changed: [], removed: [9] } }))).toBe(GAP)
  })

  it('takes who supervises whom whole, and keeps it where a frame says nothing of it', () => {
    const first = floorOf(snapshot([call('a')]))
    const listening = [{ id: 's1', call_id: 'a' }] as unknown as Floor['supervisions'][number][]
    const after = floorOf(delta(6, {}, { supervisions: listening }), first)
    expect(after.supervisions).toEqual(listening)
    expect(floorOf(delta(7, {}), after).supervisions).toBe(after.supervisions)
    expect(floorOf(delta(7, {}, { supervisions: [] }), after).supervisions).toEqual([])
  })

  it('knows why writing waits until a frame says that it does not', () => {
    const first = floorOf(snapshot([call('a')]))
    const waits = { since: NOW, cause: 'store_full' as const, calls: 3, at_risk: 0, lost: 0 }
    const waiting = floorOf(delta(6, {}, { waits }), first)
    expect(waiting.waits).toEqual(waits)
    expect(floorOf(delta(7, {}), waiting).waits).toBe(waiting.waits)
    expect(floorOf(delta(7, {}, { waits: null }), waiting).waits).toBeNull()
  })

  it('names the link that is down longest', () => {
    const link = (id: string, state: 'live' | 'stale', since: number) => ({ id, name: id, state, since, detail: null })
    expect(staleLink([link('a', 'live', 1), link('b', 'stale', 9), link('c', 'stale', 4)])?.id).toBe('c')
    expect(staleLink([link('a', 'live', 1)])).toBeUndefined()
  })
})
