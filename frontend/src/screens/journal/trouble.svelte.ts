/** Why something could not be fetched or done, for those who say it. */
import { ApiError, UnreachableError } from '../../live/rest'

export type Fault = 'ended' | 'forbidden' | 'missing' | 'refused' | 'unreachable' | 'failed'

const BY_STATUS: Readonly<Record<number, Fault>> = {
  400: 'refused',
  401: 'ended',
  403: 'forbidden',
  404: 'missing',
  422: 'refused',
}

export class Trouble {
  fault = $state<Fault>()
  /** The number under which the server has it in its log. */
  id = $state<string>()
  /** What the server says of a question that it refuses. */
  text = $state<string>()

  take(error: unknown): Fault {
    const known = error instanceof ApiError ? error : undefined
    const fault = error instanceof UnreachableError ? 'unreachable' : (BY_STATUS[known?.status ?? 0] ?? 'failed')
    this.fault = fault
    this.id = known?.requestId
    this.text = fault === 'refused' ? known?.message : undefined
    return fault
  }

  clear(): void {
    this.fault = this.id = this.text = undefined
  }
}
