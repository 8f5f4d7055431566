/** The parts of the bars: their words, their colours, their figures. */
import type { Dictionary } from '../../i18n/dictionary'
import type { Status } from '../../live/frames'
import { CALL_PARTS, STATUS_PARTS, timesOf, type CallPart, type ProfileDay, type ProfileHour } from '../../live/profile'
import type { ChartSeries } from '../../ui/chart'

export const CALL_TOKENS: Readonly<Record<CallPart, string>> = {
  answered_inbound: '--call-answered',
  outbound: '--call-outbound',
  callback: '--call-callback',
  missed: '--call-missed',
  taken_elsewhere: '--call-elsewhere',
}

export const statusToken = (status: Status): string => (status === 'offline' ? '--fill-offline' : `--status-${status}`)

export const callSeries = (t: Dictionary, rows: readonly (ProfileDay | ProfileHour)[]): ChartSeries[] =>
  CALL_PARTS.map((part) => ({
    key: part,
    name: t.profile.part[part],
    token: CALL_TOKENS[part],
    values: rows.map((row) => row[part]),
  }))

export const statusSeries = (t: Dictionary, days: readonly ProfileDay[]): ChartSeries[] =>
  STATUS_PARTS.map((status) => ({
    key: status,
    name: t.people.status[status],
    token: statusToken(status),
    hatched: status === 'unknown',
    values: days.map((day) => timesOf(day)[status]),
  }))
