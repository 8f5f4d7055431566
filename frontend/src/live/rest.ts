/** The REST side: one way to ask, one error for what the server refuses, one for a server that does not answer. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly errorId: string,
    message: string,
    readonly details: Record<string, unknown>,
    readonly requestId: string | undefined,
  ) {
    super(message)
  }

  /** Seconds to wait, where the server throttles. */
  get retryAfter(): number | undefined {
    const seconds = Number(this.details.retry_after_s ?? this.details.retry_after)
    return Number.isFinite(seconds) ? Math.ceil(seconds) : undefined
  }
}

/** How far an upgrade of the store is, at the start of the server. */
export interface Upgrade {
  step: number
  of: number
  percent: number | null
}

/** Nobody answered: the network or the server is down; or it starts, and says what it does first. */
export class UnreachableError extends Error {
  constructor(readonly upgrade?: Upgrade) {
    super()
  }
}

let csrfToken = ''

export function useCsrfToken(token: string): void {
  csrfToken = token
}

/**
 * A Blob goes as the bytes it is, anything else as JSON.
 *
 * @throws ApiError where the server refused
 * @throws UnreachableError where nobody answered
 */
export async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (body !== undefined) {
    headers['Content-Type'] = body instanceof Blob ? 'application/octet-stream' : 'application/json'
  }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken
  let response: Response
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      signal,
      credentials: 'same-origin',
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new UnreachableError()
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  throw await refusal(response)
}

async function refusal(response: Response): Promise<Error> {
  const text = await response.text()
  const retryAfter = response.headers.get('Retry-After')
  try {
    const { error_id, message, details, request_id } = JSON.parse(text)
    if (error_id === 'upgrading') return new UnreachableError(details as Upgrade)
    if (error_id === 'starting') return new UnreachableError()
    if (typeof error_id === 'string') {
      const known = retryAfter ? { retry_after_s: Number(retryAfter), ...details } : { ...details }
      return new ApiError(response.status, error_id, message, known, request_id)
    }
  } catch {
    // Not ours: a proxy in between has answered.
  }
  return response.status >= 502 && response.status <= 504
    ? new UnreachableError()
    : new ApiError(response.status, 'unknown', text.slice(0, 200), {}, undefined)
}
