/** Where each journal query was left, for coming back to it: in this tab only, for the last few queries. */

const STORED = 'callfloor.journal.places'
const MOST = 12

export interface Place {
  /** What was asked: project and query. */
  asked: string
  /** The cursor after which the rows in sight begin; undefined: from the top. */
  after: string | undefined
  /** The first row in sight, and how many px of it are hidden. */
  id: string
  hidden: number
}

const isPlace = (one: Partial<Place> | null): one is Place =>
  typeof one?.asked === 'string' && typeof one.id === 'string' && typeof one.hidden === 'number'

function read(): Place[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isPlace) : []
  } catch {
    return []
  }
}

export const placeOf = (asked: string): Place | undefined => read().find((one) => one.asked === asked)

/** Undefined: it was left at the top, where everybody comes in. */
export function keepPlace(asked: string, place: Omit<Place, 'asked'> | undefined): void {
  const others = read().filter((one) => one.asked !== asked)
  const all = place ? [{ asked, ...place }, ...others] : others
  sessionStorage.setItem(STORED, JSON.stringify(all.slice(0, MOST)))
}
