/** What the profile panel shows: fetched for the period of the address, live for as long as it is open. */
import { i18n } from '../../i18n/index.svelte'
import type { LiveCall } from '../../live/frames'
import { at, running, type DayStatuses, type Profile, type ProfileHours } from '../../live/profile'
import { dayOf, daysOf, readPeriod, shifted } from '../../live/profile-period'
import { Refresher } from '../../live/profile-refresh'
import { Who } from '../../live/rows'
import { router } from '../../router.svelte'
import { Fetched } from './fetched.svelte'
import type { ProfileSource } from './own-source.svelte'

const MINUTE_S = 60

export class ProfileView {
  readonly profile = new Fetched<Profile>()
  /** Of the days that were opened, by day. */
  readonly #hours: Record<string, Fetched<ProfileHours>> = {}
  readonly #statuses: Record<string, Fetched<DayStatuses>> = {}
  readonly #refresher = new Refresher(() => this.#refresh())
  #seen: readonly unknown[] = []

  constructor(
    readonly live: ProfileSource,
    readonly employeeId: number,
    /** A call leads to its panel. */
    readonly linked: boolean,
  ) {}

  readonly row = $derived.by(() => this.live.floor?.employees.get(this.employeeId))
  readonly #directory = $derived.by(() => this.live.floor?.directory)
  readonly who = $derived.by(() => this.#directory && new Who(this.#directory, this.live.project.country))
  /** Their calls now; the objects are new exactly where something has changed. */
  readonly #calls = $derived.by(() =>
    [...(this.live.floor?.calls.values() ?? [])].filter((call) => call.parties.some((one) => this.#isTheirs(one))),
  )

  readonly today = $derived.by(() => dayOf(this.live.now, i18n.timeZone))
  readonly period = $derived.by(() => readPeriod(router.search))
  readonly #span = $derived.by(() => {
    const { from, to } = daysOf(this.period, this.today)
    return `${from} ${to}`
  })
  readonly days = $derived.by(() => {
    const [from = '', to = ''] = this.#span.split(' ')
    return { from, to }
  })

  /** While nothing is heard of the server, nothing is known to go on. */
  readonly now = $derived.by(() => {
    const { status, heardAt, clock, now } = this.live
    const quiet = status.kind === 'lost' || this.profile.fault === 'unreachable'
    return quiet && heardAt !== undefined ? Math.min(now, heardAt / 1000 + clock.offset) : now
  })
  readonly #running = $derived.by(() => {
    const row = this.row ?? this.profile.value?.live
    return row ? running(row) : undefined
  })
  /** The figures as they are this second. */
  readonly shown = $derived.by(() => this.profile.value && at(this.profile.value, this.#running, this.now))
  readonly #minute = $derived.by(() => Math.floor(this.now / MINUTE_S) * MINUTE_S)
  /** The figures as they were at the full minute: a chart is not drawn anew for a second. */
  readonly drawn = $derived.by(
    () => this.profile.value && at(this.profile.value, this.#running, Math.max(this.profile.value.now, this.#minute)),
  )

  call(id: string): LiveCall | undefined {
    return this.live.call(id)
  }

  /** To be opened in an effect of who shows it. */
  hours(day: string): Fetched<ProfileHours> {
    return this.#day(this.#hours, day, 'hours')
  }

  /** To be opened in an effect of who shows it. */
  statuses(day: string): Fetched<DayStatuses> {
    return this.#day(this.#statuses, day, 'statuses')
  }

  /** To be called in an effect: it reads what must be fetched. */
  load(): void {
    const { from, to } = this.days
    void this.profile.ask(`${this.#path}/profile?from=${from}&to=${to}`)
    this.#refresher.fetched()
  }

  /** To be called in an effect: it reads what must change for something to be fetched again. */
  watch(): void {
    const seen = [this.row, ...this.#calls]
    const same = seen.length === this.#seen.length && seen.every((one, place) => one === this.#seen[place])
    const first = !this.#seen.length
    this.#seen = seen
    if (!same && !first) this.#refresher.touch()
  }

  retry(): void {
    this.#refresh()
  }

  stop(): void {
    this.#refresher.stop()
    for (const one of [this.profile, ...Object.values(this.#hours), ...Object.values(this.#statuses)]) one.stop()
  }

  get #path(): string {
    return `/projects/${this.live.project.id}/employees/${this.employeeId}`
  }

  #isTheirs(party: LiveCall['parties'][number]): boolean {
    return party.employee_id === this.employeeId || this.who?.employeeOf(party)?.id === this.employeeId
  }

  #day<T>(known: Record<string, Fetched<T>>, day: string, kind: 'hours' | 'statuses'): Fetched<T> {
    return (known[day] ??= new Fetched<T>(`${this.#path}/days/${day}/${kind}`))
  }

  /** A day that is over stays what it is. A call over midnight is of the day it began in, so that is asked too. */
  #refresh(): void {
    void this.profile.again()
    for (const known of [this.#hours, this.#statuses])
      for (const [day, one] of Object.entries(known)) if (day >= shifted(this.today, -1) || one.fault) void one.again()
  }
}
