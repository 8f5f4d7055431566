import { describe, expect, it } from 'vitest'
import { dragged, nights, pieces, placeOf, showing, ticks, within, zoomed, type Segment } from '../src/ui/strip'

const HOUR = 3600
const day = { from: 0, to: 24 * HOUR }
const clock = (at: number) => Math.floor(at / 60) % 1440

function segments(...lengths: number[]): Segment[] {
  let at = 0
  return lengths.map((length, place) => {
    const from = at
    at += length
    return { status: ['online', 'talking'][place % 2] ?? '', from, to: at }
  })
}

describe('the view of a day', () => {
  it('zooms at an instant, which stays where it is', () => {
    const view = zoomed(day, day, 6 * HOUR, 0.5)
    expect(view).toEqual({ from: 3 * HOUR, to: 15 * HOUR })
    expect((6 * HOUR - view.from) / (view.to - view.from)).toBe(0.25)
  })

  it('never leaves the day, and never gets closer than a minute', () => {
    expect(zoomed(day, day, 0, 100)).toEqual(day)
    expect(zoomed({ from: 0, to: HOUR }, day, 0, 4)).toEqual({ from: 0, to: 4 * HOUR })
    expect(within({ from: -HOUR, to: HOUR }, day)).toEqual({ from: 0, to: 2 * HOUR })
    expect(within({ from: 23 * HOUR, to: 30 * HOUR }, day)).toEqual({ from: 17 * HOUR, to: 24 * HOUR })
    const close = zoomed({ from: 100, to: 170 }, day, 130, 0.01)
    expect(close.to - close.from).toBeCloseTo(60, 6)
  })

  it('is what was dragged over from either side, and a click is no drag', () => {
    expect(dragged(5 * HOUR, 2 * HOUR, day, 600)).toEqual({ from: 2 * HOUR, to: 5 * HOUR })
    expect(dragged(5 * HOUR, 5 * HOUR + 100, day, 600)).toBeUndefined()
  })

  it('moves to a segment that is not seen, and stays for one that is', () => {
    const view = { from: 0, to: 2 * HOUR }
    expect(showing(view, day, { status: '', from: HOUR, to: 2 * HOUR })).toBe(view)
    expect(showing(view, day, { status: '', from: 3 * HOUR, to: 4 * HOUR })).toEqual({ from: 2 * HOUR, to: 4 * HOUR })
    expect(showing(view, day, { status: '', from: 3 * HOUR, to: 9 * HOUR })).toEqual({ from: 3 * HOUR, to: 5 * HOUR })
  })
})

describe('what is drawn', () => {
  it('is every segment that a pixel can show', () => {
    expect(pieces(segments(HOUR, HOUR), day, 600)).toMatchObject([
      { status: 'online', from: 0, to: HOUR, first: 0, after: 1 },
      { status: 'talking', from: HOUR, to: 2 * HOUR, first: 1, after: 2 },
    ])
  })

  it('merges runs narrower than a pixel into the status that lasted longest, and loses no second', () => {
    const many = segments(HOUR, ...Array.from({ length: 8000 }, (_, n) => (n % 2 ? 4 : 6)), HOUR)
    const drawn = pieces(many, day, 600)
    expect(drawn.length).toBeLessThanOrEqual(604)
    expect(drawn[0]).toMatchObject({ first: 0, after: 1 })
    expect(drawn[1]).toMatchObject({ status: 'talking', from: HOUR })
    expect(drawn.every((one, n) => n === 0 || one.from === drawn[n - 1]?.to)).toBe(true)
    expect(drawn.every((one, n) => n === 0 || one.first === drawn[n - 1]?.after)).toBe(true)
    expect(drawn.at(-1)?.to).toBe(many.at(-1)?.to)
  })

  it('draws only what is seen', () => {
    expect(pieces(segments(HOUR, HOUR, HOUR), { from: HOUR, to: 2 * HOUR }, 100)).toHaveLength(1)
  })

  it('finds the segment of an instant', () => {
    expect(placeOf(segments(10, 10), 10)).toBe(1)
    expect(placeOf(segments(10, 10), 99)).toBe(1)
    expect(placeOf([], 5)).toBe(-1)
  })
})

describe('ticks and nights', () => {
  it('stand at round times, as close as their labels allow', () => {
    expect(ticks(day, day, clock, 13 * 60)).toEqual(Array.from({ length: 13 }, (_, n) => n * 2 * HOUR))
    expect(ticks({ from: 0, to: HOUR }, day, clock, 600)).toEqual([0, 600, 1200, 1800, 2400, 3000, 3600])
  })

  it('go by the clock on a day of 23 hours and on one of 25', () => {
    const spring = { from: 0, to: 23 * HOUR }
    const jumped = (at: number) => clock(at < 2 * HOUR ? at : at + HOUR)
    const shown = ticks(spring, spring, jumped, 1500).map((at) => jumped(at) / 60)
    expect(shown).not.toContain(2)
    expect(shown).toHaveLength(24)
    const autumn = { from: 0, to: 25 * HOUR }
    const twice = (at: number) => clock(at < 3 * HOUR ? at : at - HOUR)
    expect(ticks(autumn, autumn, twice, 1600).filter((at) => twice(at) === 120)).toHaveLength(2)
    expect(nights(autumn, twice)).toEqual([
      { from: 0, to: 7 * HOUR },
      { from: 23 * HOUR, to: 25 * HOUR },
    ])
  })

  it('is night from ten to six', () => {
    expect(nights(day, clock)).toEqual([
      { from: 0, to: 6 * HOUR },
      { from: 22 * HOUR, to: 24 * HOUR },
    ])
  })
})
