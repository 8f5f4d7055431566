/** The journal's columns as the table lays them out. */
import type { Dictionary } from '../../i18n/dictionary'
import { SORT_KEYS, type JournalSortKey } from '../../live/journal-query'
import type { JournalColumn } from '../../live/journal-columns'
import type { Column } from '../../ui/table'

/** Least width in px, in the language with the longest words, and a share of what is left over. */
const WIDTHS: Readonly<Record<JournalColumn, readonly [width: number, grow?: number]>> = {
  started: [158],
  type: [118],
  client: [152, 1],
  number: [128, 2],
  employee: [144, 3],
  department: [120, 2],
  waiting: [126],
  talk: [116],
  duration: [100],
  result: [150, 1],
  marks: [100, 1],
  queue: [96, 2],
  source: [112, 2],
  scheme: [140, 3],
  cost: [104],
  hung_up_by: [116, 1],
  recorded: [88],
  tags: [140, 2],
}

const AT_THE_RIGHT: readonly JournalColumn[] = ['waiting', 'talk', 'duration', 'cost']

export const sortKeyOf = (column: JournalColumn): JournalSortKey | undefined => SORT_KEYS.find((one) => one === column)

export const columnsOf = (t: Dictionary, shown: readonly JournalColumn[]): Column<JournalColumn>[] =>
  shown.map((key) => {
    const [width, grow] = WIDTHS[key]
    return {
      key,
      title: t.journal.columns[key],
      width,
      grow,
      end: AT_THE_RIGHT.includes(key),
      sortable: sortKeyOf(key) !== undefined,
    }
  })
