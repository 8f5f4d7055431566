/** People for the tests: everything that a test does not say has one plain value. */
import type { Badge, Cause, LiveDevice, LiveEmployee, QueueSeat } from '../src/live/frames'
import { NOW } from './made'

const cause: Cause = { why: 'registered', account: null, device: null, call_id: null, by: null }

export const device = (id: string, part: Partial<LiveDevice> = {}): LiveDevice => ({
  id,
  status: 'online',
  since: NOW - 3600,
  user_agent: 'Yealink SIP-T46S',
  address: '10.0.0.7:5060',
  round_trip_ms: 12,
  expires_at: NOW + 300,
  ...part,
})

export const seat = (queue: string, part: Partial<QueueSeat> = {}): QueueSeat => ({
  queue,
  account: '101',
  since: NOW - 300,
  paused: false,
  reason: null,
  dynamic: true,
  penalty: 0,
  ...part,
})

export const badge = (kind: Badge['kind'], part: Partial<Badge> = {}): Badge => ({
  kind,
  since: NOW - 10,
  queue: null,
  reason: null,
  until: null,
  ...part,
})

export function employee(
  id: number,
  { devices, dnd = false, ...part }: Partial<LiveEmployee> & { devices?: LiveDevice[]; dnd?: boolean } = {},
): LiveEmployee {
  const status = part.status ?? 'online'
  const account = {
    account: String(100 + id),
    status,
    since: NOW - 60,
    cause,
    dnd,
    devices: devices ?? [device(`d${id}`)],
  }
  return {
    id,
    status,
    since: NOW - 60,
    cause,
    accounts: [account],
    queues: [],
    badges: [],
    switch: null,
    stale: false,
    ...part,
  }
}
