/** Durations, dates and ages as people of each language write them. Instants are epoch seconds. */

/** `0:47`, `12:08`, `1:02:33`: the same in every language. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** The same as a machine reads it, for `<time datetime>`. */
export const isoDuration = (seconds: number): string => `PT${Math.max(0, Math.floor(seconds))}S`

const made = new Map<string, Intl.DateTimeFormat>()

function formatter(locale: string, timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${timeZone}|${JSON.stringify(options)}`
  let format = made.get(key)
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(locale, { timeZone, hourCycle: 'h23', ...options })))
  return format
}

export const clockTime = (locale: string, timeZone: string, at: number): string =>
  formatter(locale, timeZone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at * 1000)

export const shortTime = (locale: string, timeZone: string, at: number): string =>
  formatter(locale, timeZone, { hour: '2-digit', minute: '2-digit' }).format(at * 1000)

export const dateTime = (locale: string, timeZone: string, at: number): string =>
  formatter(locale, timeZone, { dateStyle: 'medium', timeStyle: 'short' }).format(at * 1000)

/** `Friday 20 November 2026 at 14:05:31`: a moment that must not be taken for another. */
export const momentLong = (locale: string, timeZone: string, at: number): string =>
  formatter(locale, timeZone, { dateStyle: 'full', timeStyle: 'medium' }).format(at * 1000)

// An ISO day has no zone: any instant of it will do, in one zone.
const noon = (day: string) => Date.parse(`${day}T12:00:00Z`)

/** `Fri, 20 Nov`. */
export const shortDay = (locale: string, day: string): string =>
  formatter(locale, 'UTC', { weekday: 'short', day: 'numeric', month: 'short' }).format(noon(day))

export const longDay = (locale: string, day: string): string =>
  formatter(locale, 'UTC', { weekday: 'long', day: 'numeric', month: 'long' }).format(noon(day))

/** `3 Nov`, for an axis. */
export const axisDay = (locale: string, day: string): string =>
  formatter(locale, 'UTC', { day: 'numeric', month: 'short' }).format(noon(day))

/** `20 Nov` of an instant in a list, and `20/11/2024` where the year is not the one of `now`. */
export function listDay(locale: string, timeZone: string, at: number, now: number): string {
  const thisYear = isoDay(timeZone, at).slice(0, 4) === isoDay(timeZone, now).slice(0, 4)
  const options = thisYear
    ? ({ day: 'numeric', month: 'short' } as const)
    : ({ day: '2-digit', month: '2-digit', year: 'numeric' } as const)
  return formatter(locale, timeZone, options).format(at * 1000)
}

/** `3–9 Nov 2026`. */
export const dayRange = (locale: string, from: string, to: string): string =>
  formatter(locale, 'UTC', { day: 'numeric', month: 'short', year: 'numeric' }).formatRange(noon(from), noon(to))

/** `11m 8s`: a length as it is read out. No zero parts but in nothing at all. */
export function spoken(locale: string, seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ] as const
  const said = parts.filter(([amount]) => amount > 0)
  // English writes "mins" and "secs" where there is room, and nobody says so.
  const unitDisplay = locale.startsWith('en') ? 'narrow' : 'short'
  return (said.length ? said : parts.slice(2))
    .map(([amount, unit]) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay }).format(amount))
    .join(' ')
}

/** The day of an instant by the clocks of a zone, as ISO writes it. */
export const isoDay = (timeZone: string, at: number): string =>
  // Swedish is written as ISO is.
  formatter('sv', timeZone, { dateStyle: 'short' }).format(at * 1000)

/** A decimal amount in its currency, to the smallest unit that it says; without a currency the bare number. */
export function money(locale: string, amount: string, currency: string | null): string {
  const digits = Math.max(2, amount.split('.')[1]?.replace(/0+$/, '').length ?? 0)
  const style = currency ? ({ style: 'currency', currency } as const) : {}
  const figures = { minimumFractionDigits: 2, maximumFractionDigits: digits }
  return new Intl.NumberFormat(locale, { ...style, ...figures }).format(Number(amount))
}

/** An age in words: seconds under two minutes, else minutes, else hours. */
export function age(locale: string, seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  const [amount, unit] =
    s < 120 ? [s, 'second'] : s < 7200 ? [Math.floor(s / 60), 'minute'] : [Math.floor(s / 3600), 'hour']
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}

/** A share in percent, as fine as it needs: never 0 % of something, never 100 % of less than all. */
export function share(locale: string, of: number): string {
  const digits = of < 0.0995 || (of > 0.99 && of < 1) ? 1 : 0
  const format = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits })
  if (of > 0 && of < 0.001) return `<${format.format(0.001)}`
  return format.format(of < 1 ? Math.min(of, 0.999) : of)
}

/** `fill('{a} of {b}', {a: 1, b: 2})`. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
