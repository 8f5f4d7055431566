/** The words of the Employees page. */
import type { Language } from './index.svelte'
import { moreEmployees } from './employees-slavic'

const en = {
  title: 'Employees',
  all: 'Employees',
  showAll: 'Show all employees',
  columns: {
    name: 'Employee',
    department: 'Department',
    status: 'Status',
    inStatus: 'In status',
    agent: 'User-Agent',
    call: 'Call',
    queues: 'Queues',
  },
  onBreak: 'On a break',
  noReason: 'no reason given',
  empty: 'There is nobody here yet. An administrator adds employees and their accounts to the directory.',
  nothingMatches: 'Nobody matches the filters.',
  loading: 'Loading the employees',
  removed: 'No longer in the directory',
  openCall: 'Open the call',
  moreCalls: 'and {n} more',
  hidden: 'Hidden number',
  devices: {
    of: 'Devices of {name}',
    none: 'No device is registered.',
    unnamed: 'Device without a name',
    account: 'Account {account}',
    since: 'since {time}',
    dnd: 'do-not-disturb is on',
    roundTrip: '{ms} ms round trip',
  },
  actions: {
    of: 'Actions: {name}',
    queues: 'Queues',
    reason: 'Reason of the pause',
    pause: 'Pause',
    pauseIn: 'Pause in {queue}',
    resume: 'Resume',
    resumeIn: 'Resume in {queue}',
    remove: 'Remove from {queue}',
    noQueues: 'In no queue.',
    ready: 'takes calls',
    pausedFor: 'paused: {reason}',
    paused: 'paused',
    queue: 'Queue',
    account: 'Account',
    add: 'Add to the queue',
    choose: 'Choose a queue',
    dnd: 'Do not disturb, at the PBX',
    status: 'Status',
    byPhones: 'By the phones',
    setBy: 'Set by {by}, {time}',
    setByRule: 'Set by a rule, {time}',
    pending: 'Waiting until the PBX confirms it',
    stale: 'The PBX is out of reach: only Callfloor’s own status can be set.',
    done: {
      pause: '{name}: paused in {queue}',
      unpause: '{name}: takes calls of {queue} again',
      add_to_queue: '{name}: added to {queue}',
      remove_from_queue: '{name}: removed from {queue}',
      dnd: '{name}: do-not-disturb changed',
      switch: '{name}: status changed',
    },
    failed: {
      refused: 'The PBX refused: {words}',
      linkDown: 'The PBX does not answer: nothing was changed.',
      forbidden: 'Your role does not allow this.',
      gone: 'This is no longer so: {words}',
      unreachable: 'Callfloor does not answer. Look at the row once it is back.',
      unconfirmed: 'The PBX accepted it, and has not confirmed it yet: {what}',
      unexpected: 'This failed: {words}',
    },
  },
}

type Worded<T> = { readonly [K in keyof T]: T[K] extends string ? string : Worded<T[K]> }
export type EmployeesWords = Worded<typeof en>

export const employees: Readonly<Record<Language, EmployeesWords>> = { en, ...moreEmployees }
