/** The live stream's connection: opens, watches, heals itself. Knows nothing of what the frames mean. */
import type { FloorFrame, Frame } from './frames'

/** Close codes of the stream (docs/push-protocol.md). */
export const CLOSE = {
  badMessage: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  noSuchProject: 4404,
  tooSlow: 4408,
  revoked: 4409,
  restarting: 1012,
} as const

export type ConnectionStatus =
  | { kind: 'connecting' }
  | { kind: 'open' }
  /** Down, and being healed. `since` is when it went down, in epoch ms. */
  | { kind: 'lost'; since: number; attempts: number }
  /** Over for good: the session ended, the role does not allow it, or there is no such project. */
  | { kind: 'closed'; why: 'ended' | 'forbidden' | 'missing' }

export interface Position {
  epoch: string
  sequence: number
}

/** The part of a WebSocket that is used; tests bring their own. */
export interface Socket {
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  send(text: string): void
  close(code?: number): void
}

export interface Ports {
  open(url: string): Socket
  /** A handshake refused looks like a dead network to a page; this asks the API which of them it is. */
  probe(): Promise<'fine' | 'ended' | 'unreachable'>
  now(): number
  random(): number
}

/** A heartbeat comes every 10 s; two missed and a half mean that the way is dead though nobody said so. */
export const SILENCE_MS = 25_000
const FIRST_RETRY_MS = 400
/** A server that restarts is back within seconds: that long nobody waits for more than a second. */
const RESTART_MS = 10_000
const RESTART_RETRY_MS = 1000
const LONGEST_RETRY_MS = 15_000

export interface ConnectionEvents {
  frame(frame: FloorFrame): void
  status(status: ConnectionStatus): void
  /** Where to resume from; undefined asks for a snapshot. */
  position(): Position | undefined
}

export class Connection {
  #socket: Socket | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setTimeout> | undefined
  #attempts = 0
  #lostSince: number | undefined
  #heardAt = 0
  #fresh = false
  #stopped = false

  constructor(
    private readonly path: string,
    private readonly events: ConnectionEvents,
    private readonly ports: Ports,
  ) {}

  start(): void {
    this.events.status({ kind: 'connecting' })
    this.#open()
  }

  /** Leaves for good. */
  stop(): void {
    this.#stopped = true
    this.#release()
  }

  /** The network is back, or the page is looked at again: do not wait for the timer. */
  hurry(): void {
    if (this.#stopped || this.#socket) return
    this.#attempts = 0
    this.#open()
  }

  /** Asked each second: a machine that slept has a connection that looks open and is not, and timers that slept too. */
  check(): void {
    if (this.#stopped || !this.#socket || this.ports.now() - this.#heardAt <= SILENCE_MS) return
    this.#release()
    this.#lostSince ??= this.#heardAt
    this.#lost()
    this.hurry()
  }

  /** What came does not follow what we have: begin again from a snapshot. */
  restart(): void {
    if (this.#stopped) return
    this.#fresh = true
    this.#release()
    this.#open()
  }

  #url(): string {
    const position = this.#fresh ? undefined : this.events.position()
    if (!position) return this.path
    return `${this.path}?epoch=${encodeURIComponent(position.epoch)}&sequence=${position.sequence}`
  }

  #open(): void {
    clearTimeout(this.#retry)
    const socket = this.ports.open(this.#url())
    this.#socket = socket
    let opened = false
    socket.onopen = () => {
      opened = true
      this.#listen()
    }
    socket.onmessage = (event) => this.#receive(event.data)
    socket.onclose = (event) => this.#closed(event.code, opened)
    this.#listen()
  }

  #receive(data: unknown): void {
    this.#listen()
    const frame = parse(data)
    if (!frame) {
      this.restart()
      return
    }
    if (frame.type === 'pong') return
    this.#fresh = false
    this.#attempts = 0
    this.#lostSince = undefined
    this.events.status({ kind: 'open' })
    this.events.frame(frame)
  }

  /** Something must come within the silence allowed. */
  #listen(): void {
    this.#heardAt = this.ports.now()
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => {
      this.#release()
      this.#lost()
    }, SILENCE_MS)
  }

  #closed(code: number, opened: boolean): void {
    this.#release()
    if (code === CLOSE.unauthenticated || code === CLOSE.revoked) this.#over('ended')
    else if (code === CLOSE.forbidden) this.#over('forbidden')
    else if (code === CLOSE.noSuchProject) this.#over('missing')
    else if (opened) {
      if (code === CLOSE.tooSlow || code === CLOSE.badMessage) this.#fresh = true
      this.#lost()
    } else void this.#refused()
  }

  async #refused(): Promise<void> {
    this.#lost()
    if ((await this.ports.probe()) === 'ended') this.#over('ended')
  }

  #lost(): void {
    if (this.#stopped) return
    this.#lostSince ??= this.ports.now()
    this.#attempts += 1
    this.events.status({ kind: 'lost', since: this.#lostSince, attempts: this.#attempts })
    // Half fixed, half chance: a restarted server is not met by all browsers in the same instant.
    const longest = this.ports.now() - this.#lostSince < RESTART_MS ? RESTART_RETRY_MS : LONGEST_RETRY_MS
    const ceiling = Math.min(longest, FIRST_RETRY_MS * 2 ** (this.#attempts - 1))
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#open(), ceiling / 2 + (this.ports.random() * ceiling) / 2)
  }

  #over(why: 'ended' | 'forbidden' | 'missing'): void {
    if (this.#stopped) return
    this.stop()
    this.events.status({ kind: 'closed', why })
  }

  #release(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#watch)
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}

function parse(data: unknown): Frame | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const frame = JSON.parse(data) as Partial<Frame> | null
    if (frame?.type === 'pong') return frame as Frame
    const known = frame?.type === 'snapshot' || frame?.type === 'delta' || frame?.type === 'heartbeat'
    return known && typeof frame.epoch === 'string' && typeof frame.sequence === 'number' ? (frame as Frame) : undefined
  } catch {
    return undefined
  }
}
