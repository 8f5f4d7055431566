/** What lies open over the table: the devices that are looked at, and the actions of one employee. */
import type { EmployeesView } from './employees-view.svelte'
import { Orders } from './orders.svelte'

interface Opened {
  id: number
  anchor: HTMLElement
}

/** So long a pointer may be on its way to a popover, or only passing. */
const LINGER_MS = 180

export class Desk {
  looking = $state.raw<Opened>()
  acting = $state.raw<Opened>()
  readonly orders: Orders
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly view: EmployeesView) {
    this.orders = new Orders(view.live)
  }

  get mayAct(): boolean {
    return this.view.mayAct
  }

  /** Something is open that belongs to a row: the row must not move. */
  get busy(): boolean {
    return !!this.looking || !!this.acting
  }

  look(id: number, anchor: HTMLElement): void {
    clearTimeout(this.#timer)
    if (!this.acting) this.looking = { id, anchor }
  }

  /** Stays for as long as the pointer may be on its way to it. */
  lookAway(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.looking = undefined), LINGER_MS)
  }

  /** The pointer has arrived. */
  stay(): void {
    clearTimeout(this.#timer)
  }

  act(id: number, anchor: HTMLElement): void {
    this.close()
    this.acting = { id, anchor }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.looking = undefined
  }

  /** What is scrolled away takes along what hangs on it. */
  scrolled(what: EventTarget | null): void {
    if (!(what instanceof Element && what.closest('.devices'))) this.close()
    if (this.acting && !this.acting.anchor.isConnected) this.acting = undefined
  }

  /** Leaves no timer behind. */
  stop(): void {
    clearTimeout(this.#timer)
    this.orders.stop()
  }
}
