/** What comparisons of rows are made of. */

export type Compare<R> = (a: R, b: R) => number

/** By the rules of a language; what is not there goes last. */
export const text =
  <R>(read: (row: R) => string | undefined, collator: Intl.Collator): Compare<R> =>
  (a, b) => {
    const [left, right] = [read(a), read(b)]
    if (!left || !right) return Number(!left) - Number(!right)
    return collator.compare(left, right)
  }

export const amount =
  <R>(read: (row: R) => number): Compare<R> =>
  (a, b) =>
    read(a) - read(b)
