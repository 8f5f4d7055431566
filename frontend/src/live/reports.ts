/** Reports: exports to files, letters, and what goes out on a schedule. */
import type { components } from './api'
import { ApiError, ask, UnreachableError } from './rest'

type Schemas = components['schemas']
export type ReportWanted = Schemas['ReportWanted']
export type ScheduleWanted = Schemas['ScheduleWanted']
export type Schedule = Schemas['ScheduleInfo']
export type Delivery = Schemas['DeliveryInfo']
export type Options = Schemas['ReportOptions']
export type Job = Schemas['Job']
export type Recipients = Schemas['RecipientsInfo']
export type When = Schemas['WhenInfo']

export const FORMS = ['xlsx', 'csv', 'pdf'] as const
export const GROUPINGS = [
  'day',
  'week',
  'month',
  'hour',
  'weekday',
  'employee',
  'department',
  'queue',
  'number',
  'source',
  'type',
  'result',
] as const
export const EVERY = ['day', 'week', 'month'] as const
export const PERIODS = ['yesterday', 'last_week', 'last_month', 'last_days'] as const

export const DEFAULT_WHEN: When = {
  every: 'day',
  minute: 7 * 60,
  weekday: 0,
  month_day: 1,
  period: 'yesterday',
  days: 7,
}

/** A job's file, as its result tells of it. */
export interface JobFile {
  name: string
  bytes: number
}

export const fileOf = (job: Job): JobFile | undefined => job.result.file as JobFile | undefined
export const ended = (job: Job): boolean => !['waiting', 'running'].includes(job.state)

/** One project's reports. */
export class ReportsApi {
  constructor(private readonly projectId: number) {}

  options = () => this.#ask<Options>('GET', '/report-options')
  export = (report: ReportWanted) => this.#ask<Job>('POST', '/exports', report)
  job = (id: number) => this.#ask<Job>('GET', `/jobs/${id}`)
  cancel = (id: number) => this.#ask<Job>('POST', `/jobs/${id}/cancel`, {})
  jobs = async () =>
    (await this.#ask<{ jobs: Job[] }>('GET', '/jobs?limit=100')).jobs.filter((one) => one.kind === 'export')
  fileAddress = (job: Job) => `/api/v1/projects/${this.projectId}/jobs/${job.id}/file`

  send = async (name: string, report: ReportWanted, recipients: Recipients) =>
    (await this.#ask<{ deliveries: Delivery[] }>('POST', '/deliveries', { name, report, recipients })).deliveries
  deliveries = async () => (await this.#ask<{ deliveries: Delivery[] }>('GET', '/deliveries')).deliveries
  again = (id: number) => this.#ask('POST', `/deliveries/${id}/again`, {})
  setEmail = (userId: number, email: string | null) => this.#ask('PUT', `/report-recipients/${userId}`, { email })

  schedules = async () => (await this.#ask<{ schedules: Schedule[] }>('GET', '/report-schedules')).schedules
  addSchedule = (wanted: ScheduleWanted) => this.#ask<Schedule>('POST', '/report-schedules', wanted)
  changeSchedule = (id: number, wanted: ScheduleWanted) => this.#ask<Schedule>('PUT', `/report-schedules/${id}`, wanted)
  removeSchedule = (id: number) => this.#ask('DELETE', `/report-schedules/${id}`)
  restoreSchedule = (id: number) => this.#ask<Schedule>('POST', `/report-schedules/${id}/restore`, {})
  sendSchedule = (id: number) => this.#ask('POST', `/report-schedules/${id}/send`, {})

  #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return ask<T>(method, `/projects/${this.projectId}${path}`, body)
  }
}

/** A schedule as it would be saved again. */
export const wantedOf = (one: Schedule): ScheduleWanted => ({
  name: one.name,
  when: one.when,
  report: one.report,
  recipients: one.recipients,
  paused: one.paused,
})

export type Failure = { kind: 'unreachable' | 'forbidden' | 'unexpected'; words: string }

export function failureOf(error: unknown): Failure {
  if (error instanceof UnreachableError) return { kind: 'unreachable', words: '' }
  if (error instanceof ApiError)
    return { kind: error.status === 403 ? 'forbidden' : 'unexpected', words: error.message }
  throw error
}

/** `2.4 MB`, in the language's own way. */
export function fileSize(locale: string, bytes: number): string {
  const [amount, unit] =
    bytes >= 1e6 ? [bytes / 1e6, 'megabyte'] : bytes >= 1000 ? [bytes / 1000, 'kilobyte'] : [bytes, 'byte']
  const maximumFractionDigits = amount < 10 && unit !== 'byte' ? 1 : 0
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits }).format(amount)
}

/** `07:30` for 450, and back; undefined where it is no time. */
export const clockOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

export function minuteOf(clock: string): number | undefined {
  const found = /^(\d\d):(\d\d)$/.exec(clock)
  return found ? Number(found[1]) * 60 + Number(found[2]) : undefined
}

/** The addresses that a person typed: apart by commas, semicolons or spaces. */
export const addressesOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean)
