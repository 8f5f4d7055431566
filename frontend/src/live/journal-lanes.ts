/** The course of a call as lanes over time: who was in it and what they did, from the story and the queue entries. */
import type { CallRecord, StoryStep } from './frames'

export type StretchKind =
  'ivr' | 'queue' | 'ringing' | 'talking' | 'hold' | 'voicemail' | 'fax' | 'parked' | 'conference'

export interface Stretch {
  kind: StretchKind
  from: number
  to: number
}

export interface Lane {
  /** `person` is an account or an outside number; `client` waits on parking; `other` is the PBX's own. */
  kind: 'ivr' | 'queue' | 'person' | 'client' | 'other'
  /** A menu's, a queue's or an account's name as the PBX has it; empty where there is only one such lane. */
  name: string
  stretches: Stretch[]
}

/** Somebody passed the call on at this instant. */
export interface Turn {
  what: (typeof TURNS)[number]
  at: number
}

export interface Course {
  from: number
  to: number
  lanes: Lane[]
  turns: Turn[]
}

const TURNS = [
  'blind_transfer',
  'attended_transfer',
  'supervisor_transferred',
  'supervisor_took',
  'forwarded',
  'picked_up',
] as const
const RUNG_OUT: readonly string[] = ['busy', 'refused', 'unreachable', 'rang_out', 'taken_elsewhere']
/** Whatever comes after a menu ends it. */
const AFTER_IVR: readonly string[] = [
  'ivr',
  'queue_joined',
  'ringing',
  'answered',
  'voicemail',
  'fax',
  'conference',
  'parked',
]

/** Instants are epoch seconds; a call of no length still has one second to be drawn in. */
export function courseOf(record: CallRecord): Course {
  const from = record.started_at
  const to = Math.max(from + 1, record.ended_at ?? record.story.at(-1)?.at ?? from)
  const drawing = new Drawing(to)
  for (const step of record.story) drawing.take(step)
  drawing.queues(record)
  return { from, to, lanes: drawing.finish(), turns: drawing.turns }
}

class Drawing {
  readonly turns: Turn[] = []
  readonly #lanes: Lane[] = []
  /** What runs in a lane, by the lane. */
  readonly #running = new Map<Lane, Stretch>()
  readonly #callers = new Set<string>()

  constructor(private readonly end: number) {}

  take(step: StoryStep): void {
    const { at, what } = step
    if (AFTER_IVR.includes(what)) this.#closeKind('ivr', at)
    const who = step.account ?? step.number ?? undefined
    const turn = TURNS.find((one) => one === what)
    if (turn) this.turns.push({ what: turn, at })
    if (what === 'ivr') this.#open('ivr', '', 'ivr', at)
    else if (what === 'voicemail' || what === 'fax') this.#open('other', what, what, at)
    else if (what === 'parked') this.#open('client', '', 'parked', at)
    else if (what === 'unparked' || what === 'parking_timed_out') this.#close('client', '', at)
    else if (who !== undefined) this.#person(step, who)
  }

  /** The queue entries are exact, where the story's steps may be many. */
  queues(record: CallRecord): void {
    for (const entry of record.queues) {
      const lane = this.#lane('queue', entry.queue)
      lane.stretches.push({ kind: 'queue', from: entry.joined_at, to: entry.left_at ?? entry.joined_at + entry.wait_s })
    }
  }

  finish(): Lane[] {
    for (const stretch of this.#running.values()) stretch.to = Math.max(stretch.from, this.end)
    const order: readonly Lane['kind'][] = ['ivr', 'queue', 'client', 'person', 'other']
    const begins = (lane: Lane) => lane.stretches[0]?.from ?? 0
    return this.#lanes
      .filter((lane) => lane.stretches.length)
      .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || begins(a) - begins(b))
  }

  #person({ at, what, detail }: StoryStep, who: string): void {
    if (what === 'ringing') this.#open('person', who, 'ringing', at)
    else if (what === 'dialled' || what === 'originated') {
      this.#callers.add(who)
      this.#open('person', who, 'ringing', at)
    } else if (what === 'answered') this.#answer(who, at)
    else if (what === 'picked_up') {
      if (detail) this.#close('person', detail, at)
      this.#open('person', who, 'talking', at)
    } else if (RUNG_OUT.includes(what) || what === 'left' || what === 'vanished') this.#close('person', who, at)
    else if (what === 'hold') this.#open('person', who, 'hold', at)
    else if (what === 'unhold') this.#open('person', who, 'talking', at)
    else if (what === 'conference') this.#open('person', who, 'conference', at)
  }

  /** Who answered talks, and so do those who dialled and waited for it. */
  #answer(who: string, at: number): void {
    this.#open('person', who, 'talking', at)
    for (const [lane, { kind }] of [...this.#running])
      if (kind === 'ringing' && lane.name !== who && this.#callers.has(lane.name))
        this.#open('person', lane.name, 'talking', at)
  }

  #lane(kind: Lane['kind'], name: string): Lane {
    const known = this.#lanes.find((lane) => lane.kind === kind && lane.name === name)
    if (known) return known
    const lane: Lane = { kind, name, stretches: [] }
    this.#lanes.push(lane)
    return lane
  }

  #open(kind: Lane['kind'], name: string, what: StretchKind, at: number): void {
    const lane = this.#lane(kind, name)
    const running = this.#running.get(lane)
    if (running?.kind === what) return
    this.#end(lane, at)
    const stretch = { kind: what, from: at, to: at }
    lane.stretches.push(stretch)
    this.#running.set(lane, stretch)
  }

  #close(kind: Lane['kind'], name: string, at: number): void {
    const lane = this.#lanes.find((one) => one.kind === kind && one.name === name)
    if (lane) this.#end(lane, at)
  }

  #closeKind(kind: Lane['kind'], at: number): void {
    for (const lane of this.#lanes) if (lane.kind === kind) this.#end(lane, at)
  }

  #end(lane: Lane, at: number): void {
    const running = this.#running.get(lane)
    if (!running) return
    running.to = at
    this.#running.delete(lane)
  }
}
