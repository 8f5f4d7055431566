/** What a live page shows, live or past, and how its parts find the past. */
import { getContext, setContext } from 'svelte'
import type { FloorView, LiveFloor } from '../../live/floor.svelte'
import type { LiveCall } from '../../live/frames'
import type { Floor } from '../../live/store'
import type { Past } from './past.svelte'

/** The floor that a live page shows: as it is, or as it was. */
export class Shown implements FloorView {
  constructor(
    readonly live: LiveFloor,
    private readonly machine: Past,
  ) {}

  readonly project = $derived.by(() => this.live.project)

  get past(): Past | undefined {
    return this.machine.on ? this.machine : undefined
  }

  get turn(): number {
    return this.machine.turn
  }

  get floor(): Floor | undefined {
    return this.machine.on ? this.machine.floor : this.live.floor
  }

  get status(): LiveFloor['status'] {
    return this.machine.on ? { kind: 'open' } : this.live.status
  }

  get now(): number {
    return this.machine.on ? this.machine.shownAt : this.live.now
  }

  get clock(): { now(): number } {
    return this.machine.on ? { now: () => this.machine.shownAt } : this.live.clock
  }

  call(id: string): LiveCall | undefined {
    return this.floor?.calls.get(id)
  }
}

const KEY = 'past'
export const providePast = (past: Past): Past => setContext(KEY, past)
/** Undefined where a page has no past: an employee's own. */
export const usePast = (): Past | undefined => getContext<Past | undefined>(KEY)
