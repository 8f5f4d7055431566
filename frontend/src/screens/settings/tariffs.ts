/** What the tariffs' forms need beside words. No DOM. */
import type { TariffsWords } from '../../i18n/tariffs'
import { fill } from '../../i18n/format'
import type { TariffFault } from '../../live/tariffs'

const CURRENCIES: Record<string, string> = {
  UA: 'UAH',
  PL: 'PLN',
  RU: 'RUB',
  KZ: 'KZT',
  BY: 'BYN',
  GB: 'GBP',
  US: 'USD',
}

/** What a country's carriers ask for as a rule; it can be written over. */
export const usualCurrency = (country: string | null): string => CURRENCIES[country ?? ''] ?? 'EUR'

/** An error of a table, as a person reads it. */
export function faultText(fault: TariffFault, words: TariffsWords): string {
  const { reasons } = words
  const known = Object.hasOwn(reasons, fault.reason) ? reasons[fault.reason as keyof typeof reasons] : fault.reason
  const reason = fill(known, { value: fault.value ?? '' })
  return fault.column === null
    ? fill(words.errorLine, { line: String(fault.line), reason })
    : fill(words.error, { line: String(fault.line), column: fault.column, reason })
}
