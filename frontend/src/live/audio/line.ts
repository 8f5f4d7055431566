/**
 * A page's line to one session of supervision: state comes, commands go, and by the browser's way sound both ways.
 * `ControlLine` is for the way by phone; `SupervisionAudio` (./supervision-audio) adds the sound.
 * docs/supervision-line.md is the protocol's page.
 */
import type { LiveSupervision, Mode } from '../supervisions'

/** Why a microphone does not open. */
export type MicTrouble = 'denied' | 'none' | 'busy' | 'insecure' | 'failed'

export class MicError extends Error {
  constructor(
    readonly trouble: MicTrouble,
    words = '',
  ) {
    super(words)
  }
}

export interface LineEvents {
  supervision: (supervision: LiveSupervision) => void
  /** A command was not carried out; the session goes on. `errorId` is the server's. */
  refused: (words: string, errorId?: string) => void
  /** The browser plays nothing until the user does something on the page. */
  held: (held: boolean) => void
  /** The microphone that was open is gone: it was unplugged, or its permission taken back. */
  microphoneLost?: () => void
  /** Not by `close`. `replaced`: another page has taken the session over. */
  closed: (why: Closed) => void
}

export type Closed = 'lost' | 'replaced' | 'over'

/** 0–1, as loud as it looks: 0 is −60 dB below the loudest, or silence. */
export interface Levels {
  call: number
  you: number
  /** Who says what of the call; undefined where the PBX gives both only mixed. */
  employee?: number
  client?: number
}

export interface Line {
  /** Resolves once the line is open; rejects where it does not open. */
  connect: (address: string) => Promise<void>
  setMode: (mode: Mode) => void
  setMuted: (muted: boolean) => void
  leave: () => void
  /** Without a word to the server, which waits a moment for another line. */
  close: () => void
}

/** A line that carries sound. */
export interface SoundLine extends Line {
  /** Asks for the microphone, where it is not open. @throws MicError */
  openMicrophone: () => Promise<void>
  /** To be called by a click: lets go what the browser holds back. */
  resume: () => void
  /** 0–1. */
  setVolume: (volume: number) => void
  levels: () => Levels
}

/** What the server closes a line with. */
export const LINE_CLOSE = {
  over: 1000,
  badMessage: 4400,
  unauthenticated: 4401,
  tokenRefused: 4402,
  forbidden: 4403,
  noSuchSupervision: 4404,
  replaced: 4406,
  tooSlow: 4408,
  revoked: 4409,
  tooMany: 4429,
} as const

/** The line of a session by phone, and what every line has. */
export class ControlLine implements Line {
  #socket: WebSocket | undefined

  constructor(protected readonly events: LineEvents) {}

  connect(address: string): Promise<void> {
    this.#drop()
    const socket = new WebSocket(address)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    return new Promise((resolve, reject) => {
      let opened = false
      // Not at `open`: the server refuses after the handshake, and its first word is the session's state.
      socket.onmessage = ({ data }) => {
        if (typeof data !== 'string') return this.takeSound?.(data as ArrayBuffer)
        this.#take(data)
        if (!opened) resolve()
        opened = true
      }
      socket.onclose = ({ code }) => {
        if (this.#socket === socket) this.#socket = undefined
        if (!opened) reject(new Error(String(code)))
        else this.events.closed(why(code))
      }
    })
  }

  setMode = (mode: Mode): void => this.sendCommand({ type: 'mode', mode })
  setMuted = (muted: boolean): void => this.sendCommand({ type: 'mute', muted })
  leave = (): void => this.sendCommand({ type: 'leave' })

  close(): void {
    this.#drop()
  }

  /** A frame of sound came; by phone none does. */
  protected takeSound?(frame: ArrayBuffer): void

  /** How much waits unsent, in bytes; undefined where there is no line. */
  protected get waiting(): number | undefined {
    return this.#socket?.readyState === WebSocket.OPEN ? this.#socket.bufferedAmount : undefined
  }

  protected sendSound(frame: Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(frame)
  }

  #take(text: string): void {
    const frame = JSON.parse(text) as {
      type: string
      supervision?: LiveSupervision
      message?: string
      error_id?: string
    }
    if (frame.type === 'supervision' && frame.supervision) this.events.supervision(frame.supervision)
    else if (frame.type === 'refused') this.events.refused(frame.message ?? '', frame.error_id)
  }

  protected sendCommand(command: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command))
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) return
    socket.onclose = socket.onmessage = null
    socket.close()
  }
}

const why = (code: number): Closed =>
  code === LINE_CLOSE.over ? 'over' : code === LINE_CLOSE.replaced ? 'replaced' : 'lost'
