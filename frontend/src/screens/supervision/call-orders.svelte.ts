/** What was asked of the PBX for a call: on its way until the stream tells that it is so, never before. */
import { fill, i18n } from '../../i18n/index.svelte'
import type { LiveCall } from '../../live/frames'
import type { LiveFloor } from '../../live/floor.svelte'
import { ApiError, UnreachableError } from '../../live/rest'
import type { CallAction, SupervisionsApi } from '../../live/supervisions'
import { toast } from '../../ui/toast.svelte'

/** How long it may take until it is seen; a phone that is to take a call rings, and somebody has to pick it up. */
const CONFIRM_MS: Record<CallAction['type'], number> = {
  hang_up: 10_000,
  transfer: 20_000,
  take: 45_000,
  remove: 10_000,
}

interface Order {
  callId: string
  action: CallAction
  /** The accounts by which it is known that the call has arrived. */
  accounts: readonly string[]
  /** Who was in it when it was asked. */
  before: string
  said: string
  accepted: boolean
  timer?: ReturnType<typeof setTimeout>
}

export class CallOrders {
  pending = $state.raw<readonly Order[]>([])

  constructor(
    private readonly live: LiveFloor,
    private readonly api: SupervisionsApi,
  ) {}

  waits(callId: string): boolean {
    return this.pending.some((one) => one.callId === callId)
  }

  /** @param names of the client and of where the call goes, for what is said once it is so */
  async give(
    callId: string,
    action: CallAction,
    names: { client: string; to?: string; accounts?: readonly string[] },
  ): Promise<boolean> {
    const said = fill(i18n.t.supervision.act.said[action.type], { client: names.client, to: names.to ?? '' })
    const before = whoIn(this.live.call(callId))
    const order: Order = { callId, action, accounts: names.accounts ?? [], before, said, accepted: false }
    this.pending = [...this.pending, order]
    try {
      await this.api.act(callId, action)
      order.accepted = true
      order.timer = setTimeout(() => this.#unconfirmed(order), CONFIRM_MS[action.type])
      this.settle(this.live.floor?.calls)
      return true
    } catch (error) {
      // The stream may have been quicker than the answer: then it is done, whatever became of the answer.
      if (this.#drop(order)) toast.warn(refusal(error))
      return false
    }
  }

  /** The stream has spoken: what has come true is no longer on its way. */
  settle(calls: ReadonlyMap<string, LiveCall> | undefined): void {
    for (const order of this.pending) {
      if (!calls || !order.accepted || !isSo(order, calls.get(order.callId))) continue
      this.#drop(order)
      toast.say(order.said)
    }
  }

  /** Leaves no timer behind. */
  stop(): void {
    for (const order of this.pending) clearTimeout(order.timer)
  }

  #unconfirmed(order: Order): void {
    if (this.#drop(order)) toast.warn(fill(i18n.t.supervision.act.failed.unconfirmed, { what: order.said }))
  }

  #drop(order: Order): boolean {
    clearTimeout(order.timer)
    const there = this.pending.includes(order)
    this.pending = this.pending.filter((one) => one !== order)
    return there
  }
}

/** Whether the floor shows what was asked for. A call that is gone was hung up, or ended on its way. */
export function isSo({ action, accounts, before }: Pick<Order, 'action' | 'accounts' | 'before'>, call?: LiveCall) {
  if (!call) return true
  if (action.type === 'hang_up') return false
  if (action.type === 'take') return rings(call, [action.account])
  if (action.type === 'remove')
    return action.party === null ? call.status !== 'conference' : !rings(call, [action.party])
  // Whoever was answered before waits in a queue as on the way to another person.
  if ('queue' in action) return call.queue === action.queue && WAITS.includes(call.status)
  if ('employee_id' in action)
    return call.parties.some((one) => one.employee_id === action.employee_id && one.state !== 'left')
  // A number may become anything (a menu, an outside line, a phone): that the call has moved is what can be told.
  return rings(call, accounts.length ? accounts : [action.number]) || whoIn(call) !== before
}

const WAITS: readonly LiveCall['status'][] = ['queue', 'ringing', 'transfer']

const rings = (call: LiveCall, accounts: readonly string[]): boolean =>
  call.parties.some((one) => one.state !== 'left' && accounts.includes(one.account ?? one.number ?? ''))

const whoIn = (call: LiveCall | undefined): string =>
  (call?.parties ?? [])
    .filter((one) => one.state !== 'left')
    .map((one) => one.account ?? one.number)
    .join()

function refusal(error: unknown): string {
  const t = i18n.t.supervision.act.failed
  if (error instanceof UnreachableError) return t.unreachable
  if (!(error instanceof ApiError)) return fill(t.unexpected, { words: i18n.t.error.unexpected })
  const words = error.message
  if (error.status === 403) return t.forbidden
  if (error.errorId === 'conference_without_client') return t.noClient
  if (error.errorId === 'not_in_conference') return t.notThere
  if (error.status === 404 || error.status === 409) return fill(t.gone, { words })
  if (error.status === 502) return fill(t.refused, { words })
  if (error.status === 503) return t.linkDown
  return fill(t.unexpected, { words: [words, error.requestId].filter(Boolean).join(' · ') })
}
