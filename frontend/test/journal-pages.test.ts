import { beforeEach, describe, expect, it } from 'vitest'
import type { JournalRow } from '../src/live/journal'
import { JournalPages, PAGE_ROWS } from '../src/live/journal-pages'
import { NOW } from './made'
import { Journal, row } from './made-journal'

let journal: Journal
let pages: JournalPages

beforeEach(() => {
  journal = new Journal(230)
  pages = new JournalPages()
  pages.begin(journal.ask({}, PAGE_ROWS))
})

const all = (): (JournalRow | undefined)[] => pages.slice(0, pages.length)
const ids = () => all().map((one) => one?.call_id)
const down = () => pages.append(journal.ask({ after: pages.next }, PAGE_ROWS))

function up(): number {
  const answer = journal.ask({ before: pages.previous }, PAGE_ROWS)
  return pages.prepend(answer, answer.rows.length >= PAGE_ROWS)
}

function mend(first: number, last: number): number {
  let asked = 0
  for (let torn = pages.wanting(first, last); torn; torn = pages.wanting(first, last)) {
    const where = torn.before === undefined ? { after: torn.after } : { before: torn.before }
    pages.reread(torn, journal.ask(where, torn.limit))
    if ((asked += 1) > 20) throw new Error('there is no end to it')
  }
  return asked
}

describe('downwards', () => {
  it('comes to every row once, and to a clear end', () => {
    while (!pages.endReached) down()
    expect(ids()).toEqual(journal.rows.map((one) => one.call_id))
    expect(pages.topReached).toBe(true)
  })

  it('an empty answer with a cursor that leads nowhere is the end', () => {
    pages.append({ rows: [], next_cursor: pages.next ?? null, previous_cursor: null })
    expect(pages.endReached).toBe(true)
  })

  it('finds a row and where it stands', () => {
    down()
    expect(pages.indexOf(journal.rows[73]?.call_id)).toBe(73)
    expect(pages.row(73)).toBe(journal.rows[73])
    expect(pages.indexOf('nobody')).toBe(-1)
  })
})

describe('what is far', () => {
  it('is let go with its height kept, and reads the same when it is fetched again', () => {
    while (!pages.endReached) down()
    pages.forget(200, 230, 100)
    expect(pages.length).toBe(230)
    expect(all().filter((one) => one === undefined)).toHaveLength(150)
    expect(pages.row(210)).toBeDefined()
    expect(mend(0, 230)).toBe(3)
    expect(ids()).toEqual(journal.rows.map((one) => one.call_id))
  })

  it('has what came meanwhile when it is fetched again', () => {
    while (!pages.endReached) down()
    pages.forget(200, 230, 50)
    const late = journal.add((journal.rows[70]?.started_at ?? 0) + 5)
    mend(0, 230)
    expect(ids()).toEqual(journal.rows.map((one) => one.call_id))
    expect(pages.indexOf(late.call_id)).toBe(70)
  })

  it('is not let go while it is looked at, however many rows that is', () => {
    while (!pages.endReached) down()
    pages.forget(0, 230, 10)
    expect(all().every((one) => one !== undefined)).toBe(true)
  })
})

describe('upwards, from a place in the middle', () => {
  beforeEach(() => pages.begin(journal.ask({ after: String(journal.rows[119]?.started_at) }, PAGE_ROWS), 'x'))

  it('comes to the top, and every row is there once', () => {
    expect(pages.topReached).toBe(false)
    expect(up()).toBe(PAGE_ROWS)
    expect(pages.topReached).toBe(false)
    up()
    expect(up()).toBe(20)
    expect(pages.topReached).toBe(true)
    while (!pages.endReached) down()
    expect(ids()).toEqual(journal.rows.map((one) => one.call_id))
  })

  it('fetches again what has only its foot known', () => {
    up()
    const before = ids()
    pages.doubt()
    mend(0, PAGE_ROWS)
    expect(ids()).toEqual(before)
  })
})

describe('what is new', () => {
  it('comes at the top, and says how many', () => {
    journal.add(NOW + 100_000)
    journal.add(NOW + 100_010)
    expect(up()).toBe(2)
    expect(ids()).toEqual(journal.rows.slice(0, 52).map((one) => one.call_id))
  })

  it('is never doubled, whoever asks for it twice', () => {
    journal.add(NOW + 100_000)
    const answer = journal.ask({ before: pages.previous }, PAGE_ROWS)
    expect(pages.prepend(answer, false)).toBe(1)
    expect(pages.prepend(answer, false)).toBe(0)
    expect(pages.length).toBe(51)
  })

  it('a call that ended late comes to its own place', () => {
    down()
    const at = (journal.rows[60]?.started_at ?? 0) + 3
    const late = journal.add(at)
    expect(pages.doubtAt(at, true)).toBe(false)
    expect(mend(0, 100)).toBe(1)
    expect(pages.indexOf(late.call_id)).toBe(60)
    expect(new Set(ids()).size).toBe(pages.length)
  })

  it('between two stretches it is not lost either', () => {
    down()
    const at = ((journal.rows[49]?.started_at ?? 0) + (journal.rows[50]?.started_at ?? 0)) / 2
    const late = journal.add(at)
    pages.doubtAt(at, true)
    mend(0, 100)
    expect(pages.indexOf(late.call_id)).toBe(50)
    while (!pages.endReached) down()
    expect(ids()).toEqual(journal.rows.map((one) => one.call_id))
  })

  it('above all that is here it is asked for at the top', () => {
    expect(pages.doubtAt(NOW + 100_000, true)).toBe(true)
    expect(pages.wanting(0, 50)).toBeUndefined()
  })

  it('below the last row that is here it waits for the reader', () => {
    expect(pages.doubtAt(NOW - 50, true)).toBe(false)
    expect(pages.wanting(0, 50)).toBeUndefined()
  })

  it('more than an answer holds, after a long absence, leaves no hole', () => {
    down()
    for (let n = 0; n < 240; n += 1) journal.add(NOW + 100_000 + n)
    pages.doubt()
    mend(0, pages.length)
    while (!pages.endReached) down()
    expect(ids()).toEqual(journal.rows.map((one) => one.call_id))
  })
})

describe('what is no more', () => {
  it('leaves, and what is around it joins on', () => {
    down()
    journal.rows = journal.rows.filter((_, place) => place !== 49 && place !== 20)
    pages.doubt()
    mend(0, 100)
    while (!pages.endReached) down()
    expect(ids()).toEqual(journal.rows.map((one) => one.call_id))
  })

  it('even if it is all of it', () => {
    journal.rows = []
    pages.doubt()
    mend(0, 50)
    expect(pages.length).toBe(0)
    expect(pages.endReached).toBe(true)
  })
})

it('a row that reads differently is put in its place without asking', () => {
  const id = journal.rows[3]?.call_id ?? ''
  pages.put(row(id, { tags: ['vip'] }))
  expect(pages.row(3)?.tags).toEqual(['vip'])
  expect(pages.length).toBe(50)
})
