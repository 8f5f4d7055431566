import { describe, expect, it } from 'vitest'
import {
  ALL_AUDIT,
  askedAudit,
  changesOf,
  factsOf,
  isAuditFiltered,
  placed,
  readAuditQuery,
  secondsByMode,
  withAuditQuery,
} from '../src/live/audit'

const TODAY = '2026-11-22'

describe('the audit’s address', () => {
  it('says nothing of what holds by itself, and is read as it was written', () => {
    expect(withAuditQuery('', ALL_AUDIT)).toBe('')
    const query = { ...ALL_AUDIT, users: [3, 5], modes: ['whisper' as const], call: '1-2', endings: ['left' as const] }
    const search = withAuditQuery('profile=7', query)
    expect(search).toBe('user=3,5&mode=whisper&ending=left&about_call=1-2&profile=7')
    expect(readAuditQuery(search)).toEqual(query)
  })

  it('asks each list only for what it knows', () => {
    const query = { ...ALL_AUDIT, users: [3], modes: ['join' as const], actions: ['sign_in'], call: '1-2' }
    expect(askedAudit(query, TODAY)).toBe('from=2026-11-16&to=2026-11-22&user=3&mode=join&call=1-2')
    expect(askedAudit({ ...query, view: 'deeds' }, TODAY)).toBe('from=2026-11-16&to=2026-11-22&user=3&action=sign_in')
  })

  it('knows whether anything is left out beside the days', () => {
    expect(isAuditFiltered({ ...ALL_AUDIT, period: '30d' })).toBe(false)
    expect(isAuditFiltered({ ...ALL_AUDIT, ways: ['phone'] })).toBe(true)
    expect(isAuditFiltered({ ...ALL_AUDIT, view: 'deeds' })).toBe(false)
    expect(isAuditFiltered({ ...ALL_AUDIT, view: 'deeds', outcomes: ['failed'] })).toBe(true)
  })

  it('leaves out what nobody understands', () => {
    expect(readAuditQuery('view=everything&mode=shout&outcome=maybe&user=x')).toEqual(ALL_AUDIT)
  })
})

describe('a deed', () => {
  it('tells what was changed, name by name, nested ones by their path', () => {
    const details = {
      before: { tone: false, supervision: { most: 4 } },
      after: { tone: true, supervision: { most: 2 } },
    }
    expect(changesOf(details)).toEqual([
      { name: 'tone', before: false, after: true },
      { name: 'supervision.most', before: 4, after: 2 },
    ])
    expect(factsOf(details)).toEqual([])
  })

  it('that is no change has facts alone', () => {
    expect(changesOf({ format: 'csv' })).toEqual([])
    expect(factsOf({ format: 'csv', days: [1, 2] })).toEqual([
      ['format', 'csv'],
      ['days', [1, 2]],
    ])
  })
})

describe('a session’s strip', () => {
  const stretch = (mode: 'listen' | 'whisper', began_at: number, ended_at: number | null, muted = false) => ({
    mode,
    muted,
    began_at,
    ended_at,
  })

  it('has each stretch in its place, as part of the whole', () => {
    const modes = [stretch('listen', 100, 130), stretch('whisper', 130, 150, true), stretch('whisper', 150, 200)]
    const found = placed({ modes, started_at: 100, ended_at: 200 }, 999)
    expect(found.map(({ from, share }) => [from, share])).toEqual([
      [0, 0.3],
      [0.3, 0.2],
      [0.5, 0.5],
    ])
    expect(secondsByMode(found)).toEqual({ listen: 30, whisper: 70 })
  })

  it('that is still on grows until now', () => {
    const found = placed({ modes: [stretch('listen', 100, null)], started_at: 90, ended_at: null }, 110)
    expect(found).toMatchObject([{ from: 0.5, share: 0.5, ended_at: 110 }])
  })
})
