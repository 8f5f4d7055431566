import { describe, expect, it } from 'vitest'
import { ServerClock } from '../src/live/clock'
import { hold, inStatus, isWaiting, talk, waiting } from '../src/live/times'
import { age, clockTime, duration, fill, isoDuration } from '../src/i18n/format'
import { call, NOW, waitingCall } from './made'

describe('the times of a call', () => {
  it('lets the waiting run until a person answers, and then stand', () => {
    const waits = waitingCall('a')
    expect(waiting(waits, NOW)).toBe(60)
    expect(waiting(waits, NOW + 5)).toBe(65)
    expect(waiting(call('b'), NOW)).toBe(30)
    expect(waiting(call('b'), NOW + 500)).toBe(30)
  })

  it('adds the running stretch of talk to the finished ones', () => {
    expect(talk(waitingCall('a'), NOW)).toBeUndefined()
    expect(talk(call('b', { talk_s: 12.5 }), NOW)).toBe(42.5)
    expect(talk(call('b', { talk_s: 12.5, talk_since: null, status: 'hold' }), NOW)).toBe(12.5)
    expect(hold(call('b', { hold_s: 3, hold_since: NOW - 2 }), NOW)).toBe(5)
  })

  it('is never below zero though the clocks differ', () => {
    expect(inStatus(call('a', { status_since: NOW + 0.4 }), NOW)).toBe(0)
    expect(waiting(waitingCall('a', { started_at: NOW + 0.4 }), NOW)).toBe(0)
  })

  it('knows who waits', () => {
    expect(
      ['arriving', 'ivr', 'queue', 'ringing', 'dialling'].every((s) => isWaiting(call('a', { status: s as never }))),
    ).toBe(true)
    expect(
      ['talking', 'hold', 'transfer', 'parked', 'voicemail', 'fax'].some((s) =>
        isWaiting(call('a', { status: s as never })),
      ),
    ).toBe(false)
  })
})

describe('the server’s clock', () => {
  it('takes the frame that travelled least for the truth', () => {
    let local = 100
    const clock = new ServerClock(() => local)
    for (const travel of [0.3, 0.05, 0.9]) {
      local += 1
      clock.observe(local + 50 - travel)
    }
    expect(clock.offset).toBeCloseTo(49.95)
    expect(clock.now()).toBeCloseTo(local + 49.95)
  })

  it('starts afresh when the browser’s clock was set', () => {
    let local = 1000
    const clock = new ServerClock(() => local)
    clock.observe(1000)
    local += 3600
    clock.observe(1001)
    expect(clock.now()).toBeCloseTo(1001)
  })

  it('forgets old samples, so that a drift is followed', () => {
    const clock = new ServerClock(() => 0)
    for (let n = 0; n < 100; n += 1) clock.observe(4 - n * 0.02)
    expect(clock.offset).toBeLessThan(4 - 60 * 0.02)
  })
})

describe('the way times are written', () => {
  it.each([
    [0, '0:00'],
    [47.9, '0:47'],
    [728, '12:08'],
    [3753, '1:02:33'],
    [-3, '0:00'],
    [360000, '100:00:00'],
  ])('%d s is %s', (seconds, text) => expect(duration(seconds)).toBe(text))

  it('is readable by machines', () => expect(isoDuration(75.5)).toBe('PT75S'))

  it('shows the project’s zone, through both changes of the clocks', () => {
    expect(clockTime('en-GB', 'Europe/Moscow', NOW)).toBe('22:40:00')
    const beforeSpring = Date.UTC(2026, 2, 29, 0, 59, 59) / 1000
    expect(clockTime('pl', 'Europe/Warsaw', beforeSpring)).toBe('01:59:59')
    expect(clockTime('pl', 'Europe/Warsaw', beforeSpring + 1)).toBe('03:00:00')
    expect(clockTime('en-GB', 'Europe/Moscow', Date.UTC(2026, 0, 1, 21) / 1000)).toBe('00:00:00')
  })

  it('says an age in words, right in each language', () => {
    expect(age('en-GB', 1)).toBe('1 second')
    expect(age('ru', 22)).toBe('22 секунды')
    expect(age('uk', 300)).toBe('5 хвилин')
    expect(age('pl', 7200)).toBe('2 godziny')
  })

  it('fills the places of a text and leaves unknown ones standing', () => {
    expect(fill('{a} of {b}', { a: 1, b: 2 })).toBe('1 of 2')
    expect(fill('{a}', {})).toBe('{a}')
  })
})
