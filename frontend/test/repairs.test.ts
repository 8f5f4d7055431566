import { describe, expect, it } from 'vitest'
import { isUnable, isUnderWay } from '../src/live/repairs'

const NOW = 1_800_000_000

describe('what is said of repairs on the live pages', () => {
  it('is that one has begun or is about to, and not that a late PBX is asked again', () => {
    expect(isUnderWay({ state: 'waiting', lacking: null })).toBe(true)
    expect(isUnderWay({ state: 'running', lacking: null })).toBe(true)
    expect(isUnderWay({ state: 'running', lacking: 'late' })).toBe(false)
    expect(isUnderWay({ state: 'done', lacking: null })).toBe(false)
  })

  it('is that records cannot be read, for a week', () => {
    expect(isUnable({ state: 'waiting', lacking: 'unreadable', ended_at: NOW - 60 }, NOW)).toBe(true)
    expect(isUnable({ state: 'failed', lacking: 'unreadable', ended_at: NOW - 60 }, NOW)).toBe(true)
    expect(isUnable({ state: 'incomplete', lacking: 'partial', ended_at: NOW - 60 }, NOW)).toBe(false)
    expect(isUnable({ state: 'failed', lacking: 'unreadable', ended_at: NOW - 8 * 86_400 }, NOW)).toBe(false)
  })
})
