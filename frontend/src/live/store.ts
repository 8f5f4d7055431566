/** The floor as the browser holds it: a value, and one pure function from a frame to the next value. */
import type { Directory, FloorFrame, Link, LiveCall, LiveEmployee, Waits } from './frames'
import type { LiveSupervision } from './supervisions'

export interface Floor {
  epoch: string
  sequence: number
  /** In the order of arrival; only the objects of changed calls are new after a frame. */
  calls: ReadonlyMap<string, LiveCall>
  /** By id; the object is new exactly where the row reads differently. */
  employees: ReadonlyMap<number, LiveEmployee>
  /** Who listens to whom: administrators alone are told. */
  supervisions: readonly LiveSupervision[]
  links: readonly Link[]
  directory: Directory
  /** What happened cannot be written down yet; null: it is, as it happens. */
  waits: Waits | null
}

/** Something between is missing: only a new snapshot helps, never a guess. */
export const GAP = Symbol('gap')

/** The floor after the frame; the same object where nothing changed; `GAP` where the frame does not follow. */
export function apply(floor: Floor | undefined, frame: FloorFrame): Floor | typeof GAP {
  if (frame.type === 'snapshot') {
    const { calls, employees, supervisions, links, directory } = frame.snapshot
    return {
      epoch: frame.epoch,
      sequence: frame.sequence,
      calls: new Map(calls.map((call) => [call.id, call])),
      employees: new Map(employees.map((employee) => [employee.id, employee])),
      supervisions,
      links,
      directory,
      waits: frame.waits,
    }
  }
  if (!floor || frame.epoch !== floor.epoch) return GAP
  if (frame.type === 'heartbeat') return frame.sequence === floor.sequence ? floor : GAP
  if (frame.sequence !== floor.sequence + 1) return GAP
  const calls = applyRows<string, LiveCall>(floor.calls, frame.calls)
  const employees = applyRows<number, LiveEmployee>(floor.employees, frame.employees)
  if (calls === GAP || employees === GAP) return GAP
  return {
    epoch: floor.epoch,
    sequence: frame.sequence,
    calls,
    employees,
    supervisions: frame.supervisions ?? floor.supervisions,
    links: frame.links ?? floor.links,
    directory: frame.directory ?? floor.directory,
    waits: frame.waits === undefined ? floor.waits : frame.waits,
  }
}

interface Delta<K, R> {
  added?: readonly R[]
  changed?: readonly (Partial<R> & { id: K })[]
  removed?: readonly K[]
}

function applyRows<K, R extends { id: K }>(
  before: ReadonlyMap<K, R>,
  { added = [], changed = [], removed = [] }: Delta<K, R> = {},
): ReadonlyMap<K, R> | typeof GAP {
  if (!added.length && !changed.length && !removed.length) return before
  const after = new Map(before)
  for (const patch of changed) {
    const row = after.get(patch.id)
    if (!row) return GAP
    after.set(patch.id, { ...row, ...patch })
  }
  for (const row of added) after.set(row.id, row)
  for (const id of removed) if (!after.delete(id)) return GAP
  return after
}

/** The link that is down longest, if one is: then the floor is last known, not current. */
export function staleLink(links: readonly Link[]): Link | undefined {
  return links.filter((link) => link.state !== 'live').toSorted((a, b) => a.since - b.since)[0]
}
