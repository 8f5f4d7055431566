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

/** Whom a session listens to: as the directory has them. */
export function supervised(one: Pick<LiveSupervision, 'employee_id' | 'account'>, who: Who | undefined): string {
  const known = one.employee_id === null ? undefined : who?.employees.get(one.employee_id)?.name
  return known ?? (one.account ? fill(i18n.t.supervision.nobody, { account: one.account }) : '')
}
