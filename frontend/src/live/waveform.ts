/** A waveform as bars of a width, drawn as one path for each channel. */

/** Bars are this wide and this far apart, in CSS pixels. */
export const BAR = 2
export const STEP = 3

/** As many values as there is room for: each the loudest of its stretch, where there are fewer buckets repeated. */
export function fitted(buckets: readonly number[], count: number): number[] {
  if (!buckets.length || count <= 0) return []
  return Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * buckets.length) / count)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * buckets.length) / count))
    return Math.max(...buckets.slice(from, to))
  })
}

/** Telephone sound is quiet: what is loudest in any channel reaches the edge, unless all of it is next to nothing. */
export const loudest = (channels: readonly (readonly number[])[]): number =>
  channels.reduce((most, channel) => channel.reduce((a, b) => Math.max(a, b), most), 24)

/** The path of one channel's bars around the middle of a band of this height. */
export function bars(buckets: readonly number[], width: number, top: number, height: number, most: number): string {
  const middle = top + height / 2
  return fitted(buckets, Math.floor(width / STEP))
    .map((level, bar) => {
      const half = Math.max(0.5, (Math.min(1, level / most) * (height - BAR)) / 2)
      return `M${bar * STEP + BAR / 2} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`
    })
    .join('')
}

/** Where a key leads, in seconds; undefined for a key that leads nowhere. */
export function sought(key: string, at: number, duration: number): number | undefined {
  const to = {
    ArrowLeft: at - 5,
    ArrowDown: at - 5,
    ArrowRight: at + 5,
    ArrowUp: at + 5,
    PageDown: at - 30,
    PageUp: at + 30,
    Home: 0,
    End: duration,
  }[key]
  return to === undefined ? undefined : Math.min(duration, Math.max(0, to))
}
