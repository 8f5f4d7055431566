/** What the profile needs of a live floor, for an employee who has none: a clock, and nobody else's calls. */
import { ServerClock } from '../../live/clock'
import type { LiveFloor } from '../../live/floor.svelte'
import type { Project } from '../../live/session'

export type ProfileSource = Pick<LiveFloor, 'project' | 'floor' | 'status' | 'heardAt' | 'clock' | 'now' | 'call'>

export class OwnSource implements ProfileSource {
  readonly floor = undefined
  readonly status = { kind: 'open' } as const
  readonly clock = new ServerClock()
  heardAt = $state.raw<number>()
  now = $state(Date.now() / 1000)

  constructor(readonly project: Project) {}

  /** Starts the seconds. */
  start(): () => void {
    const timer = setInterval(() => (this.now = this.clock.now()), 1000)
    return () => clearInterval(timer)
  }

  /** An answer has come that says what time it is at the server. */
  heard(serverNow: number): void {
    this.clock.observe(serverNow)
    this.heardAt = Date.now()
    this.now = this.clock.now()
  }

  call(): undefined {
    return undefined
  }
}
