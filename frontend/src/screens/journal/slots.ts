/**
 * Which element of the table shows which row. An element whose row has gone is filled with one that has come: that takes
 * a quarter of the time of making one anew, and after a change of the filter every row is another.
 */
export class Slots {
  #of = new Map<string, number>()
  #next = 0

  /** The elements of these rows, in their order; what shows `kept`, which has the focus, is not filled with another. */
  give(keys: readonly string[], kept?: string): ReadonlyMap<string, number> {
    const wanted = new Set(keys)
    const free = [...this.#of].filter(([key]) => !wanted.has(key) && key !== kept).map(([, slot]) => slot)
    const given = new Map<string, number>()
    for (const key of keys) given.set(key, this.#of.get(key) ?? free.shift() ?? this.#next++)
    this.#of = given
    return given
  }
}
