/** An employee's live row, the directory and the call they are in, joined into a row of the Employees page. */
import { BADGES, STATUSES, type Badge, type BadgeKind, type Department, type Employee } from './frames'
import type { LiveCall, LiveDevice, LiveEmployee, LiveParty, QueueSeat, Status } from './frames'
import type { Who } from './rows'

/** The call an employee is in: the one they talk in, else hold, else the newest. */
export interface CurrentCall {
  call: LiveCall
  party: LiveParty
  /** How many more there are. */
  more: number
}

export interface Seat {
  queue: string
  label: string
  /** One for each account of theirs that sits in the queue. */
  seats: readonly QueueSeat[]
}

/** Badges of one kind and reason, wherever they are from: three queues paused for lunch are one lunch. */
export interface ShownBadge {
  kind: BadgeKind
  reason: string | null
  since: number
  until: number | null
  queues: readonly string[]
}

/** Everything is made when it is first asked for: of a thousand rows thirty are on the screen. */
export class EmployeeRow {
  readonly id: string
  #agents: readonly string[] | undefined
  #badges: readonly ShownBadge[] | undefined
  #seats: readonly Seat[] | undefined
  #haystack: string | undefined

  constructor(
    readonly live: LiveEmployee,
    readonly current: CurrentCall | undefined,
    readonly who: Who,
  ) {
    this.id = String(live.id)
  }

  get person(): Employee | undefined {
    return this.who.employees.get(this.live.id)
  }

  get name(): string {
    return this.person?.name ?? this.live.accounts[0]?.account ?? this.id
  }

  get department(): Department | undefined {
    const id = this.person?.department_id
    return id == null ? undefined : this.who.departments.get(id)
  }

  get devices(): readonly LiveDevice[] {
    return this.live.accounts.flatMap((one) => one.devices)
  }

  /** What their devices call themselves: the one that talks first, none twice. */
  get agents(): readonly string[] {
    return (this.#agents ??= [
      ...new Set(
        this.devices
          .toSorted((a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status))
          .flatMap((one) => one.user_agent ?? []),
      ),
    ])
  }

  get badges(): readonly ShownBadge[] {
    return (this.#badges ??= together(this.live.badges))
  }

  get seats(): readonly Seat[] {
    return (this.#seats ??= [...grouped(this.live.queues, (one) => one.queue)].map(([queue, seats]) => ({
      queue,
      label: this.who.queueName(queue),
      seats,
    })))
  }

  /** Of the client, or of the colleague at the other end. */
  get other(): { text: string; digits: string; copy: string | undefined } | undefined {
    if (!this.current) return undefined
    const row = this.who.row(this.current.call)
    if (row.client) return row.client
    const others = row.people.filter((one) => one.party !== this.current?.party)
    return others[0] && { text: others[0].name, digits: others[0].account ?? '', copy: undefined }
  }

  /** Lower-case text in which the search looks. */
  get haystack(): string {
    return (this.#haystack ??= [
      this.name,
      ...(this.person?.accounts ?? []),
      this.department?.name,
      ...this.seats.flatMap((one) => [one.queue, one.label]),
      ...this.agents,
      this.other?.text,
      this.other?.digits,
    ]
      .filter(Boolean)
      .join('\n')
      .toLowerCase())
  }
}

function grouped<T>(all: readonly T[], key: (one: T) => string): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>()
  for (const one of all) {
    const group = groups.get(key(one))
    if (group) group.push(one)
    else groups.set(key(one), [one])
  }
  return groups
}

function together(badges: readonly Badge[]): readonly ShownBadge[] {
  const groups = grouped(badges, (one) => `${one.kind} ${one.reason ?? ''}`)
  const shown = [...groups.values()].map((group) => ({
    kind: group[0].kind,
    reason: group[0].reason || null,
    since: Math.min(...group.map((one) => one.since)),
    until: latest(group),
    queues: [...new Set(group.flatMap((one) => one.queue ?? []))],
  }))
  return shown.toSorted((a, b) => BADGES.indexOf(a.kind) - BADGES.indexOf(b.kind))
}

const latest = (group: readonly Badge[]): number | null => {
  const ends = group.flatMap((one) => one.until ?? [])
  return ends.length ? Math.max(...ends) : null
}

const PARTY_ORDER: readonly LiveParty['state'][] = ['talking', 'holding', 'calling', 'ringing']

/** Who of the employees is in which call; of several the one that matters most. */
export function callsOf(calls: ReadonlyMap<string, LiveCall>, who: Who): ReadonlyMap<number, CurrentCall> {
  const found = new Map<number, CurrentCall>()
  for (const call of calls.values())
    for (const party of call.parties) {
      const id = party.state === 'left' ? undefined : who.employeeOf(party)?.id
      if (id === undefined) continue
      const known = found.get(id)
      const more = known ? known.more + (known.call === call ? 0 : 1) : 0
      const first = known && !before(party, known.party) ? known : { call, party }
      found.set(id, { call: first.call, party: first.party, more })
    }
  return found
}

const before = (a: LiveParty, b: LiveParty): boolean =>
  (PARTY_ORDER.indexOf(a.state) - PARTY_ORDER.indexOf(b.state) || b.since - a.since) < 0

/** Makes the rows, and makes anew only those that read differently. */
export class Staff {
  #rows = new Map<number, EmployeeRow>()

  rows(
    employees: ReadonlyMap<number, LiveEmployee>,
    calls: ReadonlyMap<number, CurrentCall>,
    who: Who,
  ): readonly EmployeeRow[] {
    const next = new Map<number, EmployeeRow>()
    for (const live of employees.values()) {
      const known = this.#rows.get(live.id)
      const current = calls.get(live.id)
      const same =
        known?.live === live &&
        known.who === who &&
        known.current?.call === current?.call &&
        known.current?.more === current?.more
      next.set(live.id, same ? known : new EmployeeRow(live, current, who))
    }
    this.#rows = next
    return [...next.values()]
  }
}

/** A pause for which nobody gave a reason. */
export const NO_REASON = '-'

export interface EmployeeCounters {
  all: number
  statuses: Readonly<Record<Status, number>>
  badges: Readonly<Record<BadgeKind, number>>
  /** How many are on a break, by its reason; the most first. One person with two reasons stands in both. */
  breaks: readonly { reason: string; count: number }[]
}

/** Over everyone whom this viewer may see, whatever is filtered. */
export function countEmployees(rows: readonly EmployeeRow[]): EmployeeCounters {
  const statuses: Record<Status, number> = { talking: 0, online: 0, dnd: 0, offline: 0, unknown: 0 }
  const badges: Record<BadgeKind, number> = { ringing: 0, dialling: 0, paused: 0, wrap_up: 0 }
  const breaks = new Map<string, number>()
  for (const row of rows) {
    statuses[row.live.status] += 1
    if (!row.live.badges.length) continue
    for (const kind of new Set(row.badges.map((one) => one.kind))) badges[kind] += 1
    for (const reason of breakReasons(row)) breaks.set(reason, (breaks.get(reason) ?? 0) + 1)
  }
  const byReason = [...breaks].map(([reason, count]) => ({ reason, count }))
  return {
    all: rows.length,
    statuses,
    badges,
    breaks: byReason.toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
  }
}

export const breakReasons = (row: EmployeeRow): string[] =>
  row.badges.filter((one) => one.kind === 'paused').map((one) => one.reason ?? NO_REASON)
