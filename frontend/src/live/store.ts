/** The floor as the browser holds it: a value, and one pure function from a frame to the next value. */
import type { DeltaFrame, Directory, FloorFrame, Link, LiveCall } from './frames'

export interface Floor {
  epoch: string
  sequence: number
  /** In the order of arrival; only the objects of changed calls are new after a frame. */
  calls: ReadonlyMap<string, LiveCall>
  links: readonly Link[]
  directory: Directory
}

/** Something between is missing: only a new snapshot helps, never a guess. */
export const GAP = Symbol('gap')

/** The floor after the frame; the same object where nothing changed; `GAP` where the frame does not follow. */
export function apply(floor: Floor | undefined, frame: FloorFrame): Floor | typeof GAP {
  if (frame.type === 'snapshot') {
    const { calls, links, directory } = frame.snapshot
    return {
      epoch: frame.epoch,
      sequence: frame.sequence,
      calls: new Map(calls.map((call) => [call.id, call])),
      links,
      directory,
    }
  }
  if (!floor || frame.epoch !== floor.epoch) return GAP
  if (frame.type === 'heartbeat') return frame.sequence === floor.sequence ? floor : GAP
  if (frame.sequence !== floor.sequence + 1) return GAP
  const calls = applyCalls(floor.calls, frame)
  if (calls === GAP) return GAP
  return {
    epoch: floor.epoch,
    sequence: frame.sequence,
    calls,
    links: frame.links ?? floor.links,
    directory: frame.directory ?? floor.directory,
  }
}

function applyCalls(
  before: ReadonlyMap<string, LiveCall>,
  { calls: delta }: DeltaFrame,
): ReadonlyMap<string, LiveCall> | typeof GAP {
  const { added = [], changed = [], removed = [] } = delta
  if (!added.length && !changed.length && !removed.length) return before
  const after = new Map(before)
  for (const patch of changed) {
    const call = after.get(patch.id)
    if (!call) return GAP
    after.set(patch.id, { ...call, ...patch })
  }
  for (const call of added) after.set(call.id, call)
  for (const id of removed) if (!after.delete(id)) return GAP
  return after
}

/** The link that is down longest, if one is: then the floor is last known, not current. */
export function staleLink(links: readonly Link[]): Link | undefined {
  return links.filter((link) => link.state !== 'live').toSorted((a, b) => a.since - b.since)[0]
}
