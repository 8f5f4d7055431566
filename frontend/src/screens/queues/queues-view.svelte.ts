/** What the Queues page shows. */
import { i18n } from '../../i18n/index.svelte'
import { callsOf, Staff } from '../../live/employees'
import type { FloorView } from '../../live/floor.svelte'
import { queuesOf, type QueueView } from '../../live/queues'
import { Who } from '../../live/rows'
import { waiting } from '../../live/times'

export class QueuesView {
  readonly #staff = new Staff()

  constructor(readonly live: FloorView) {}

  readonly #directory = $derived.by(() => this.live.floor?.directory)
  readonly who = $derived.by(() => this.#directory && new Who(this.#directory, this.live.project.country))
  readonly #calls = $derived.by(() => this.live.floor?.calls)
  readonly #employees = $derived.by(() => this.live.floor?.employees)
  readonly all = $derived.by<readonly QueueView[]>(() => {
    const { who } = this
    const calls = this.#calls
    const employees = this.#employees
    if (!who || !calls || !employees) return []
    const rows = Array.from(calls.values(), (call) => who.row(call))
    return queuesOf(rows, this.#staff.rows(employees, callsOf(calls, who), who), who, i18n.locale)
  })
  readonly waiting = $derived(this.all.reduce((sum, one) => sum + one.waiting.length, 0))
  /** People, not seats: who sits in three queues is free once. */
  readonly free = $derived.by(() => {
    const ids = this.all.flatMap(({ members }) => members.filter((one) => one.state === 'free'))
    return ids.filter(({ employee }, place) => ids.findIndex((one) => one.employee.id === employee.id) === place).length
  })
  /** In seconds; undefined where nobody waits. */
  readonly longest = $derived.by(() => longestOf(this.all, this.live.now))
}

export function longestOf(queues: readonly QueueView[], now: number): number | undefined {
  const waits = queues.flatMap((one) => one.waiting.map((row) => waiting(row.call, now)))
  return waits.length ? Math.max(...waits) : undefined
}
