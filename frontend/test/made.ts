/** Calls and a directory for the tests: everything that a test does not say has one plain value. */
import type { Directory, LiveCall, LiveParty } from '../src/live/frames'
import { Who } from '../src/live/rows'

export const NOW = 1_795_290_000

export function party(employee: number, state: LiveParty['state'] = 'talking', since = NOW - 30): LiveParty {
  return { account: String(100 + employee), employee_id: employee, number: null, state, since }
}

export function call(id: string, part: Partial<LiveCall> = {}): LiveCall {
  return {
    id,
    type: 'inbound',
    status: 'talking',
    status_since: NOW - 30,
    started_at: NOW - 60,
    answered_at: NOW - 30,
    parties: [party(1)],
    client_number: '79161234567',
    client_e164: '+79161234567',
    business_number: '74951000001',
    queue: 'sales',
    queue_position: null,
    scheme: 'Working hours',
    route: ['Main menu', 'Sales'],
    talk_s: 0,
    talk_since: NOW - 30,
    hold_s: 0,
    hold_since: null,
    stale: false,
    partial: false,
    ...part,
  }
}

export const waitingCall = (id: string, part: Partial<LiveCall> = {}): LiveCall =>
  call(id, { status: 'queue', answered_at: null, talk_since: null, parties: [], ...part })

export const directory: Directory = {
  departments: [
    { id: 1, name: 'Sales', parent_id: null },
    { id: 2, name: 'Regions', parent_id: 1 },
    { id: 3, name: 'Support', parent_id: null },
  ],
  employees: [
    { id: 1, name: 'Anna Keller', department_id: 1, accounts: ['101'], photo: null },
    { id: 2, name: 'Борис Ефимов', department_id: 2, accounts: ['102', '79031112233'], photo: null },
    { id: 3, name: 'Clara Novak', department_id: 3, accounts: ['103'], photo: null },
  ],
  queues: [
    { name: 'sales', label: 'Sales line', department_id: null },
    { name: 'vip', label: null, department_id: null },
  ],
  numbers: [{ number: '+7 495 100-00-01', label: 'Main line', source: 'Website', scheme: null }],
  trunks: [{ name: 'mtt', label: 'MTT' }],
}

export const who = (): Who => new Who(directory, 'RU')
