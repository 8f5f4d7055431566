/** The store, the connection and the clock put together for the page: the only place where they meet runes. */

import { ServerClock } from './clock'
import { Connection, type ConnectionStatus, type Socket } from './connection'
import type { Directory, FloorFrame, LiveCall } from './frames'
import { ask, UnreachableError, type Upgrade } from './rest'
import { currentSession, type Project } from './session'
import { apply, GAP, type Floor } from './store'

const NAMES_MS = 4000

/** One beat for every duration on the page; aligned to the server's full second. */
class Beat {
  now = $state(Date.now() / 1000)
}

/** A floor as a page shows it: live, or as it was at a past moment. */
export type FloorView = Pick<LiveFloor, 'project' | 'floor' | 'status' | 'now' | 'call'> & {
  readonly clock: { now(): number }
  /** There where what is shown is past: nothing can be done, and nothing is told as news. */
  readonly past?: { readonly gap: unknown } | undefined
  /** Another number where what is shown does not follow what was shown before. */
  readonly turn?: number
}

export class LiveFloor {
  floor = $state.raw<Floor>()
  status = $state.raw<ConnectionStatus>({ kind: 'connecting' })
  /** When the last frame came, by the browser's clock in epoch ms. */
  heardAt = $state.raw<number>()
  /** While the connection is lost: what the server does before it can be reached. */
  upgrade = $state.raw<Upgrade>()
  readonly clock = new ServerClock()
  readonly #beat = new Beat()
  readonly #connection: Connection
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(readonly project: Project) {
    const { protocol, host } = location
    const url = `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/api/v1/projects/${project.id}/stream`
    this.#connection = new Connection(
      url,
      {
        frame: (frame) => this.#take(frame),
        status: (status) => this.#say(status),
        position: () => this.floor && { epoch: this.floor.epoch, sequence: this.floor.sequence },
      },
      {
        open: (address) => new WebSocket(address) as unknown as Socket,
        probe: () => this.#probe(),
        now: () => Date.now(),
        random: () => Math.random(),
      },
    )
  }

  /** Server's now in epoch seconds, moving once a second: what durations are reckoned against. */
  get now(): number {
    return this.#beat.now
  }

  start(): () => void {
    if (this.project.archived_at != null) return this.#rest()
    this.#connection.start()
    this.#tick()
    const hurry = () => this.#connection.hurry()
    const seen = () => document.visibilityState === 'visible' && this.#connection.hurry()
    addEventListener('online', hurry)
    document.addEventListener('visibilitychange', seen)
    return () => {
      this.#connection.stop()
      clearTimeout(this.#timer)
      removeEventListener('online', hurry)
      document.removeEventListener('visibilitychange', seen)
    }
  }

  /** Nothing of an archived project is live: who was who is all that there is. */
  #rest(): () => void {
    const stop = new AbortController()
    this.status = { kind: 'open' }
    this.#tick()
    void this.#names(stop.signal)
    return () => {
      stop.abort()
      clearTimeout(this.#timer)
    }
  }

  async #names(signal: AbortSignal): Promise<void> {
    try {
      const directory = await ask<Directory>('GET', `/projects/${this.project.id}/directory`, undefined, signal)
      const at = Date.now() / 1000
      const snapshot = { at, calls: [], employees: [], supervisions: [], links: [], directory }
      this.#take({ type: 'snapshot', epoch: 'archived', sequence: 0, server_time: at, snapshot, waits: null })
    } catch (error) {
      if (!signal.aborted && error instanceof UnreachableError) setTimeout(() => void this.#names(signal), NAMES_MS)
    }
  }

  call(id: string): LiveCall | undefined {
    return this.floor?.calls.get(id)
  }

  retry(): void {
    this.#connection.hurry()
  }

  #take(frame: FloorFrame): void {
    this.clock.observe(frame.server_time)
    this.heardAt = Date.now()
    this.upgrade = undefined
    const next = apply(this.floor, frame)
    if (next === GAP) this.#connection.restart()
    else if (next !== this.floor) this.floor = next
    // An instant later than the beat would make ages negative for up to a second.
    if (frame.type === 'snapshot') this.#beat.now = this.clock.now()
  }

  #say(status: ConnectionStatus): void {
    if (status.kind !== this.status.kind || status.kind === 'lost') this.status = status
  }

  #tick(): void {
    const now = this.clock.now()
    this.#beat.now = now
    if (this.project.archived_at == null) this.#connection.check()
    this.#timer = setTimeout(() => this.#tick(), 1000 - ((now * 1000) % 1000) + 5)
  }

  async #probe(): Promise<'fine' | 'ended' | 'unreachable'> {
    try {
      return (await currentSession()) ? 'fine' : 'ended'
    } catch (error) {
      this.upgrade = error instanceof UnreachableError ? error.upgrade : undefined
      return 'unreachable'
    }
  }
}
