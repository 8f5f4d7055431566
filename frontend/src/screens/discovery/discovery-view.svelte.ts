/** What was found, and the decisions about it: shared by the settings' section and the first start. */
import { fill, i18n } from '../../i18n/index.svelte'
import {
  acceptFound,
  getDiscovery,
  grouped,
  isPlain,
  lookAtPbx,
  reconsiderFound,
  refuseFound,
  takeNewFound,
  type Discovery,
  type Proposal,
  type Refusal,
} from '../../live/discovery'
import { toast } from '../../ui/toast.svelte'
import { Loaded } from '../settings/loaded.svelte'
import { refusal } from '../settings/rules.svelte'

export class DiscoveryView {
  readonly report = new Loaded<Discovery>(() => getDiscovery(this.projectId))
  /** By connection: somebody here asked to look. */
  looking = $state.raw<readonly number[]>([])
  /** A decision is on its way. */
  busy = $state(false)

  constructor(readonly projectId: number) {}

  readonly proposals = $derived.by(() => this.report.value?.proposals ?? [])
  readonly groups = $derived(grouped(this.proposals))
  readonly plain = $derived(this.proposals.filter(isPlain))
  /** Each PBX that is connected was looked at, and none is just being looked at. */
  readonly looked = $derived(
    (this.report.value?.looks ?? []).some((one) => one.looked_at !== null) &&
      (this.report.value?.looks ?? []).every((one) => !one.looking && (one.looked_at !== null || !one.connected)),
  )

  async look(connectionId: number): Promise<void> {
    this.looking = [...this.looking, connectionId]
    try {
      this.report.value = await lookAtPbx(this.projectId, connectionId)
    } catch (error) {
      toast.warn(fill(i18n.t.discovery.lookFailed, { words: refusal(error) }))
    } finally {
      this.looking = this.looking.filter((one) => one !== connectionId)
    }
  }

  async accept(proposals: readonly Proposal[]): Promise<boolean> {
    return this.#decide(async () => {
      const { done, stale } = await acceptFound(this.projectId, this.#ids(proposals))
      toast.say(stale ? i18n.t.discovery.stale : i18n.amount(i18n.t.discovery.done, done))
    })
  }

  async refuse(proposals: readonly Proposal[]): Promise<void> {
    await this.#decide(async () => {
      const { stale } = await refuseFound(this.projectId, this.#ids(proposals))
      toast.say(stale ? i18n.t.discovery.stale : i18n.t.discovery.refusedSaid)
    })
  }

  async reconsider(one: Refusal): Promise<void> {
    await this.#decide(() => reconsiderFound(this.projectId, one))
  }

  async takeNew(connectionId: number, takesNew: boolean): Promise<void> {
    await this.#decide(() => takeNewFound(this.projectId, connectionId, takesNew))
  }

  #ids(proposals: readonly Proposal[]): string[] {
    return proposals.map((one) => one.id)
  }

  async #decide(act: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    try {
      await act()
      return true
    } catch (error) {
      toast.warn(refusal(error))
      return false
    } finally {
      await this.report.load()
      this.busy = false
    }
  }
}
