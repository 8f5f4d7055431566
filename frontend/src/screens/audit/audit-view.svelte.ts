/** What the audit page shows: the question in the address, and the entries that answer it. */
import { i18n } from '../../i18n/index.svelte'
import {
  ALL_AUDIT,
  askedAudit,
  auditPath,
  isAuditFiltered,
  readAuditQuery,
  withAuditQuery,
  type AuditQuery,
  type AuditView as View,
  type DeedEntry,
  type DeedOptions,
  type DeedPage,
  type SupervisionEntry,
  type SupervisionOptions,
  type SupervisionPage,
} from '../../live/audit'
import type { LiveFloor } from '../../live/floor.svelte'
import { daysOf } from '../../live/journal-period'
import { dayOf } from '../../live/profile-period'
import { Query, withText } from '../../live/query'
import { Who } from '../../live/rows'
import { router } from '../../router.svelte'
import { Fetched } from '../profile/fetched.svelte'
import { AuditList } from './audit-list.svelte'

const ENTRY = 'entry'

export class AuditView {
  readonly supervisions = new AuditList<SupervisionEntry>((answer: SupervisionPage) => ({
    rows: answer.records,
    next: answer.next_cursor,
  }))
  readonly deeds = new AuditList<DeedEntry>((answer: DeedPage) => ({ rows: answer.entries, next: answer.next_cursor }))
  readonly supervisionOptions: Fetched<SupervisionOptions>
  readonly deedOptions: Fetched<DeedOptions>
  readonly #base: string

  constructor(readonly live: LiveFloor) {
    this.#base = `/projects/${live.project.id}`
    this.supervisionOptions = new Fetched(`${this.#base}/supervision-log/options`)
    this.deedOptions = new Fetched(`${this.#base}/audit/options`)
  }

  readonly #directory = $derived.by(() => this.live.floor?.directory)
  readonly who = $derived.by(() => this.#directory && new Who(this.#directory, this.live.project.country))
  readonly query = $derived.by(() => readAuditQuery(router.search))
  readonly today = $derived.by(() => dayOf(this.live.now, i18n.timeZone))
  readonly days = $derived.by(() => daysOf(this.query.period, this.today))
  readonly filtered = $derived.by(() => isAuditFiltered(this.query))
  readonly asked = $derived.by(() => askedAudit(this.query, this.today))
  readonly list = $derived.by(() => (this.query.view === 'supervisions' ? this.supervisions : this.deeds))
  /** Which entry lies open. */
  readonly openId = $derived.by(() => new Query(router.search).text(ENTRY) || undefined)

  /** Who may be chosen: whoever has an entry. */
  readonly users = $derived.by(() =>
    this.query.view === 'supervisions'
      ? (this.supervisionOptions.value?.users ?? [])
      : (this.deedOptions.value?.users ?? []).map(({ id, login }) => ({ id, name: login ?? String(id) })),
  )

  /** To be called in an effect: it reads what is asked. */
  open(): void {
    const { view } = this.query
    if (view === 'supervisions') {
      this.supervisionOptions.open()
      this.supervisions.open(`${this.#base}/${auditPath(view)}?${this.asked}`)
    } else {
      this.deedOptions.open()
      this.deeds.open(`${this.#base}/${auditPath(view)}?${this.asked}`)
    }
  }

  /** Not a step for the Back button. */
  change(part: Partial<AuditQuery>): void {
    router.go(router.path, { replace: true, search: withAuditQuery(router.search, { ...this.query, ...part }) })
  }

  show(view: View): void {
    const { period } = this.query
    const search = withAuditQuery(withText(router.search, ENTRY, ''), { ...ALL_AUDIT, period, view })
    router.go(router.path, { search })
  }

  clear(): void {
    const { period, view } = this.query
    this.change({ ...ALL_AUDIT, period, view })
  }

  openEntry(id: string): void {
    router.go(router.path, { replace: this.openId !== undefined, search: withText(router.search, ENTRY, id) })
  }

  closeEntry = (): void => {
    router.go(router.path, { search: withText(router.search, ENTRY, '') })
  }
}
