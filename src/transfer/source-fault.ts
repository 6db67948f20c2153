import { type ErrorCode, ShoalError } from '../base/errors.ts'
import type { Ending } from './candidates.ts'

/**
 * A peer that broke the contract or sent wrong bytes, found out by this side's own checks. What a peer merely says, or a line that breaks in an odd
 * way, never makes one: only this leads to a ban.
 */
export class SourceFault extends ShoalError {
  constructor(code: Extract<ErrorCode, 'BAD_BLOCK' | 'BAD_RESPONSE' | 'TOO_LARGE'>, message: string) {
    super(code, message)
    this.name = 'SourceFault'
  }
}

/** Codes with which a peer says no without being at fault. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'BUSY', 'RATE_LIMITED'])

/** What the error that ended a stream means for its peer. */
export function endingOf(error: ShoalError): Ending {
  if (error instanceof SourceFault) return { kind: 'banned', reason: error.message }
  if (error.code === 'CANCELLED') return { kind: 'closed' }
  if (error.code === 'PERMISSION_DENIED' && error.details?.isAnswer === true)
    return { kind: 'refused', reason: error.message, isUnwelcome: true }
  if (REFUSALS.has(error.code)) {
    const retryAfterMs = error.details?.retryAfterMs
    return {
      kind: 'refused',
      reason: error.message,
      ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    }
  }
  return { kind: 'failed', reason: error.message }
}
