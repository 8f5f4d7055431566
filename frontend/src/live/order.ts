/** In which order the calls stand. */
import { amount, text, type Compare as CompareOf } from './compare'
import { CALL_STATUSES, CALL_TYPES } from './frames'
import type { Sort, SortKey } from './filters'
import type { Row } from './rows'
import { inStatus, isWaiting, talk, waiting } from './times'

type Compare = CompareOf<Row>

/** Sorting by these asks what time it is. */
export const TIMED: ReadonlySet<SortKey> = new Set(['in-status', 'waiting', 'talk'])

/** Who waits comes first, whoever has waited longest at the top; then those who talk, the longest at the top. */
const byAttention: Compare = (a, b) =>
  Number(isWaiting(b.call)) - Number(isWaiting(a.call)) ||
  a.call.started_at - b.call.started_at ||
  (a.id < b.id ? -1 : 1)

/** @param now epoch seconds; only the times use it */
export function comparer(sort: Sort | undefined, now: number, locale: string): Compare {
  if (!sort) return byAttention
  const collator = new Intl.Collator(locale, { numeric: true })
  const compares: Record<SortKey, Compare> = {
    type: amount((row) => CALL_TYPES.indexOf(row.call.type)),
    employee: text((row) => row.people[0]?.name, collator),
    department: text((row) => row.departments[0]?.name, collator),
    status: amount((row) => CALL_STATUSES.indexOf(row.call.status)),
    'in-status': amount((row) => inStatus(row.call, now)),
    client: text((row) => row.client?.digits, collator),
    number: text((row) => row.business?.label ?? row.business?.digits, collator),
    queue: text((row) => row.queue, collator),
    waiting: amount((row) => waiting(row.call, now)),
    talk: amount((row) => talk(row.call, now) ?? -1),
    route: text((row) => row.route, collator),
  }
  const compare = compares[sort.key]
  const sign = sort.descending ? -1 : 1
  return (a, b) => sign * compare(a, b) || byAttention(a, b)
}
