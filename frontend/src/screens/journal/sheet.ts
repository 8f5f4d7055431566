/** What the list and the table that shows it know of each other. */

/** A row on the screen, and how far its top is from where the rows' part of the sheet begins, in px. */
export interface Anchor {
  id: string
  top: number
}

/** What the table can say and do about what is being read. */
export interface Sheet {
  /** Undefined where the top is in sight and nothing holds it: what is new may show there at once. */
  anchor(): Anchor | undefined
  /** The first row in sight. */
  first(): Anchor | undefined
  /** The same as of the last frame, without having the page laid out for it. */
  seen(): Anchor | undefined
  put(id: string, top: number): void
  toTop(): void
}
