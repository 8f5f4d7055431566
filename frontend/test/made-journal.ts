/** Rows of the journal for the tests, and a journal of them that answers as the server does. */
import type { CallRecord, StoryStep } from '../src/live/frames'
import type { JournalRow, JournalRows } from '../src/live/journal'
import { NOW } from './made'

export const row = (id: string, part: Partial<JournalRow> = {}): JournalRow => ({
  call_id: id,
  type: 'inbound',
  result: 'answered',
  abandoned_in: null,
  client_number: '79161234567',
  client_e164: '+79161234567',
  business_number: '74951000001',
  number_label: null,
  source: null,
  scheme: null,
  route: [],
  started_at: NOW,
  answered_at: NOW + 5,
  ended_at: NOW + 65,
  waiting_s: 5,
  ivr_s: 0,
  queue_s: 0,
  ringing_s: 5,
  talk_s: 60,
  hold_s: 0,
  duration_s: 65,
  hung_up_by: 'client',
  people: [],
  queues: [],
  marks: [],
  tags: [],
  notes: 0,
  recorded: false,
  cost: null,
  currency: null,
  partial: false,
  repaired: false,
  ...part,
})

/** The newest first; a cursor is the start of the row it stands at. */
export class Journal {
  rows: JournalRow[] = []

  /** Calls that began `apart` seconds from one another, the first at `from`. */
  constructor(count: number, from = NOW, apart = 10) {
    for (let n = 0; n < count; n += 1) this.add(from + n * apart)
  }

  add(at: number): JournalRow {
    const made = row(`call-${at}`, { started_at: at })
    this.rows = [...this.rows, made].toSorted((a, b) => b.started_at - a.started_at)
    return made
  }

  ask({ after, before }: { after?: string; before?: string }, limit: number): JournalRows {
    const below = after === undefined ? this.rows : this.rows.filter((one) => one.started_at < Number(after))
    const within = before === undefined ? below : below.filter((one) => one.started_at > Number(before))
    const rows = before === undefined ? within.slice(0, limit) : within.slice(-limit)
    const [first, last] = [rows[0], rows.at(-1)]
    const more = last && this.rows.some((one) => one.started_at < last.started_at)
    return {
      rows,
      next_cursor: more ? String(last.started_at) : null,
      previous_cursor: first ? String(first.started_at) : null,
    }
  }
}

/** Of a step only what matters has to be said. */
type Step = Pick<StoryStep, 'at' | 'what'> & Partial<StoryStep>

export const record = (story: Step[], part: Partial<CallRecord> = {}): CallRecord => ({
  call_id: 'c1',
  type: 'inbound',
  result: 'answered',
  abandoned_in: null,
  client_number: '79161234567',
  client_e164: '+79161234567',
  business_number: '74951000001',
  started_at: NOW,
  answered_at: null,
  ended_at: NOW + 100,
  waiting_s: 0,
  ivr_s: 0,
  queue_s: 0,
  ringing_s: 0,
  talk_s: 0,
  hold_s: 0,
  duration_s: 100,
  employees: [],
  external: [],
  queues: [],
  route: [],
  scheme: null,
  hung_up_by: null,
  recording: null,
  trunk: null,
  forwarded_from: null,
  story: story.map((step) => ({ account: null, number: null, queue: null, detail: null, duration_s: null, ...step })),
  partial: false,
  repaired: false,
  ...part,
})
