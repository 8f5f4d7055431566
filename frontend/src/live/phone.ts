/** Phone numbers as people read them, and as programs want them. */
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min'

export interface Phone {
  /** Grouped by the customs of its country; as given where it is no full number (an extension, a short code). */
  text: string
  /** E.164 where the number is a full one, else as given. */
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
  const digits = (e164 ?? given).replace(/\D/g, '')
  const parsed = candidates(given, digits, e164)
    .map((text) => parsePhoneNumberFromString(text, (country as CountryCode | null) ?? undefined))
    .find((number) => number?.isPossible())
  if (!parsed) return { text: e164 ?? given, copy: e164 ?? given, digits }
  return { text: parsed.formatInternational(), copy: parsed.number, digits: parsed.number.slice(1) }
}

/** PBXes give national, international and plus-less international forms alike. */
function candidates(given: string, digits: string, e164: string | null): string[] {
  if (e164) return [e164]
  if (digits.length < 7 || /[^\d\s()+.-]/.test(given)) return []
  return digits.length >= 11 && !given.startsWith('+') ? [given, `+${digits}`] : [given]
}
