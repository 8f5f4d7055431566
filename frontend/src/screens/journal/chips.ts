/** The filters that hold, each as a chip: what it says, and how it is taken away. */
import type { Dictionary } from '../../i18n/dictionary'
import { duration, fill } from '../../i18n/format'
import type { Between, JournalQuery } from '../../live/journal-query'
import { partAsked } from '../../live/journal-query'
import type { Who } from '../../live/rows'
import { clientText, hourText, weekdayText } from './options'

export interface Chip {
  key: string
  label: string
  value: string
  without: Partial<JournalQuery>
}

const NAMED_AT_ONCE = 2

export function chipsOf(query: JournalQuery, t: Dictionary, who: Who | undefined, locale: string): Chip[] {
  const { columns, filters } = t.journal
  const chips: Chip[] = []
  const add = (key: string, label: string, value: string, without: Partial<JournalQuery>) => {
    if (value) chips.push({ key, label, value, without })
  }
  const list = (names: readonly string[]) =>
    names.length > NAMED_AT_ONCE ? fill(filters.more, { first: names[0] ?? '', n: names.length - 1 }) : names.join(', ')

  add('part', filters.part, partAsked(query), { part: '' })
  add('client', filters.client, query.client && clientText(query.client, who), { client: '' })
  add('type', columns.type, list(query.types.map((one) => t.type[one])), { types: [] })
  add('result', columns.result, list(query.outcomes.map((one) => t.journal.outcome[one])), { outcomes: [] })
  add('marks', columns.marks, list(query.marks.map((one) => t.journal.mark[one])), { marks: [] })
  const employee = (id: number) => who?.employees.get(id)?.name ?? filters.nobody
  add('employee', columns.employee, list(query.employees.map(employee)), { employees: [] })
  const department = (id: number) => who?.departments.get(id)?.name ?? `#${id}`
  add('department', columns.department, list(query.departments.map(department)), { departments: [] })
  const number = (one: string) => who?.business(one).label ?? who?.business(one).text ?? one
  add('number', columns.number, list(query.numbers.map(number)), { numbers: [] })
  add('queue', columns.queue, list(query.queues.map((one) => who?.queueName(one) ?? one)), { queues: [] })
  add('source', columns.source, list(query.sources), { sources: [] })
  add('hung_up_by', columns.hung_up_by, list(query.hungUpBy.map((one) => t.journal.side[one])), { hungUpBy: [] })
  add('tags', columns.tags, list(query.tags), { tags: [] })
  const recorded = query.recorded === undefined ? '' : query.recorded ? filters.recorded : filters.notRecorded
  add('recorded', columns.recorded, recorded, { recorded: undefined })
  const counted = query.counted === undefined ? '' : query.counted ? filters.counted : filters.notCounted
  add('counted', filters.totals, counted, { counted: undefined })
  add('waiting', columns.waiting, range(query.waiting, filters), { waiting: undefined })
  add('talk', columns.talk, range(query.talk, filters), { talk: undefined })
  add('duration', columns.duration, range(query.duration, filters), { duration: undefined })
  add('hour', filters.hour, list(query.hours.map(hourText)), { hours: [] })
  const weekdays = query.weekdays.map((one) => weekdayText(one, locale))
  add('weekday', filters.weekday, list(weekdays), { weekdays: [] })
  const { fromTime, toTime } = query
  const hours = [fromTime && `${filters.from} ${fromTime}`, toTime && `${filters.to} ${toTime}`].filter(Boolean)
  add('hours', filters.hours, hours.join(' '), { fromTime: '', toTime: '' })
  return chips
}

function range(between: Between | undefined, words: { from: string; to: string }): string {
  if (!between) return ''
  const { least, most } = between
  return [
    least === undefined ? '' : `${words.from} ${duration(least)}`,
    most === undefined ? '' : `${words.to} ${duration(most)}`,
  ]
    .filter(Boolean)
    .join(' ')
}
