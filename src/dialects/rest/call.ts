import type { DialectContext, HttpAnswer } from '../dialect.ts'

export interface CallOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Posted; without it the call is a GET. */
  readonly json?: unknown
}

/** A call to somebody who may be gone. Undefined: no answer. */
export async function tryCall(
  { calls, log }: Pick<DialectContext, 'calls' | 'log'>,
  url: string,
  options: CallOptions,
): Promise<HttpAnswer | undefined> {
  try {
    return await calls.http(url, { method: options.json === undefined ? 'GET' : 'POST', ...options })
  } catch (error) {
    log.debug({ err: error, url }, 'no answer')
    return undefined
  }
}

/** What an answer says; undefined when that is no JSON. */
export function jsonOf(answer: HttpAnswer | undefined): unknown {
  try {
    return answer?.json()
  } catch {
    return undefined
  }
}
