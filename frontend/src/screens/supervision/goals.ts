/** Where a call can be transferred: employees as they are now, queues, and any number that is typed. */
import { fill, i18n } from '../../i18n/index.svelte'
import type { LiveCall, LiveEmployee, Status } from '../../live/frames'
import { phone } from '../../live/phone'
import type { Who } from '../../live/rows'
import type { CallAction } from '../../live/supervisions'

export interface Goal {
  id: string
  kind: 'employee' | 'queue' | 'number'
  name: string
  /** Beside the name, quietly. */
  hint: string
  status?: Status
  /** How well it fits, best first. */
  rank: number
  accounts: readonly string[]
  action: CallAction
}

/** As the server takes them: what is dialled, without spaces and brackets. */
const DIALLED = /^\+?[\d*#]{1,32}$/
/** Whoever is free stands first. */
const ORDER: readonly Status[] = ['online', 'talking', 'dnd', 'unknown', 'offline']
const MOST = 60
const FEW = 4

export function goals(
  text: string,
  of: { call: LiveCall; who: Who; employees: ReadonlyMap<number, LiveEmployee>; locale: string },
): Goal[] {
  const { call, who, employees, locale } = of
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (...parts: (string | null | undefined)[]) => {
    const all = parts.filter(Boolean).join('\n').toLowerCase()
    return words.every((word) => all.includes(word))
  }
  const t = i18n.t.supervision.act.transferring
  const { compare } = new Intl.Collator(locale, { numeric: true })
  const people: Goal[] = [...who.employees.values()]
    .filter((one) => one.accounts.length && fits(one.name, ...one.accounts))
    .map((one) => {
      const status = employees.get(one.id)?.status
      const here = call.parties.some((party) => party.employee_id === one.id && party.state !== 'left')
      const department = one.department_id === null ? undefined : who.departments.get(one.department_id)?.name
      return {
        id: `employee ${one.id}`,
        kind: 'employee' as const,
        name: one.name,
        hint: here ? t.here : [one.accounts[0], department].filter(Boolean).join(' · '),
        status,
        rank: here ? 9 : ORDER.indexOf(status ?? 'unknown'),
        accounts: one.accounts,
        action: { type: 'transfer' as const, employee_id: one.id },
      }
    })
    .toSorted((a, b) => a.rank - b.rank || compare(a.name, b.name))
  const queues: Goal[] = [...who.queues]
    .filter(([name, label]) => fits(name, label))
    .map(([queue, label]) => ({
      id: `queue ${queue}`,
      kind: 'queue' as const,
      name: label,
      hint: label === queue ? '' : queue,
      rank: 0,
      accounts: [],
      action: { type: 'transfer' as const, queue },
    }))
    .toSorted((a, b) => compare(a.name, b.name))
  const dialled = text.replace(/[\s()-]/g, '')
  const number: Goal[] = DIALLED.test(dialled) ? [numberGoal(dialled, who)] : []
  // A number that is typed whole is meant; a few digits may be the beginning of somebody's.
  const exact = people.some((one) => one.accounts.includes(dialled))
  // A few queues are seen at a glance; many are looked for.
  const first = queues.length <= FEW
  return [
    ...(exact ? [] : number),
    ...(first ? queues : []),
    ...people.slice(0, MOST),
    ...(first ? [] : queues),
    ...(exact ? number : []),
  ]
}

function numberGoal(number: string, who: Who): Goal {
  const { text } = phone(number, who.country)
  return {
    id: `number ${number}`,
    kind: 'number',
    name: text,
    hint: fill(i18n.t.supervision.act.transferring.number, { number }),
    rank: 0,
    accounts: [],
    action: { type: 'transfer', number },
  }
}
