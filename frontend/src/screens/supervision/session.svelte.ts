/** One session of supervision as this page holds it: its line, its microphone, and what the server says of it. */
import { fill, i18n } from '../../i18n/index.svelte'
import {
  MicError,
  type Closed,
  type Levels,
  type Line,
  type LineEvents,
  type MicTrouble,
  type SoundLine,
} from '../../live/audio/line'
import { ApiError, UnreachableError } from '../../live/rest'
import type { LiveSupervision, Mode, StartSupervision, SupervisionsApi } from '../../live/supervisions'

/** How the line is made; tests and pages without sound make their own. */
export interface Lines {
  sound: (events: LineEvents) => SoundLine
  control: (events: LineEvents) => Line
}

export type MicState = 'off' | 'asking' | 'open' | 'gone' | MicTrouble

/** The server waits 5 s for a page that is gone; a phone's session waits for as long as it lasts. */
const BACK_MS = [0, 250, 500, 1000, 1500, 2000]
const PHONE_BACK_MS = 5000
const QUIET: Levels = { call: 0, you: 0 }
const VOLUME = 'callfloor.listening-volume'

export class Session {
  /** What the server said last; undefined until it has answered. */
  supervision = $state.raw<LiveSupervision>()
  /** Why there is no session, or why the last wish was not fulfilled. */
  trouble = $state<string>()
  /** The start was refused for want of a reason. */
  wantsReason = $state(false)
  lost = $state(false)
  /** The browser holds the sound back until a click. */
  held = $state(false)
  /** It goes on in another tab, or was begun there. */
  elsewhere = $state(false)
  mic = $state<MicState>('off')
  micWords = $state('')
  /** Asked for, and not yet so. */
  asked = $state<Mode>()
  volume = $state(readVolume())
  #line: Line | undefined
  #sound: SoundLine | undefined
  #stopped = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly api: SupervisionsApi,
    private readonly lines: Lines,
    readonly wish: StartSupervision,
    private readonly told: (session: Session) => void,
  ) {}

  get over(): boolean {
    return this.trouble !== undefined && !this.supervision ? true : this.supervision?.phase === 'ended'
  }

  /** Begins a session. To be called by a click: what plays is made at once, as browsers ask for. */
  async start(): Promise<void> {
    this.#prepare()
    try {
      const { supervision, token } = await this.api.start(this.wish)
      this.#take(supervision)
      if (this.#stopped) return void this.api.leave(supervision.id).catch(() => undefined)
      await this.#open(token).catch(() => this.#lose())
    } catch (error) {
      this.#line?.close()
      if (error instanceof ApiError && error.errorId === 'reason_needed') this.wantsReason = true
      this.trouble = refusal(error)
    }
  }

  /** Takes over a session that runs: after a reload, or from another tab. */
  async attach(supervision: LiveSupervision): Promise<void> {
    this.elsewhere = false
    this.#prepare()
    this.#take(supervision)
    await this.#return(0)
  }

  /** It is held by another page: only shown here. */
  watch(supervision: LiveSupervision): void {
    this.elsewhere = true
    this.#take(supervision)
  }

  async setMode(mode: Mode): Promise<void> {
    const now = this.supervision
    if (!now || !this.#line || now.phase === 'ended' || this.elsewhere || now.mode === mode) return
    this.trouble = undefined
    this.asked = mode
    if (mode !== 'listen' && now.way === 'browser') {
      // The first time it opens muted; whoever unmuted themself goes on speaking.
      if (this.mic !== 'open') {
        if (!(await this.openMicrophone())) return void (this.asked = undefined)
        this.#line.setMuted(true)
      }
    }
    this.#line?.setMode(mode)
  }

  async setMuted(muted: boolean): Promise<void> {
    const now = this.supervision
    if (!now || !this.#line || this.elsewhere) return
    if (!muted && now.way === 'browser' && this.mic !== 'open' && !(await this.openMicrophone())) return
    this.#line?.setMuted(muted)
  }

  /** True where it is open. */
  async openMicrophone(): Promise<boolean> {
    if (!this.#sound) return false
    this.mic = 'asking'
    try {
      await this.#sound.openMicrophone()
      this.mic = 'open'
      return true
    } catch (error) {
      this.mic = error instanceof MicError ? error.trouble : 'failed'
      this.micWords = error instanceof Error ? error.message : String(error)
      return false
    }
  }

  setVolume(volume: number): void {
    this.volume = volume
    localStorage.setItem(VOLUME, String(volume))
    this.#sound?.setVolume(volume)
  }

  levels = (): Levels => this.#sound?.levels() ?? QUIET

  resume(): void {
    this.#sound?.resume()
  }

  /** The supervisor leaves. Heard by the server over the line and, where that fails, by REST. */
  async leave(): Promise<void> {
    const id = this.supervision?.id
    this.stop()
    if (id !== undefined && !this.over) await this.api.leave(id).catch(() => undefined)
  }

  /** The page is left for good, by signing out or for another project: heard while the line still stands. */
  quit(): void {
    if (!this.elsewhere) this.#line?.leave()
    this.stop()
  }

  /** Lets go of line and microphone without a word: another page goes on, or nobody does. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#line?.close()
    this.#line = this.#sound = undefined
    this.mic = 'off'
  }

  #prepare(): void {
    this.#stopped = false
    const events: LineEvents = {
      supervision: (supervision) => this.#take(supervision),
      refused: (words, errorId) => {
        const t = i18n.t.supervision.failed
        this.asked = undefined
        this.trouble = fill(t.mode, { words: errorId && errorId in t ? t[errorId as keyof typeof t] : words })
      },
      held: (held) => (this.held = held),
      microphoneLost: () => (this.mic = 'gone'),
      closed: (why) => this.#closed(why),
    }
    if (this.wish.way === 'browser') {
      this.#line = this.#sound = this.lines.sound(events)
      this.#sound.setVolume(this.volume)
    } else this.#line = this.lines.control(events)
  }

  async #open(token: string): Promise<void> {
    const id = this.supervision?.id
    if (id === undefined || !this.#line) return
    await this.#line.connect(this.api.lineAddress(id, token))
    this.lost = false
  }

  #take(supervision: LiveSupervision): void {
    this.supervision = supervision
    if (this.asked === supervision.mode) this.asked = undefined
    if (supervision.phase === 'ended') this.stop()
    this.told(this)
  }

  #closed(why: Closed): void {
    if (this.#stopped || this.supervision?.phase === 'ended') return
    if (why === 'replaced') {
      this.stop()
      this.elsewhere = true
      this.told(this)
    } else this.#lose()
  }

  #lose(): void {
    this.lost = true
    this.asked = undefined
    void this.#return(0)
  }

  /** Back to the session that was lost, again and again while it may still be there. */
  async #return(turn: number): Promise<void> {
    const now = this.supervision
    if (!now || this.#stopped) return
    try {
      await this.#open(await this.api.token(now.id))
    } catch (error) {
      const gone = error instanceof ApiError && (error.status === 404 || error.status === 409)
      const wait = now.way === 'phone' ? PHONE_BACK_MS : BACK_MS[turn + 1]
      if (this.#stopped) return
      if (gone || wait === undefined) this.#ended(now)
      else this.#timer = setTimeout(() => void this.#return(turn + 1), wait)
    }
  }

  /** Nobody is left to tell why: for a page that was away it is that it was away. */
  #ended(now: LiveSupervision): void {
    this.lost = false
    this.#take({ ...now, phase: 'ended', ending: now.way === 'browser' ? 'page_gone' : 'call_over' })
  }
}

function readVolume(): number {
  const stored = Number(localStorage.getItem(VOLUME) ?? 1)
  return stored >= 0 && stored <= 1 ? stored : 1
}

/** Why a session did not begin, in words. */
export function refusal(error: unknown): string {
  const t = i18n.t.supervision.failed
  if (error instanceof UnreachableError) return t.unreachable
  if (!(error instanceof ApiError)) return fill(t.words, { words: error instanceof Error ? error.message : '' })
  if (error.errorId in t) return t[error.errorId as keyof typeof t]
  if (error.status === 404) return t.gone
  if (error.status === 503) return t.linkDown
  return fill(t.words, { words: [error.message, error.requestId].filter(Boolean).join(' · ') })
}
