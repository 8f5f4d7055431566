/** Every tag in use in the project: fetched when a menu first asks, and kept as tags are made. */
import { getTags } from '../../live/journal-api'

export class TagsInUse {
  all = $state.raw<readonly string[]>([])
  #asked = false

  constructor(private readonly projectId: number) {}

  /** Asks once; without an answer there is nothing to choose, and typing still works. */
  open(): void {
    if (this.#asked) return
    this.#asked = true
    getTags(this.projectId)
      .then((tags) => (this.all = tags))
      .catch(() => (this.#asked = false))
  }

  know(tags: readonly string[]): void {
    this.all = [...this.all, ...tags.filter((one) => !this.all.includes(one))]
  }
}
