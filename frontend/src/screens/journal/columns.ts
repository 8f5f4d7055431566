/** The journal's columns as the table lays them out. */
import type { Dictionary } from '../../i18n/dictionary'
import { SORT_KEYS, type JournalSortKey } from '../../live/journal-query'
import type { JournalColumn } from '../../live/journal-columns'
import type { Column } from '../../ui/table'

/** Least width in px, in the language with the longest words, and a share of what is left over. */
const WIDTHS: Readonly<Record<JournalColumn, readonly [width: number, grow?: number]>> = {
  started: [158],
  type: [132],
  client: [166, 1],
  number: [118, 2],
  employee: [136, 3],
  department: [120, 2],
  waiting: [122],
  talk: [110],
  duration: [100],
  result: [150, 1],
  marks: [100, 1],
  queue: [96, 2],
  source: [112, 2],
  scheme: [140, 3],
  cost: [104],
  hung_up_by: [116, 1],
  recorded: [98],
  tags: [140, 2],
}

/** A masked number has the beginning of the client's key behind it. */
const WITH_KEY = 204

const AT_THE_RIGHT: readonly JournalColumn[] = ['waiting', 'talk', 'duration', 'cost']

export const sortKeyOf = (column: JournalColumn): JournalSortKey | undefined => SORT_KEYS.find((one) => one === column)

/** @param masked clients' numbers are, and so they are no order */
export const columnsOf = (t: Dictionary, shown: readonly JournalColumn[], masked = false): Column<JournalColumn>[] =>
  shown.map((key) => {
    const [width, grow] = WIDTHS[key]
    return {
      key,
      title: t.journal.columns[key],
      width: masked && key === 'client' ? WITH_KEY : width,
      grow,
      end: AT_THE_RIGHT.includes(key),
      sortable: sortKeyOf(key) !== undefined && !(masked && key === 'client'),
    }
  })
