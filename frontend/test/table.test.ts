import { describe, expect, it } from 'vitest'
import { step, visible } from '../src/ui/table'

describe('a virtual table', () => {
  it('draws what is seen and a little more', () => {
    expect(visible(1000, 0, 720, 36)).toEqual({ first: 0, last: 26 })
    expect(visible(1000, 3600, 720, 36)).toEqual({ first: 94, last: 126 })
  })

  it('draws nothing beyond the rows there are', () => {
    expect(visible(3, 0, 720, 36)).toEqual({ first: 0, last: 3 })
    expect(visible(0, 0, 720, 36)).toEqual({ first: 0, last: 0 })
    expect(visible(10, 99999, 720, 36)).toEqual({ first: 10, last: 10 })
  })

  it('goes from row to row by keys, and stays within', () => {
    expect(step('ArrowDown', 3, 10, 5)).toBe(4)
    expect(step('ArrowUp', 0, 10, 5)).toBe(0)
    expect(step('PageDown', 0, 100, 20)).toBe(18)
    expect(step('End', 0, 10, 5)).toBe(9)
    expect(step('Home', 7, 10, 5)).toBe(0)
    expect(step('a', 7, 10, 5)).toBeUndefined()
  })
})
