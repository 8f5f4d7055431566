/** The reckoning of a day's strip: what part of the day is seen, what is drawn in it, where the ticks stand. */

/** A stretch of one status. Instants are epoch seconds; `to` of the running one is now. */
export interface Segment {
  status: string
  from: number
  to: number
}

/** What is drawn as one piece: a segment, or several that are together narrower than what can be seen. */
export interface Piece extends Segment {
  /** Places in the track's segments: the first, and the one after the last. */
  first: number
  after: number
}

/** The part of the day that is seen. */
export interface View {
  from: number
  to: number
}

const CLOSEST_S = 60

/** The view around an instant that stays where it is, `factor` times as long; never beyond the day. */
export function zoomed(view: View, day: View, at: number, factor: number): View {
  const whole = day.to - day.from
  const span = Math.min(whole, Math.max(CLOSEST_S, (view.to - view.from) * factor))
  const place = (at - view.from) / (view.to - view.from)
  return within({ from: at - place * span, to: at + (1 - place) * span }, day)
}

/** The view as long as it is, moved into the day. */
export function within(view: View, day: View): View {
  const span = Math.min(view.to - view.from, day.to - day.from)
  const from = Math.min(Math.max(view.from, day.from), day.to - span)
  return { from, to: from + span }
}

/** The view moved as little as needed for all of the segment, or at least its beginning, to be seen. */
export function showing(view: View, day: View, segment: Segment): View {
  if (segment.from >= view.from && segment.to <= view.to) return view
  const span = view.to - view.from
  const from = segment.from < view.from || segment.to - segment.from > span ? segment.from : segment.to - span
  return within({ from, to: from + span }, day)
}

/** What was dragged over, from whichever side; undefined where that was hardly anything, so perhaps a click. */
export function dragged(a: number, b: number, view: View, pixels: number): View | undefined {
  const [from, to] = [Math.min(a, b), Math.max(a, b)]
  if ((to - from) / (view.to - view.from) < 4 / Math.max(1, pixels)) return undefined
  const middle = (from + to) / 2
  const half = Math.max(CLOSEST_S, to - from) / 2
  return { from: middle - half, to: middle + half }
}

/**
 * The pieces of a track that are seen. Runs of segments narrower than a pixel become one piece of the status that
 * lasted longest in it, so that a day of ten thousand stretches draws as fast as one of ten.
 */
export function pieces(segments: readonly Segment[], view: View, pixels: number): Piece[] {
  const pixel = (view.to - view.from) / Math.max(1, pixels)
  const drawn: Piece[] = []
  let run: { first: number; lengths: Map<string, number> } | undefined
  const flush = (after: number) => {
    if (run) drawn.push(together(segments, run.first, after, run.lengths))
    run = undefined
  }
  segments.forEach((segment, place) => {
    if (segment.to <= view.from || segment.from >= view.to) return flush(place)
    if (segment.to - segment.from >= pixel) {
      flush(place)
      drawn.push({ ...segment, first: place, after: place + 1 })
      return
    }
    run ??= { first: place, lengths: new Map() }
    run.lengths.set(segment.status, (run.lengths.get(segment.status) ?? 0) + segment.to - segment.from)
    const begun = segments[run.first]?.from ?? segment.from
    if (segment.to - begun >= pixel) flush(place + 1)
  })
  flush(segments.length)
  return drawn
}

function together(segments: readonly Segment[], first: number, after: number, lengths: Map<string, number>): Piece {
  const [status = ''] = [...lengths].reduce((a, b) => (b[1] > a[1] ? b : a), ['', -1])
  const [from = 0, to = 0] = [segments[first]?.from, segments[after - 1]?.to]
  return { status, from, to, first, after }
}

/** Where an instant lies among the segments; the nearest where it lies beside them. */
export function placeOf(segments: readonly Segment[], at: number): number {
  const found = segments.findIndex((one) => at < one.to)
  return found === -1 ? segments.length - 1 : found
}

const QUARTER_S = 900
const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360] as const

/** Minutes since midnight by the wall clock, at an instant. */
export type WallClock = (at: number) => number

/**
 * Instants whose wall clock stands at a round time, as far apart as labels need. By the clock, not by counting from
 * midnight: so the hour that is missing is missing, and the one that comes twice stands there twice.
 */
export function ticks(view: View, day: View, clock: WallClock, pixels: number, apart = 60): number[] {
  const minutes = (view.to - view.from) / 60
  const most = Math.max(1, pixels / apart)
  const step = STEPS_MIN.find((one) => minutes / one <= most) ?? 360
  const every = step % 15 === 0 ? QUARTER_S : 60
  const first = day.from + Math.ceil((view.from - day.from) / every) * every
  const found: number[] = []
  for (let at = first; at <= view.to; at += every)
    // The day's end is midnight again, whatever the zone.
    if (at >= day.to || clock(at) % step === 0) found.push(at)
  return found
}

const NIGHT_ENDS_MIN = 6 * 60
const NIGHT_BEGINS_MIN = 22 * 60

/** From ten in the evening to six in the morning by the wall clock. */
export function nights(day: View, clock: WallClock): View[] {
  const found: View[] = []
  for (let at = day.from; at < day.to; at += QUARTER_S) {
    const minute = clock(at)
    if (minute >= NIGHT_ENDS_MIN && minute < NIGHT_BEGINS_MIN) continue
    const last = found.at(-1)
    const to = Math.min(day.to, at + QUARTER_S)
    if (last?.to === at) last.to = to
    else found.push({ from: at, to })
  }
  return found
}
