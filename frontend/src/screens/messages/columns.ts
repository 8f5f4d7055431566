/** The columns of both lists. */
import type { Dictionary } from '../../i18n/dictionary'
import type { Column } from '../../ui/table'
import type { FaxSort, VoicemailSort } from '../../live/messages'

export type VoicemailColumn = VoicemailSort | 'state' | 'handled'
export type FaxColumn = FaxSort | 'handled'

/** @param masked clients' numbers are, and so they are no order */
export function voicemailColumns(t: Dictionary, masked = false): Column<VoicemailColumn>[] {
  const c = t.messages.columns
  return [
    { key: 'at', title: c.at, width: 150, sortable: true },
    { key: 'caller', title: c.caller, width: 180, grow: 3, sortable: !masked },
    { key: 'box', title: c.box, width: 96, grow: 1, sortable: true },
    { key: 'employee', title: c.employee, width: 150, grow: 3, sortable: true },
    { key: 'duration', title: c.duration, width: 96, end: true, sortable: true },
    { key: 'state', title: c.state, width: 124, grow: 1 },
    { key: 'folder', title: c.folder, width: 110, grow: 1, sortable: true },
    { key: 'handled', title: c.handled, width: 170, grow: 2 },
  ]
}

export function faxColumns(t: Dictionary, masked = false): Column<FaxColumn>[] {
  const c = t.messages.columns
  return [
    { key: 'at', title: c.at, width: 150, sortable: true },
    { key: 'direction', title: c.direction, width: 124, sortable: true },
    { key: 'number', title: c.number, width: 180, grow: 3, sortable: !masked },
    { key: 'station', title: c.station, width: 150, grow: 3, sortable: !masked },
    { key: 'pages', title: c.pages, width: 88, end: true, sortable: true },
    { key: 'result', title: c.result, width: 170, grow: 2, sortable: true },
    { key: 'handled', title: c.handled, width: 170, grow: 2 },
  ]
}
