/** The columns of the two lists of the audit. */
import type { Dictionary } from '../../i18n/dictionary'
import type { AuditView } from '../../live/audit'
import type { Column } from '../../ui/table'

export type SupervisionColumn = 'at' | 'user' | 'whom' | 'call' | 'way' | 'modes' | 'heard' | 'ending' | 'reason'
export type DeedColumn = 'at' | 'user' | 'action' | 'subject' | 'details' | 'outcome'
export type AuditColumn = SupervisionColumn | DeedColumn

/** Widths fit 1440 px beside the rail, in the language with the longest words. */
export function auditColumns(t: Dictionary, view: AuditView): Column<AuditColumn>[] {
  const c = t.audit.columns
  if (view === 'supervisions')
    return [
      { key: 'at', title: c.at, width: 176 },
      { key: 'user', title: c.user, width: 140, grow: 2 },
      { key: 'whom', title: c.whom, width: 170, grow: 3 },
      { key: 'call', title: c.call, width: 92 },
      { key: 'way', title: c.way, width: 110 },
      { key: 'modes', title: c.modes, width: 170, grow: 1 },
      { key: 'heard', title: c.heard, width: 122, end: true },
      { key: 'ending', title: c.ending, width: 170, grow: 2 },
      { key: 'reason', title: c.reason, width: 110, grow: 2 },
    ]
  return [
    { key: 'at', title: c.at, width: 184 },
    { key: 'user', title: c.user, width: 140, grow: 1 },
    { key: 'action', title: c.action, width: 200, grow: 2 },
    { key: 'subject', title: c.subject, width: 180, grow: 2 },
    { key: 'details', title: c.details, width: 300, grow: 5 },
    { key: 'outcome', title: c.outcome, width: 170, grow: 1 },
  ]
}
