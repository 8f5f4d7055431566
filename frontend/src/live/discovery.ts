/** What the PBXes were found to have, and what of it is proposed for the directory. */
import type { components } from './api'
import { ask } from './rest'

type Schemas = components['schemas']
export type Discovery = Schemas['DiscoveryReport']
export type Look = Schemas['LookReport']
export type Proposal = Schemas['Proposal']
export type Refusal = Schemas['Refusal']
export type Settled = Schemas['Settled']

const path = (projectId: number, rest = ''): string => `/projects/${projectId}/discovery${rest}`

export const getDiscovery = (projectId: number): Promise<Discovery> => ask('GET', path(projectId))

export const lookAtPbx = (projectId: number, connectionId: number): Promise<Discovery> =>
  ask('POST', path(projectId, `/${connectionId}/look`))

export const acceptFound = (projectId: number, ids: readonly string[]): Promise<Settled> =>
  ask('POST', path(projectId, '/accept'), { ids })

export const refuseFound = (projectId: number, ids: readonly string[]): Promise<Settled> =>
  ask('POST', path(projectId, '/refuse'), { ids })

export const reconsiderFound = (projectId: number, one: Refusal): Promise<void> =>
  ask('POST', path(projectId, '/reconsider'), { connection_id: one.link_id, kind: one.kind, key: one.key })

export const takeNewFound = (projectId: number, connectionId: number, takesNew: boolean): Promise<void> =>
  ask('PUT', path(projectId, `/${connectionId}/takes-new`), { takes_new: takesNew })

export const GROUPS = [
  'people',
  'accounts',
  'names',
  'departments',
  'queues',
  'numbers',
  'lines',
  'hours',
  'gone',
] as const
export type GroupId = (typeof GROUPS)[number]

const OF_KIND: Record<Proposal['kind'], GroupId> = {
  employee: 'people',
  account: 'accounts',
  mobile: 'accounts',
  name: 'names',
  department: 'departments',
  queue: 'queues',
  queue_name: 'queues',
  number: 'numbers',
  scheme: 'numbers',
  hours: 'hours',
  trunk: 'lines',
  trunk_name: 'lines',
  trunk_state: 'lines',
  route: 'lines',
  route_name: 'lines',
  route_path: 'lines',
}

export const groupOf = (one: Proposal): GroupId => (one.act === 'gone' ? 'gone' : OF_KIND[one.kind])

/** Taken over with all the others: it adds something, or follows the PBX where nobody has edited it here. */
export const isPlain = (one: Proposal): boolean => !one.edited && !one.by_itself

export interface Group {
  id: GroupId
  proposals: Proposal[]
}

/** The groups that have something, in their order. */
export const grouped = (proposals: readonly Proposal[]): Group[] =>
  GROUPS.map((id) => ({ id, proposals: proposals.filter((one) => groupOf(one) === id) })).filter(
    (group) => group.proposals.length > 0,
  )

/** The lines by which a database administrator lets Callfloor read as much of FreePBX as it needs, and no password. */
export const grantLines = (user: string, local = false): string[] => {
  const who = `'${user}'@'${local ? 'localhost' : '%'}'`
  return [
    `CREATE USER ${who} IDENTIFIED BY '…';`,
    ...Object.entries(READ).map(
      ([table, columns]) =>
        `GRANT SELECT (${columns.map((one) => `\`${one}\``).join(', ')}) ON asterisk.${table} TO ${who};`,
    ),
  ]
}

/** As asterisk/discovery_tables.py has them; a test holds the two to one another. */
const READ: Readonly<Record<string, readonly string[]>> = {
  users: ['extension', 'name', 'outboundcid'],
  devices: ['id', 'tech', 'user', 'dial'],
  queues_config: ['extension', 'descr'],
  incoming: ['extension', 'description', 'cidnum'],
  trunks: ['trunkid', 'name', 'tech', 'channelid', 'outcid', 'disabled'],
  outbound_routes: ['route_id', 'name', 'outcid'],
  outbound_route_trunks: ['route_id', 'trunk_id', 'seq'],
  outbound_route_sequence: ['route_id', 'seq'],
  outbound_route_patterns: ['route_id', 'match_pattern_pass', 'match_pattern_prefix', 'match_cid', 'prepend_digits'],
  userman_users: ['id', 'default_extension', 'displayname', 'fname', 'lname', 'department', 'cell'],
  userman_groups: ['id', 'groupname', 'users'],
  contactmanager_groups: ['id', 'name', 'type'],
  contactmanager_group_entries: ['groupid', 'user'],
  timeconditions: ['time', 'displayname', 'mode'],
  timegroups_groups: ['id', 'description'],
  timegroups_details: ['timegroupid', 'time'],
}
