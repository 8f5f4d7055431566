/** Phone numbers as people read them, and as programs want them. */
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min'

export interface Phone {
  /** Grouped by the customs of its country; as given where it is no full number (an extension, a short code). */
  text: string
  /** E.164 where the number is a full one, else as given; nothing of a masked one. */
  copy: string
  /** Digits only, for searching. */
  digits: string
}

/** A busy floor shows the same few thousand numbers all day; beyond this the oldest are forgotten. */
const REMEMBERED = 5000
const memory = new Map<string, Phone>()

/** @param country of the project (ISO 3166-1), which decides how a national number is read */
export function phone(given: string, country: string | null, e164: string | null = null): Phone {
  const key = `${country}|${e164}|${given}`
  const known = memory.get(key)
  if (known) return known
  if (memory.size >= REMEMBERED) memory.delete(memory.keys().next().value ?? '')
  const made = read(given, country, e164)
  memory.set(key, made)
  return made
}

function read(given: string, country: string | null, e164: string | null): Phone {
  const masked = [e164, given].find((one) => one !== null && isMasked(one))
  if (masked) return starred(masked, country)
  const digits = (e164 ?? given).replace(/\D/g, '')
  const parsed = candidates(given, digits, e164)
    .map((text) => parsePhoneNumberFromString(text, (country as CountryCode | null) ?? undefined))
    .find((number) => number?.isPossible())
  if (!parsed) return { text: e164 ?? given, copy: e164 ?? given, digits }
  return { text: parsed.formatInternational(), copy: parsed.number, digits: parsed.number.slice(1) }
}

/** Whether the server sent it masked: `+48600*****7`, with the client's key or without (docs/personal-data.md). */
const isMasked = (text: string): boolean => text.includes('*****') || /~[\w-]{20,}$/.test(text)

/** `+48 600 ••• ••7 ~Kx3f`: grouped as the whole one would be, and as much of the key as tells clients apart. */
function starred(masked: string, country: string | null): Phone {
  const [shown = '', key = ''] = masked.split('~')
  const whole = parsePhoneNumberFromString(shown.replaceAll('*', '5'), (country as CountryCode | null) ?? undefined)
  const signs = shown.replace(/[^\d*]/g, '').replaceAll('*', '•')
  let at = 0
  const grouped =
    whole?.isPossible() && shown.startsWith('+')
      ? whole.formatInternational().replace(/\d/g, () => signs[at++] ?? '')
      : shown.replaceAll('*', '•')
  return { text: key ? `${grouped} ~${key.slice(0, 4)}` : grouped, copy: '', digits: shown.replace(/\D/g, '') }
}

/** PBXes give national, international and plus-less international forms alike. */
function candidates(given: string, digits: string, e164: string | null): string[] {
  if (e164) return [e164]
  if (digits.length < 7 || /[^\d\s()+.-]/.test(given)) return []
  return digits.length >= 11 && !given.startsWith('+') ? [given, `+${digits}`] : [given]
}
