/** A sum as people of each language write it; an unknown currency stands by its code. */
export function money(locale: string, currency: string, sum: string): string {
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(Number(sum))
  } catch {
    return `${sum} ${currency}`
  }
}
