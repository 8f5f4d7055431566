/** Which columns the journal shows, and in which order: this browser's own choice. */

export const COLUMNS = [
  'started',
  'type',
  'client',
  'number',
  'employee',
  'department',
  'waiting',
  'talk',
  'duration',
  'result',
  'marks',
  'queue',
  'source',
  'scheme',
  'cost',
  'hung_up_by',
  'recorded',
  'tags',
] as const
export type JournalColumn = (typeof COLUMNS)[number]

/** Every column once, in its order; of the shown ones there is always at least one. */
export interface Layout {
  order: readonly JournalColumn[]
  hidden: readonly JournalColumn[]
}

/** What fits a desk's screen beside the rail; the others are one click away. */
export const DEFAULT_LAYOUT: Layout = {
  order: COLUMNS,
  hidden: ['department', 'duration', 'queue', 'source', 'scheme', 'cost', 'hung_up_by', 'tags'],
}

export const shownColumns = ({ order, hidden }: Layout): JournalColumn[] => order.filter((one) => !hidden.includes(one))

export const isDefault = (layout: Layout): boolean => writeLayout(layout) === writeLayout(DEFAULT_LAYOUT)

/** What was kept; a column that was not there yet when it was kept is where it stands by itself. */
export function readLayout(text: string | null | undefined): Layout {
  if (!text) return DEFAULT_LAYOUT
  const kept = text.split(',').map((one) => ({ key: one.replace(/^-/, ''), hidden: one.startsWith('-') }))
  const known = COLUMNS.filter((one) => kept.some(({ key }) => key === one))
  const order = [...new Set(kept.map(({ key }) => known.find((one) => one === key)).filter((one) => one !== undefined))]
  for (const [place, column] of COLUMNS.entries())
    if (!order.includes(column)) order.splice(Math.min(place, order.length), 0, column)
  const hidden = order.filter(
    (one) => kept.find(({ key }) => key === one)?.hidden ?? DEFAULT_LAYOUT.hidden.includes(one),
  )
  return hidden.length === order.length ? DEFAULT_LAYOUT : { order, hidden }
}

/** `started,-type,client`: hidden ones with a minus. */
export const writeLayout = ({ order, hidden }: Layout): string =>
  order.map((one) => (hidden.includes(one) ? `-${one}` : one)).join(',')

/** Shown or not; the last shown one stays. */
export function toggled(layout: Layout, column: JournalColumn): Layout {
  const { order, hidden } = layout
  if (hidden.includes(column)) return { order, hidden: hidden.filter((one) => one !== column) }
  return shownColumns(layout).length === 1 ? layout : { order, hidden: [...hidden, column] }
}

/** To another place among all of them, from 0. */
export function moved({ order, hidden }: Layout, column: JournalColumn, to: number): Layout {
  const rest = order.filter((one) => one !== column)
  rest.splice(Math.max(0, Math.min(rest.length, to)), 0, column)
  return { order: rest, hidden }
}
