import { toShoalError } from '../base/errors.ts'

/** System errors of connecting, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
}

const ERRNO = new RegExp(`\\b(${Object.keys(REASONS).join('|')})\\b`)
/** Causes looked through; a chain that is longer says nothing more. */
const MAX_CAUSES = 8

/**
 * Why a call failed, short, for people: the system's reason when there is one anywhere in the chain of causes, the error's
 * own message otherwise, without the full stop.
 */
export function reasonOf(error: unknown): string {
  let at = error
  for (let depth = 0; depth < MAX_CAUSES && at instanceof Error; depth++) {
    const code = 'code' in at && typeof at.code === 'string' ? REASONS[at.code] : undefined
    const errno = ERRNO.exec(at.message)?.[1]
    const reason = code ?? (errno && REASONS[errno])
    if (reason) return reason
    at = at instanceof AggregateError ? at.errors[0] : at.cause
  }
  return toShoalError(error).message.replace(/\.$/, '')
}
