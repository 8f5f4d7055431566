import { describe, expect, it } from 'vitest'
import type { LiveCall } from '../src/live/frames'
import { comparer } from '../src/live/order'
import { FADE_S, Presenter } from '../src/live/presenter'
import type { Row } from '../src/live/rows'
import { call, NOW, party, waitingCall, who } from './made'

const everyone = who()
const rows = (...calls: LiveCall[]): Row[] => calls.map((one) => everyone.row(one))
const ids = (list: readonly { id: string }[]) => list.map((one) => one.id).join(' ')

describe('the order', () => {
  const old = call('old', { started_at: NOW - 900, answered_at: NOW - 880, talk_since: NOW - 880 })
  const young = call('young', {
    started_at: NOW - 50,
    answered_at: NOW - 10,
    talk_since: NOW - 10,
    parties: [party(2)],
  })
  const queued = waitingCall('queued', { started_at: NOW - 20 })
  const queuedLonger = waitingCall('longer', { started_at: NOW - 90 })
  const all = rows(young, queued, old, queuedLonger)
  const by = (key: Parameters<typeof comparer>[0], locale = 'en') => ids(all.toSorted(comparer(key, NOW, locale)))

  it('has those who wait on top, the longest first, and then those who talk', () => {
    expect(by(undefined)).toBe('longer queued old young')
  })

  it('by times, up and down', () => {
    expect(by({ key: 'waiting', descending: true })).toBe('longer young queued old')
    expect(by({ key: 'talk', descending: true })).toBe('old young longer queued')
    expect(by({ key: 'talk', descending: false })).toBe('longer queued young old')
  })

  it('by names, those without one last', () => {
    expect(by({ key: 'employee', descending: false })).toBe('old young longer queued')
  })

  it('by type and by status, in the order of their lists', () => {
    const list = rows(call('a', { type: 'internal' }), call('b', { type: 'outbound' }), call('c'))
    expect(ids(list.toSorted(comparer({ key: 'type', descending: false }, NOW, 'en')))).toBe('c b a')
    expect(by({ key: 'status', descending: true })).toBe('old young longer queued')
  })
})

describe('what is on the screen', () => {
  const a = call('a')
  const b = call('b')
  const c = call('c')

  function stage() {
    const presenter = new Presenter<Row>()
    const alive = new Map<string, LiveCall>()
    let now = NOW
    return {
      presenter,
      wait: (seconds: number) => (now += seconds),
      show(matching: LiveCall[], { held = false, others = [] as LiveCall[] } = {}) {
        alive.clear()
        for (const one of [...matching, ...others]) alive.set(one.id, one)
        return presenter.show({
          rows: rows(...matching),
          alive: (id) => {
            const found = alive.get(id)
            return found && everyone.row(found)
          },
          held,
          now,
        })
      },
    }
  }

  it('does not fade in what the first picture shows, and fades in what comes later, once', () => {
    const s = stage()
    expect(s.show([a]).map((one) => one.fresh)).toEqual([false])
    expect(s.show([a, b]).map((one) => one.fresh)).toEqual([false, true])
    expect(s.presenter.unsettled).toBe(true)
    s.wait(FADE_S + 0.01)
    expect(s.show([a, b]).map((one) => one.fresh)).toEqual([false, false])
    expect(s.presenter.unsettled).toBe(false)
  })

  it('lets an ended call fade in its place, its times stopped, and then go', () => {
    const s = stage()
    s.show([a, b, c])
    s.wait(5)
    const fading = s.show([a, c])
    expect(ids(fading)).toBe('a b c')
    expect(fading[1]).toMatchObject({ gone: 'ended', goneAt: NOW + 5 })
    s.wait(FADE_S + 0.01)
    expect(ids(s.show([a, c]))).toBe('a c')
  })

  it('drops at once what only no longer matches', () => {
    const s = stage()
    s.show([a, b])
    expect(ids(s.show([a], { others: [b] }))).toBe('a')
  })

  it('holds every place while held: new below, gone where it was', () => {
    const s = stage()
    s.show([a, b])
    expect(ids(s.show([c, b, a], { held: true }))).toBe('a b c')
    s.wait(60)
    const held = s.show([c], { held: true, others: [b] })
    expect(ids(held)).toBe('a b c')
    expect(held.map((one) => one.gone)).toEqual(['ended', 'left', undefined])
    expect(ids(s.show([c, b], { held: true }))).toBe('a b c')
  })

  it('is in its true order again when let go', () => {
    const s = stage()
    s.show([a, b])
    s.show([b, a], { held: true })
    expect(ids(s.show([b, a]))).toBe('b a')
  })

  it('shows a held call as it is now, though its place is old', () => {
    const s = stage()
    s.show([a, b])
    const changed = { ...a, status: 'hold' as const }
    expect(s.show([b, changed], { held: true })[0]?.row.call.status).toBe('hold')
  })

  it('owes the old order nothing after a reset', () => {
    const s = stage()
    s.show([a, b])
    s.presenter.reset()
    expect(s.show([b], { held: true }).map((one) => [one.id, one.fresh])).toEqual([['b', false]])
  })
})
