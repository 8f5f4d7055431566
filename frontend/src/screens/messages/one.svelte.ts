/** One message in its panel: as the list has it, or asked for by its address; and what is done with it. */
import { ask } from '../../live/rest'
import { Trouble } from '../journal/trouble.svelte'

export class One<R> {
  row = $state.raw<R>()
  saving = $state(false)
  readonly trouble = new Trouble()

  constructor(
    private readonly path: string,
    private readonly onchange: (row: R) => void,
  ) {}

  async load(): Promise<void> {
    this.trouble.clear()
    try {
      this.row = await ask<R>('GET', this.path)
    } catch (error) {
      this.trouble.take(error)
    }
  }

  setHandled = (handled: boolean): Promise<boolean> => this.#put('handled', { handled })
  setNote = (note: string): Promise<boolean> => this.#put('note', { note })

  async #put(what: string, body: object): Promise<boolean> {
    this.saving = true
    try {
      this.row = await ask<R>('PUT', `${this.path}/${what}`, body)
      this.onchange(this.row)
      return true
    } catch {
      return false
    } finally {
      this.saving = false
    }
  }
}
