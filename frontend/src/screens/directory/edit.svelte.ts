/** A dialog's edit on its way: what came of it, and whether somebody else was faster. */
import { toast } from '../../ui/toast.svelte'
import { isStale, trouble } from './trouble'

export class Edit {
  busy = $state(false)
  wrong = $state('')
  /** Somebody else saved meanwhile: what is here must be looked at anew. */
  stale = $state(false)

  /** @returns whether it was done */
  async carry(act: () => Promise<unknown>, said: string, undo?: { label: string; run: () => void }): Promise<boolean> {
    this.busy = true
    this.wrong = ''
    try {
      await act()
      toast.say(said, undo)
      return true
    } catch (error) {
      this.wrong = trouble(error)
      this.stale = isStale(error)
      return false
    } finally {
      this.busy = false
    }
  }
}
