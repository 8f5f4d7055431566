/** How one may listen in, and how one chose to: in the browser, or by a phone of one's own. */
import { ApiError } from '../../live/rest'
import type { StartSupervision, SupervisionsApi, SupervisionWays } from '../../live/supervisions'

const CHOICE = 'callfloor.listening-way'

export class Ways {
  /** What the server said last; undefined until it has answered. */
  known = $state.raw<SupervisionWays>()
  failed = $state(false)
  /** Nobody listens in here: the project has no PBX that could be asked. */
  none = $state(false)
  /** `browser`, or an account of the supervisor's; empty where nobody chose yet. */
  choice = $state(localStorage.getItem(CHOICE) ?? '')

  constructor(private readonly api: SupervisionsApi) {}

  /** As it is now: phones come and go, and not every PBX gives its calls' sound. */
  async lookUp(callId?: string): Promise<void> {
    try {
      this.known = await this.api.ways(callId)
      this.failed = this.none = false
    } catch (error) {
      this.failed = true
      this.none = error instanceof ApiError && error.status === 404
    }
  }

  get phones(): readonly string[] {
    return this.known?.phones ?? []
  }

  get browser(): boolean {
    return this.known?.browser !== false
  }

  /** By what a click listens in: what was chosen, else what is possible. */
  get way(): Pick<StartSupervision, 'way' | 'phone'> {
    const wished = this.choice === 'browser' ? '' : this.choice
    // A phone that is not registered just now is rung all the same where there is nothing else: the PBX says why not.
    if (wished && (!this.known || this.phones.includes(wished) || !this.browser)) return { way: 'phone', phone: wished }
    if (this.browser || !this.phones[0]) return { way: 'browser' }
    return { way: 'phone', phone: this.phones[0] }
  }

  choose(choice: string): void {
    this.choice = choice
    localStorage.setItem(CHOICE, choice)
  }
}
