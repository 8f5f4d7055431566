/** The project's rules: loaded, changed by hand, and sent where something is another. */
import { app } from '../../app.svelte'
import { fill, i18n } from '../../i18n/index.svelte'
import type { components } from '../../live/api'
import type { Job } from '../../live/jobs'
import { ApiError, ask, UnreachableError } from '../../live/rest'
import { toast } from '../../ui/toast.svelte'
import { Fetched } from '../profile/fetched.svelte'

export type Rules = components['schemas']['Rules']

export class RulesForm {
  readonly loaded = new Fetched<Rules>()
  /** What the form shows; undefined until the rules are here. */
  draft = $state<Rules>()
  saving = $state(false)
  /** By which history's sums follow the last change. */
  job = $state.raw<Job>()

  constructor(private readonly names: readonly (keyof Rules)[]) {}

  get #path(): string {
    return `/projects/${app.project?.id ?? 0}/rules`
  }

  async load(): Promise<void> {
    await this.loaded.ask(this.#path, { again: true })
    this.undo()
  }

  undo(): void {
    this.draft = this.loaded.value && structuredClone(this.loaded.value)
  }

  /** Of this form's rules, those that are not as they were loaded. */
  get changes(): Partial<Rules> {
    const [now, was] = [this.draft, this.loaded.value]
    if (!now || !was) return {}
    const names = this.names.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(was[name]))
    return Object.fromEntries(names.map((name) => [name, $state.snapshot(now[name])]))
  }

  get changed(): boolean {
    return Object.keys(this.changes).length > 0
  }

  async save(): Promise<void> {
    this.saving = true
    try {
      const was = Object.fromEntries(this.names.map((name) => [name, this.loaded.value?.[name]]))
      const answer = await ask<{ rules: Rules; job: Job | null }>('PUT', this.#path, { ...this.changes, was })
      this.loaded.value = answer.rules
      this.job = answer.job ?? undefined
      this.undo()
      toast.say(i18n.t.settings.saved)
    } catch (error) {
      toast.warn(error instanceof ApiError && error.errorId === 'stale_edit' ? i18n.t.directory.stale : refusal(error))
      if (error instanceof ApiError && error.errorId === 'stale_edit') await this.load()
    } finally {
      this.saving = false
    }
  }
}

/** What to tell of something that was not saved. */
export function refusal(error: unknown): string {
  const t = i18n.t.settings
  if (error instanceof UnreachableError) return t.unreachable
  return fill(t.failed, { words: error instanceof Error ? error.message : String(error) })
}
