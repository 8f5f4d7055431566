/** One call of the journal, whole: fetched when its panel opens, changed by hand, told back to the list. */
import type { CallNote, JournalRow, WholeCall } from '../../live/journal'
import * as api from '../../live/journal-api'
import { Trouble } from './trouble.svelte'

export class CallView {
  whole = $state.raw<WholeCall>()
  readonly trouble = new Trouble()
  /** Something is being saved. */
  saving = $state(false)
  #id = ''
  #abort = new AbortController()

  /** @param changed hears of the row as it is now, wherever else it is shown */
  constructor(
    private readonly projectId: number,
    private readonly changed: (row: JournalRow) => void,
  ) {}

  /** Another call; what was shown stays until this one comes, unless it cannot be had. */
  open(id: string): void {
    if (id === this.#id) return
    this.#id = id
    void this.again()
  }

  async again(): Promise<void> {
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    try {
      const whole = await api.getWholeCall(this.projectId, this.#id, abort.signal)
      if (abort.signal.aborted) return
      this.whole = whole
      this.trouble.clear()
      this.changed(whole.row)
    } catch (error) {
      if (abort.signal.aborted) return
      this.trouble.take(error)
      if (this.whole?.row.call_id !== this.#id) this.whole = undefined
    }
  }

  stop(): void {
    this.#abort.abort()
  }

  setTags = (tags: readonly string[]): Promise<boolean> => this.#save((id) => api.setTags(this.projectId, id, tags))
  /** Null: as the project's rule says. */
  setSuccess = (success: boolean | null): Promise<boolean> =>
    this.#save((id) => api.setSuccess(this.projectId, id, success))
  addNote = (text: string): Promise<boolean> => this.#save((id) => api.addNote(this.projectId, id, text))
  removeNote = (note: CallNote): Promise<boolean> => this.#save((id) => api.removeNote(this.projectId, id, note.id))

  /** False where it was not done. What is shown afterwards is what the server has. */
  async #save(say: (id: string) => Promise<WholeCall>): Promise<boolean> {
    const id = this.#id
    this.saving = true
    try {
      const whole = await say(id)
      this.changed(whole.row)
      if (id === this.#id) this.whole = whole
      return true
    } catch {
      return false
    } finally {
      this.saving = false
    }
  }
}
