/** The tabs of one browser tell one another who holds the session: one is heard, never two at once. */
import type { LiveSupervision } from '../../live/supervisions'

/** A tab that is there answers within this. */
const ANSWER_MS = 120

type Word =
  | { type: 'who' }
  | { type: 'holding'; supervision: LiveSupervision }
  /** Goes on elsewhere: the tab that held it lets go. */
  | { type: 'taken'; id: string }

interface Ears {
  held: () => LiveSupervision | undefined
  told: (supervision: LiveSupervision) => void
  taken: (id: string) => void
}

export class Tabs {
  readonly #channel: BroadcastChannel
  #waiting: ((id: string) => void) | undefined

  constructor(name: string, ears: Ears) {
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.type === 'taken') ears.taken(data.id)
      else if (data.type === 'holding') {
        this.#waiting?.(data.supervision.id)
        ears.told(data.supervision)
      } else this.tell(ears.held())
    }
  }

  /** Which session another tab holds; undefined where none answers. */
  ask(): Promise<string | undefined> {
    this.#say({ type: 'who' })
    return new Promise((resolve) => {
      const done = (id?: string) => {
        clearTimeout(timer)
        this.#waiting = undefined
        resolve(id)
      }
      const timer = setTimeout(done, ANSWER_MS)
      this.#waiting = done
    })
  }

  tell(supervision: LiveSupervision | undefined): void {
    if (supervision) this.#say({ type: 'holding', supervision })
  }

  take(id: string): void {
    this.#say({ type: 'taken', id })
  }

  close(): void {
    this.#channel.close()
  }

  #say(word: Word): void {
    this.#channel.postMessage(word)
  }
}
