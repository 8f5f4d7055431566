/** A client's earlier calls, and whether they are spam. */
import { fill, i18n } from '../../i18n/index.svelte'
import type { components } from '../../live/api'
import { addSpam, getClient, removeSpam } from '../../live/journal-api'
import { ApiError } from '../../live/rest'
import { toast } from '../../ui/toast.svelte'

type ClientHistory = components['schemas']['ClientHistory']
/** What is shown of it. */
export type History = Pick<
  ClientHistory,
  'calls' | 'first_at' | 'last_at' | 'last_employee_id' | 'last_employee_name' | 'spam'
>

export class ClientView {
  history = $state.raw<History>()
  phase = $state<'loading' | 'known' | 'failed'>('loading')
  marking = $state(false)
  #abort: AbortController | undefined

  constructor(
    private readonly projectId: number,
    private readonly e164: string,
    given?: History,
  ) {
    if (given) this.take(given)
  }

  take(history: History): void {
    this.history = history
    this.phase = 'known'
  }

  async load(): Promise<void> {
    this.stop()
    const { signal } = (this.#abort = new AbortController())
    if (!this.history) this.phase = 'loading'
    try {
      this.take(await getClient(this.projectId, this.e164, signal))
    } catch {
      if (!signal.aborted) this.phase = 'failed'
    }
  }

  stop(): void {
    this.#abort?.abort()
  }

  /** True where the server did it. */
  async mark(spam: boolean): Promise<boolean> {
    this.marking = true
    try {
      if (spam) await addSpam(this.projectId, this.e164, 'hand')
      else await removeSpam(this.projectId, this.e164)
      if (this.history) this.history = { ...this.history, spam }
      toast.say(spam ? i18n.t.client.marked : i18n.t.client.unmarked)
      return true
    } catch (error) {
      toast.warn(whyNot(error))
      return false
    } finally {
      this.marking = false
    }
  }
}

function whyNot(error: unknown): string {
  const c = i18n.t.client
  if (error instanceof ApiError && error.errorId === 'conflict') return c.atPbx
  return fill(c.notDone, {
    words: error instanceof Error && error.message ? error.message : i18n.t.settings.unreachable,
  })
}
