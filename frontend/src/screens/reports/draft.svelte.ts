/** A report as it is being asked for: what, how, to whom, when. */
import { COLUMNS, readLayout, shownColumns } from '../../live/journal-columns'
import {
  addressesOf,
  DEFAULT_WHEN,
  type Options,
  type Recipients,
  type ReportWanted,
  type Schedule,
  type ScheduleWanted,
  type When,
} from '../../live/reports'

export type Where = 'file' | 'mail' | 'schedule'
export type Columns = 'page' | 'usual' | 'all' | 'kept'

/** Where the journal keeps its columns. */
const JOURNAL_COLUMNS = 'callfloor.journal.columns'

export class Draft {
  what = $state<ReportWanted['what']>('calls')
  by = $state<NonNullable<ReportWanted['by']>>('day')
  form = $state<ReportWanted['form']>('xlsx')
  columns = $state<Columns>('page')
  where = $state<Where>('file')
  name = $state('')
  users = $state<number[]>([])
  outside = $state('')
  when = $state<When>({ ...DEFAULT_WHEN })
  paused = false
  #kept: readonly string[] = []

  constructor(
    private readonly query: () => string,
    readonly language: string,
    schedule?: Schedule,
  ) {
    if (!schedule) return
    const { report, recipients } = schedule
    this.what = report.what
    this.by = report.by
    this.form = report.form
    this.columns = 'kept'
    this.#kept = report.columns
    this.where = 'schedule'
    this.name = schedule.name
    this.users = [...recipients.user_ids]
    this.outside = recipients.addresses.join(', ')
    this.when = { ...schedule.when }
    this.paused = schedule.paused
  }

  get recipients(): Recipients {
    return { user_ids: this.users, addresses: addressesOf(this.outside) }
  }

  get ready(): boolean {
    const somebody = this.users.length > 0 || addressesOf(this.outside).length > 0
    return this.where === 'file' || (this.name.trim() !== '' && somebody)
  }

  report(options: Options): ReportWanted {
    return {
      what: this.what,
      form: this.form,
      query: this.query(),
      by: this.by,
      columns: this.what === 'calls' ? this.#columnsOf(options) : this.columns === 'kept' ? [...this.#kept] : [],
      language: this.language,
      bom: true,
    }
  }

  schedule(options: Options): ScheduleWanted {
    return {
      name: this.name.trim(),
      when: this.when,
      report: this.report(options),
      recipients: this.recipients,
      paused: this.paused,
    }
  }

  toggle(userId: number): void {
    this.users = this.users.includes(userId) ? this.users.filter((one) => one !== userId) : [...this.users, userId]
  }

  #columnsOf(options: Options): string[] {
    if (this.columns === 'kept') return [...this.#kept]
    if (this.columns === 'usual') return []
    if (this.columns === 'all') return options.call_columns
    const shown = shownColumns(readLayout(localStorage.getItem(JOURNAL_COLUMNS)))
    return shown.filter((one) => COLUMNS.includes(one) && options.call_columns.includes(one))
  }
}
