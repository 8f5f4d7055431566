/** What a proposal says, in words. */
import { fill, i18n } from '../../i18n/index.svelte'
import type { Proposal } from '../../live/discovery'
import { phone } from '../../live/phone'
import { techText } from '../directory/lines'

/** Whom or what it is about. */
export function subjectOf(one: Proposal, country: string | null): string {
  return one.kind === 'number' || one.kind === 'scheme' ? phone(one.key, country).text : one.subject
}

/** Beside the subject: what is found with it, or what becomes what. */
export interface Said {
  old?: string | undefined
  /** What is said where there was nothing. */
  none?: string
  new: string
}

export function saidOf(one: Proposal, country: string | null): Said {
  const t = i18n.t.discovery
  if (one.act === 'gone') return { new: goneOf(one) }
  switch (one.kind) {
    case 'employee': {
      const accounts = one.accounts.join(', ')
      return { new: one.department ? `${accounts} · ${fill(t.newDepartment, { name: one.department })}` : accounts }
    }
    case 'account':
      return { new: one.key }
    case 'mobile':
      return { new: `${t.mobile} ${phone(one.key, country).text}` }
    case 'name':
      return { old: one.old ?? '', new: one.new ?? '' }
    case 'department':
      return { old: one.old ?? undefined, none: t.noDepartment, new: one.new ?? '' }
    case 'queue':
      return { new: one.key === one.subject ? '' : one.key }
    case 'queue_name':
      return { old: one.old ?? undefined, none: t.noName, new: one.new ?? '' }
    case 'number': {
      const kinds = i18n.t.settings.numbers.kinds
      const kind = kinds[one.number_kind as keyof typeof kinds] ?? one.number_kind ?? ''
      return { new: [one.new, kind].filter(Boolean).join(' · ') }
    }
    case 'scheme':
      return { old: one.old ?? undefined, none: t.noScheme, new: one.new ?? '' }
    case 'trunk':
      return { new: [one.key === one.subject ? '' : one.key, stateText(trunkState(one))].filter(Boolean).join(' · ') }
    case 'trunk_name':
    case 'route_name':
      return { old: one.old ?? undefined, none: t.noName, new: one.new ?? '' }
    case 'trunk_state':
      return { old: stateText(one.old ?? '') || undefined, none: t.switchedOn, new: stateText(one.new ?? '') }
    case 'route':
      return { new: fill(t.outboundRoute, { text: one.route ? pathText(one.route) : '' }).trim() }
    case 'route_path':
      return { old: one.old ?? '', new: one.new ?? '' }
    case 'hours':
      return { old: one.old ? week(one.old) : undefined, none: t.noHours, new: week(one.new) }
  }
}

function goneOf(one: Proposal): string {
  const t = i18n.t.discovery
  if (one.kind === 'employee') return `${t.employeeGone} · ${one.accounts.join(', ')}`
  if (one.kind === 'account') return `${one.key} · ${fill(t.accountGone, { name: one.subject })}`
  if (one.kind === 'queue') return fill(t.queueGone, { name: one.key })
  if (one.kind === 'trunk') return fill(t.trunkGone, { name: one.key })
  if (one.kind === 'route') return t.routeGone
  return [t.numberGone, one.old].filter(Boolean).join(' · ')
}

/** As the server says it: `pjsip`, `sip off`. */
const trunkState = ({ trunk }: Proposal): string => [trunk?.tech, trunk?.disabled && 'off'].filter(Boolean).join(' ')

/** `sip off` as `SIP (chan_sip), switched off`. */
function stateText(state: string): string {
  const t = i18n.t.discovery
  const words = state.split(' ').filter(Boolean)
  const tech = words.find((word) => word !== 'off')
  return [tech && techText(tech), words.includes('off') && t.switchedOff].filter(Boolean).join(', ')
}

const pathText = (route: NonNullable<Proposal['route']>): string =>
  [(route.patterns ?? []).slice(0, 5).join(', '), (route.by ?? []).join(', ')].filter(Boolean).join(' → ')

/** `0 540-1080; 1 540-1080` as `Mon, Tue 9:00–18:00`. */
function week(text: string | null | undefined): string {
  if (!text) return ''
  const days = new Map<string, string[]>()
  for (const part of text.split('; ')) {
    const [day, span] = part.split(' ')
    const [first, last] = (span ?? '').split('-').map(Number)
    const hours = `${clock(first ?? 0)}–${clock(last ?? 0)}`
    days.set(hours, [...(days.get(hours) ?? []), weekday(Number(day))])
  }
  return [...days].map(([hours, names]) => `${names.join(', ')} ${hours}`).join('; ')
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** 1 January 2024 was a Monday. */
const weekday = (day: number): string =>
  new Intl.DateTimeFormat(i18n.locale, { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + day))
