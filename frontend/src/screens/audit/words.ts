/** Entries of the audit in words. */
import { duration, fill, i18n } from '../../i18n/index.svelte'
import {
  changesOf,
  factsOf,
  placed,
  secondsByMode,
  type DeedEntry,
  type PlacedStretch,
  type SupervisionEntry,
} from '../../live/audit'
import { MODES } from '../../live/supervisions'
import type { Who } from '../../live/rows'

export const actionText = (action: string): string => i18n.t.audit.action[action] ?? action.replaceAll('_', ' ')

/** Done, or why it was not. */
export function outcomeText(outcome: string): string {
  const t = i18n.t.audit
  if (outcome === 'done') return t.outcome.done
  return fill(t.notDone, { why: t.why[outcome] ?? outcome.replaceAll('_', ' ') })
}

/** Whom a session went with, one after another; nobody twice in a row. */
export function whomText(entry: SupervisionEntry): string {
  const names = entry.followed.map((one) => one.employee_name ?? fill(i18n.t.audit.account, { account: one.account }))
  return names.filter((name, i) => name !== names[i - 1]).join(' → ')
}

export const wayText = (entry: Pick<SupervisionEntry, 'way' | 'phone'>): string =>
  entry.way === 'phone' && entry.phone
    ? fill(i18n.t.audit.byPhone, { phone: entry.phone })
    : i18n.t.audit.way[entry.way]

export const endingText = (entry: Pick<SupervisionEntry, 'ending' | 'ended_at' | 'ending_detail'>): string =>
  entry.ended_at === null || !entry.ending
    ? i18n.t.audit.on
    : [i18n.t.audit.ending[entry.ending], entry.ending_detail].filter(Boolean).join(': ')

export const heardSeconds = (entry: SupervisionEntry, now: number): number | undefined =>
  entry.connected_at === null ? undefined : Math.max(0, (entry.ended_at ?? now) - entry.connected_at)

export const stretchText = (one: Pick<PlacedStretch, 'mode' | 'muted' | 'began_at' | 'ended_at'>): string => {
  const t = i18n.t.audit
  const text = fill(t.stretch, { mode: t.mode[one.mode], time: duration(one.ended_at - one.began_at) })
  return one.muted && one.mode !== 'listen' ? `${text} (${t.muted})` : text
}

/** `listen 1:02, whisper 0:40`. */
export function modesText(entry: SupervisionEntry, now: number): string {
  const t = i18n.t.audit
  const seconds = secondsByMode(placed(entry, now))
  return MODES.flatMap((mode) => {
    const time = seconds[mode]
    return time === undefined ? [] : [fill(t.stretch, { mode: t.mode[mode], time: duration(time) })]
  }).join(', ')
}

/** `14 Nov 2023, 23:06:40`. */
export function secondText(at: number): string {
  const day = i18n.isoDay(at)
  return `${i18n.dayRange(day, day)}, ${i18n.clockTime(at)}`
}

/** A value as a person reads it. */
export function valueText(value: unknown): string {
  const t = i18n.t.audit
  if (value === null || value === undefined || value === '') return t.none
  if (value === true) return t.yes
  if (value === false) return t.no
  if (Array.isArray(value)) return value.length ? value.map(valueText).join(', ') : t.none
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([name, part]) => `${nameText(name)}: ${valueText(part)}`)
    .join(', ')
}

/** `keep.calls` as `kept for, days › calls`. */
export const nameText = (name: string): string =>
  name
    .split('.')
    .map((part) => i18n.t.audit.name[part] ?? part.replaceAll('_', ' '))
    .join(' › ')

/** What was changed and what is known besides, in a line. */
export function detailsText(entry: Pick<DeedEntry, 'details'>, who: Who | undefined): string {
  const changes = changesOf(entry.details).map(
    (one) => `${nameText(one.name)}: ${valueText(one.before)} → ${valueText(one.after)}`,
  )
  const facts = factsOf(entry.details)
    .filter(([, value]) => value !== null)
    .map((fact) => factText(fact, who).join(': '))
  return [...changes, ...facts].join(' · ')
}

/** A particular by its name; an employee by theirs. */
export function factText([name, value]: [string, unknown], who: Who | undefined): [string, string] {
  const employee = name === 'employee_id' && typeof value === 'number' ? who?.employees.get(value) : undefined
  return employee ? [nameText('employee'), employee.name] : [nameText(name), valueText(value)]
}

/** `employee:12` by the name that the directory has of them. */
export function subjectText(subject: string | null, who: Who | undefined): string {
  if (!subject) return ''
  const at = subject.indexOf(':')
  const [kind, id] = [subject.slice(0, at), subject.slice(at + 1)]
  if (kind === 'employee') return who?.employees.get(Number(id))?.name ?? subject
  if (kind === 'queue') return who?.queueName(id) ?? id
  // A call's own id tells nobody anything: the panel leads to the call.
  return kind === 'call' ? i18n.t.audit.columns.call : `${nameText(kind)} ${id}`
}
