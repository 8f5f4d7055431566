/** What a table's column is; what stands in its cells is the screen's affair. */
export interface Column<K extends string = string> {
  key: K
  title: string
  /** Least width in px; what is left over is shared out by `grow`. */
  width: number
  grow?: number
  /** Numbers and times stand at the right. */
  end?: boolean
  sortable?: boolean
}

/** The columns as a CSS grid's tracks. */
export const gridOf = (columns: readonly Column[]): string =>
  columns.map((c) => `minmax(${c.width}px, ${c.grow ? `${c.grow}fr` : `${c.width}px`})`).join(' ')

export interface TableSort<K extends string = string> {
  key: K
  descending: boolean
}

/** Rows beyond the visible ones that are kept, so that a quick scroll shows no white. */
const OVERSCAN = 6

/** Which rows to draw: first (inclusive) and last (exclusive). */
export function visible(
  count: number,
  top: number,
  height: number,
  rowHeight: number,
): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - OVERSCAN))
  return { first, last: Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN) }
}

/** Which row a key goes to from row `index`; undefined where it is no key of movement. */
export function step(key: string, index: number, count: number, perPage: number): number | undefined {
  const page = Math.max(1, Math.floor(perPage) - 2)
  const to: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: count - 1,
  }
  const target = to[key]
  return target === undefined ? undefined : Math.max(0, Math.min(count - 1, target))
}
