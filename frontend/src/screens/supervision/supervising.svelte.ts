/** What this page supervises, how it may, and what of a call lies open: one for all pages of the shell. */
import { getContext, setContext } from 'svelte'
import type { LiveFloor } from '../../live/floor.svelte'
import {
  byCall,
  maySupervise,
  SupervisionsApi,
  type LiveSupervision,
  type StartSupervision,
} from '../../live/supervisions'
import { CallOrders } from './call-orders.svelte'
import { lines } from './lines'
import { Session } from './session.svelte'
import { Tabs } from './tabs'
import { Ways } from './ways.svelte'

/** Whose conversation it is about: the employee of a call, as the row has them. */
export interface Target {
  callId: string
  employeeId: number | undefined
  name: string
}

interface Opened extends Target {
  anchor: HTMLElement
}

export type Deed = 'hang_up' | 'transfer' | 'take' | 'remove'

/** Which session this very tab holds: after a reload it is taken up again. */
const HELD = 'callfloor.listening'
const WATCH_MS = 4000

export class Supervising {
  readonly api: SupervisionsApi
  readonly orders: CallOrders
  readonly may: boolean
  readonly ways: Ways
  session = $state.raw<Session>()
  /** Whose name the bar shows before the stream or the directory has one. */
  target = $state.raw<Target>()
  menu = $state.raw<Opened>()
  /** A session waits for its reason. */
  reasonFor = $state.raw<Target>()
  deed = $state.raw<Target & { what: Deed }>()
  readonly #tabs: Tabs
  #timer: ReturnType<typeof setTimeout> | undefined

  /** The employee that the supervisor is themself: nobody listens to their own call. */
  get own(): number | null {
    return this.live.project.employee_id
  }

  constructor(
    readonly live: LiveFloor,
    private readonly userId: number,
  ) {
    this.api = new SupervisionsApi(live.project.id)
    this.ways = new Ways(this.api)
    this.orders = new CallOrders(live, this.api)
    this.may = maySupervise(live.project.role)
    this.#tabs = new Tabs(`callfloor.listening.${live.project.id}`, {
      held: () =>
        this.session && !this.session.elsewhere && !this.session.over ? this.session.supervision : undefined,
      told: (supervision) => this.#elsewhere(supervision),
      taken: (id) => this.session?.supervision?.id === id && this.#letGo(),
    })
  }

  /** Takes up what was going on; returns what ends it with the page. */
  start(): () => void {
    if (this.may) {
      void this.ways.lookUp()
      void this.#takeUp()
    }
    return () => {
      this.session?.quit()
      this.orders.stop()
      this.#tabs.close()
      clearTimeout(this.#timer)
    }
  }

  /** Something lies open that belongs to a row: rows must not move. */
  get busy(): boolean {
    return this.menu !== undefined
  }

  open(menu: Opened): void {
    this.menu = menu
    void this.ways.lookUp(menu.callId)
  }

  /** Something of this call's row is to be seen though nobody points at it. */
  keeps(callId: string): boolean {
    return this.listensTo(callId) || this.menu?.callId === callId || this.orders.waits(callId)
  }

  readonly #watched = $derived.by(() => byCall(this.live.floor?.supervisions))

  /** Who supervises the call, as far as one may know. */
  watching(callId: string): readonly LiveSupervision[] {
    return this.#watched.get(callId) ?? []
  }

  listensTo(callId: string): boolean {
    return this.session?.supervision?.call_id === callId && !this.session.over
  }

  /** One click: listens in, asks for the reason first where the project wants one, or leaves. */
  toggle(target: Target): void {
    this.menu = undefined
    if (this.listensTo(target.callId)) void this.leave()
    else if (this.ways.known?.ask_reason) this.reasonFor = target
    else void this.listen(target)
  }

  async listen(target: Target, reason?: string): Promise<void> {
    const before = this.session
    this.reasonFor = undefined
    this.target = target
    const wish = {
      call_id: target.callId,
      employee_id: target.employeeId,
      reason: reason || undefined,
      ...this.ways.way,
    }
    const session = this.#made(wish)
    if (before?.supervision && before.elsewhere) this.#tabs.take(before.supervision.id)
    // The server ends what was listened to before: one hears one call at a time.
    before?.stop()
    await session.start()
    if (session.wantsReason) {
      this.session = undefined
      this.reasonFor = target
      void this.ways.lookUp()
    } else if (session.trouble) void this.ways.lookUp()
  }

  async leave(): Promise<void> {
    const { session } = this
    this.session = undefined
    this.#remember(undefined)
    if (session?.elsewhere && session.supervision) this.#tabs.take(session.supervision.id)
    await session?.leave()
    this.#tabs.tell(session?.supervision && { ...session.supervision, phase: 'ended', ending: 'left' })
  }

  /** What has ended is no longer shown. */
  dismiss(session: Session): void {
    if (this.session === session) this.session = undefined
  }

  /** From another tab into this one. To be called by a click. */
  bringHere(): void {
    const { supervision } = this.session ?? {}
    if (!supervision) return
    this.#tabs.take(supervision.id)
    void this.#attach(supervision)
  }

  #made(wish: StartSupervision): Session {
    const session = new Session(this.api, lines, wish, (told) => {
      if (told !== this.session) return
      this.#remember(told.over || told.elsewhere ? undefined : told.supervision?.id)
      if (!told.elsewhere) this.#tabs.tell(told.supervision)
      else this.#watch()
    })
    this.session = session
    return session
  }

  async #attach(supervision: LiveSupervision): Promise<void> {
    this.session?.stop()
    await this.#made(wishOf(supervision)).attach(supervision)
  }

  async #takeUp(): Promise<void> {
    const held = sessionStorage.getItem(HELD)
    const there = await this.#tabs.ask()
    const own = await this.#own()
    if (this.session || !own) return
    // A phone's session may have lost its page altogether; a browser's is this tab's, or another computer's.
    if (there !== own.id && (held === own.id || own.way === 'phone')) await this.#attach(own)
    else {
      this.#made(wishOf(own)).watch(own)
      this.#watch()
    }
  }

  async #own(): Promise<LiveSupervision | undefined> {
    const all = await this.api.list().catch(() => [])
    return all.find((one) => one.user_id === this.userId && one.phase !== 'ended')
  }

  /** A tab has told of the session that it holds. */
  #elsewhere(supervision: LiveSupervision): void {
    const { session } = this
    if (session && !session.elsewhere && !session.over) return
    if (supervision.phase === 'ended') {
      if (session?.supervision?.id === supervision.id) this.session = undefined
    } else if (session?.elsewhere && session.supervision?.id === supervision.id) session.watch(supervision)
    else {
      session?.stop()
      this.#made(wishOf(supervision)).watch(supervision)
      this.#watch()
    }
  }

  #letGo(): void {
    this.session?.stop()
    this.session = undefined
    this.#remember(undefined)
  }

  /** What another page or computer holds is looked after from time to time. */
  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(async () => {
      const { session } = this
      if (!session?.elsewhere) return
      const own = await this.#own()
      if (this.session !== session || !session.elsewhere) return
      if (!own) this.session = undefined
      else session.watch(own)
      this.#watch()
    }, WATCH_MS)
  }

  #remember(id: string | undefined): void {
    if (id) sessionStorage.setItem(HELD, id)
    else sessionStorage.removeItem(HELD)
  }
}

const wishOf = (one: LiveSupervision): StartSupervision => ({
  call_id: one.call_id,
  employee_id: one.employee_id,
  way: one.way,
  phone: one.phone,
})

const KEY = 'supervising'
export const provideSupervising = (supervising: Supervising): Supervising => setContext(KEY, supervising)
/** Of the shell; undefined on the page of an employee, who supervises nobody. */
export const useSupervising = (): Supervising | undefined => getContext<Supervising | undefined>(KEY)
