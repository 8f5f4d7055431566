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

/** An age in words: seconds under two minutes, else minutes, else hours. */
export function age(locale: string, seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  const [amount, unit] =
    s < 120 ? [s, 'second'] : s < 7200 ? [Math.floor(s / 60), 'minute'] : [Math.floor(s / 3600), 'hour']
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}

/** `fill('{a} of {b}', {a: 1, b: 2})`. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
