/** Supervision over REST: who listens to, whispers to or joins which call. Instants are UTC epoch seconds. */
import type { components } from './api'
import { every, type LiveCall, type LiveParty } from './frames'
import { writeQuery } from './query'
import { ask } from './rest'
import type { Role } from './session'

type Schemas = components['schemas']

export const MODES = every<Schemas['Mode']>()(['listen', 'whisper', 'join'])
export type Mode = (typeof MODES)[number]
export const WAYS = every<Schemas['Way']>()(['browser', 'phone'])
export type Way = (typeof WAYS)[number]
export const ENDINGS = every<Schemas['Ending']>()([
  'left',
  'call_over',
  'no_answer',
  'busy',
  'offline',
  'refused',
  'not_allowed',
  'page_gone',
  'link_lost',
  'stopped',
  'failed',
])
export type Ending = (typeof ENDINGS)[number]

export type LiveSupervision = Schemas['LiveSupervision']

export type StartedSupervision = Schemas['StartedSupervision']
export type StartSupervision = Partial<Schemas['StartSupervision']> &
  Pick<Schemas['StartSupervision'], 'call_id' | 'way'>
export type SupervisionWays = Schemas['SupervisionWays']

export type CallAction =
  | { type: 'hang_up' }
  | { type: 'transfer'; employee_id: number }
  | { type: 'transfer'; queue: string }
  | { type: 'transfer'; number: string }
  | { type: 'take'; account: string }
  /** Nobody's: the client. */
  | { type: 'remove'; party: string | null }

/** Who may supervise, and act on calls: as `web/access.py` has it. The server asks again. */
export const maySupervise = (role: Role): boolean => role === 'administrator' || role === 'supervisor'

/** Of the project. */
export class SupervisionsApi {
  readonly #base: string

  constructor(readonly projectId: number) {
    this.#base = `/projects/${projectId}`
  }

  /** Of one call's PBX, or of the first. */
  ways = (callId = ''): Promise<SupervisionWays> =>
    ask('GET', `${this.#base}/supervisions/ways?${writeQuery({ call_id: callId })}`)

  list = async (signal?: AbortSignal): Promise<LiveSupervision[]> =>
    (await ask<{ supervisions: LiveSupervision[] }>('GET', `${this.#base}/supervisions`, undefined, signal))
      .supervisions

  start = (wanted: StartSupervision): Promise<StartedSupervision> => ask('POST', `${this.#base}/supervisions`, wanted)

  change = (id: string, part: { mode?: Mode; muted?: boolean }): Promise<LiveSupervision> =>
    ask('PUT', this.#one(id), part)

  leave = (id: string): Promise<LiveSupervision> => ask('DELETE', this.#one(id))

  /** Another token, for a line that was lost or is opened from another page. */
  token = async (id: string): Promise<string> => (await ask<{ token: string }>('POST', `${this.#one(id)}/token`)).token

  act = (callId: string, action: CallAction): Promise<void> =>
    ask('POST', `${this.#base}/live-calls/${encodeURIComponent(callId)}/actions`, action)

  /** Where the line is opened as a WebSocket. */
  lineAddress(id: string, token: string): string {
    const { protocol, host } = location
    const scheme = protocol === 'https:' ? 'wss:' : 'ws:'
    const path = `/api/v1${this.#base}/supervisions/${encodeURIComponent(id)}/line`
    return `${scheme}//${host}${path}?token=${encodeURIComponent(token)}`
  }

  #one = (id: string): string => `${this.#base}/supervisions/${encodeURIComponent(id)}`
}

/**
 * Accounts of the company that are in conversation: whom one can listen to, and not oneself.
 *
 * @param own the employee that the viewer is
 */
export const audible = (call: LiveCall, own: number | null = null): LiveParty[] =>
  call.parties.filter(
    (one) =>
      one.account !== null &&
      (one.state === 'talking' || one.state === 'holding') &&
      (own === null || one.employee_id !== own),
  )

/** Sessions by the call they are on. */
export function byCall(all: readonly LiveSupervision[] = []): ReadonlyMap<string, LiveSupervision[]> {
  const found = new Map<string, LiveSupervision[]>()
  for (const one of all) found.set(one.call_id, [...(found.get(one.call_id) ?? []), one])
  return found
}

/** Whether the employee is to be told that somebody listens to them now. */
export const isSupervised = async (projectId: number, employeeId: number, signal: AbortSignal): Promise<boolean> =>
  (
    await ask<Schemas['Supervised']>(
      'GET',
      `/projects/${projectId}/employees/${employeeId}/supervised`,
      undefined,
      signal,
    )
  ).supervised
