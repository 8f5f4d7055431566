/** What was asked of the PBX for an employee: on its way until the stream tells that it is so, never before. */
import { i18n, fill } from '../../i18n/index.svelte'
import type { EmployeeAction, LiveEmployee } from '../../live/frames'
import type { FloorView } from '../../live/floor.svelte'
import { ApiError, ask, UnreachableError } from '../../live/rest'
import { toast } from '../../ui/toast.svelte'

/** The PBX tells what it did within a moment; after this, something is wrong. */
const CONFIRM_MS = 10_000

interface Order {
  employeeId: number
  action: EmployeeAction
  /** What to say once it is so. */
  said: string
  accepted: boolean
  timer?: ReturnType<typeof setTimeout>
}

export class Orders {
  pending = $state.raw<readonly Order[]>([])

  constructor(private readonly live: FloorView) {}

  /** Whether anything is on its way for them; of one kind and one queue or account, where these are given. */
  waits(employeeId: number, action?: EmployeeAction['action'], subject?: string): boolean {
    return this.pending.some(
      (one) =>
        one.employeeId === employeeId &&
        (!action || one.action.action === action) &&
        (subject === undefined || subjectOf(one.action) === subject),
    )
  }

  async give(employeeId: number, action: EmployeeAction, names: { name: string; queue?: string }): Promise<void> {
    const said = fill(i18n.t.employees.actions.done[action.action], { name: names.name, queue: names.queue ?? '' })
    const order: Order = { employeeId, action, said, accepted: false }
    this.pending = [...this.pending, order]
    try {
      await ask('POST', `/projects/${this.live.project.id}/employees/${employeeId}/actions`, action)
      order.accepted = true
      order.timer = setTimeout(() => this.#unconfirmed(order), CONFIRM_MS)
      this.settle(this.live.floor?.employees)
    } catch (error) {
      // The stream may have been quicker than the answer: then it is done, whatever became of the answer.
      if (this.#drop(order)) toast.warn(refusal(error))
    }
  }

  /** The stream has spoken: what has come true is no longer on its way. */
  settle(employees: ReadonlyMap<number, LiveEmployee> | undefined): void {
    for (const order of this.pending) {
      const live = employees?.get(order.employeeId)
      if (live && order.accepted && isSo(order.action, live)) {
        this.#drop(order)
        toast.say(order.said)
      }
    }
  }

  /** Leaves no timer behind. */
  stop(): void {
    for (const order of this.pending) clearTimeout(order.timer)
  }

  #unconfirmed(order: Order): void {
    if (this.#drop(order)) toast.warn(fill(i18n.t.employees.actions.failed.unconfirmed, { what: order.said }))
  }

  #drop(order: Order): boolean {
    clearTimeout(order.timer)
    const there = this.pending.includes(order)
    this.pending = this.pending.filter((one) => one !== order)
    return there
  }
}

const subjectOf = (action: EmployeeAction): string =>
  'queue' in action ? action.queue : action.action === 'dnd' ? action.account : ''

/** Whether the floor shows what was asked for. */
export function isSo(action: EmployeeAction, live: LiveEmployee): boolean {
  switch (action.action) {
    case 'pause':
      return live.queues.some((seat) => seat.queue === action.queue && seat.paused)
    case 'unpause':
      return !live.queues.some((seat) => seat.queue === action.queue && seat.paused)
    case 'add_to_queue':
      return live.queues.some((seat) => seat.queue === action.queue && seat.account === action.account)
    case 'remove_from_queue':
      return !live.queues.some((seat) => seat.queue === action.queue && seat.dynamic)
    case 'dnd':
      return live.accounts.some((one) => one.account === action.account && one.dnd === action.on)
    case 'switch':
      return (live.switch?.status ?? null) === action.status
  }
}

function refusal(error: unknown): string {
  const t = i18n.t.employees.actions.failed
  if (error instanceof UnreachableError) return t.unreachable
  if (!(error instanceof ApiError)) return fill(t.unexpected, { words: i18n.t.error.unexpected })
  const words = error.message
  if (error.status === 403) return t.forbidden
  if (error.status === 404 || error.status === 409) return fill(t.gone, { words })
  if (error.status === 502) return fill(t.refused, { words })
  if (error.status === 503) return t.linkDown
  return fill(t.unexpected, { words: [words, error.requestId].filter(Boolean).join(' · ') })
}
