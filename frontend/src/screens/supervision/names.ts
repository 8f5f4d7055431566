/** How the parties of a call are called in bar, menus and dialogs. */
import { fill, i18n } from '../../i18n/index.svelte'
import type { LiveCall } from '../../live/frames'
import type { LiveSupervision } from '../../live/supervisions'
import type { Who } from '../../live/rows'

export interface CallNames {
  client: string
  /** Everyone of the company who is in it now. */
  people: string
}

export function namesOf(call: LiveCall, who: Who): CallNames {
  const row = who.row(call)
  const t = i18n.t.supervision.act
  return {
    client: row.client?.text ?? (call.type === 'internal' ? t.somebody : t.client),
    people: row.people.map((one) => one.name).join(', ') || row.queue || t.transferring.nobody,
  }
}

export interface InConference {
  key: string
  name: string
  /** As the server is told who is meant; nobody's: the client. */
  party: string | null
}

/** Who hears the others of a conference, the client last. */
export function inConference(call: LiveCall, who: Who): InConference[] {
  const row = who.row(call)
  const t = i18n.t.supervision.act
  const people = row.people.flatMap(({ key, name, party }) => {
    const known = party.state === 'ringing' ? null : (party.account ?? party.number)
    return known === null ? [] : [{ key, name, party: known }]
  })
  if (call.client_number === null) return people
  const client = fill(t.removing.client, { client: row.client?.text ?? t.client })
  return [...people, { key: 'client', name: client, party: null }]
}

/** Whom a session listens to: as the directory has them. */
export function supervised(one: Pick<LiveSupervision, 'employee_id' | 'account'>, who: Who | undefined): string {
  const known = one.employee_id === null ? undefined : who?.employees.get(one.employee_id)?.name
  return known ?? (one.account ? fill(i18n.t.supervision.nobody, { account: one.account }) : '')
}
