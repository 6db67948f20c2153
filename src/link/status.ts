import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type ErrorCode, isErrorCode, ShoalError, toShoalError } from '../base/errors.ts'

/**
 * Trailing metadata that carries the code of a ShoalError. The message travels as the gRPC status message.
 */
export const CODE_HEADER = 'shoal-code'
/** Longest message that is sent, characters: trailers share the peer's header limit. */
const MAX_MESSAGE_LENGTH = 1024

/** How grpc-js words its size limits, which share RESOURCE_EXHAUSTED with everything that is scarce. */
const SIZE_LIMIT = /larger than max|size larger than/

/** How grpc-js words a stream that ended without a status: the server or a proxy went away in the middle. */
const CUT_OFF = /Call ended without gRPC status/

/** gRPC statuses that say something without a `shoal-code`, from any gRPC server. */
const CODE_OF_STATUS: Partial<Record<number, ErrorCode>> = {
  [status.CANCELLED]: 'CANCELLED',
  [status.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [status.DEADLINE_EXCEEDED]: 'TIMED_OUT',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.ALREADY_EXISTS]: 'ALREADY_EXISTS',
  [status.PERMISSION_DENIED]: 'PERMISSION_DENIED',
  [status.RESOURCE_EXHAUSTED]: 'BUSY',
  [status.FAILED_PRECONDITION]: 'CONFLICT',
  [status.ABORTED]: 'CONFLICT',
  [status.UNIMPLEMENTED]: 'NOT_IMPLEMENTED',
  [status.UNAVAILABLE]: 'UNAVAILABLE',
  [status.DATA_LOSS]: 'BAD_BLOCK',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
}

/**
 * What a handler threw, as the gRPC status for the caller. Only what was thrown as a ShoalError is told:
 * the text of any other error may hold paths or worse.
 */
export function statusOf(error: unknown): { code: number; details: string; metadata: Metadata } {
  const known =
    error instanceof ShoalError || isAbort(error) ? toShoalError(error) : new ShoalError('INTERNAL')
  const metadata = new Metadata()
  metadata.set(CODE_HEADER, known.code)
  return { code: known.kind.grpc, details: headerText(known.message), metadata }
}

/** The status of a failed call as a ShoalError; the peer's word is taken only for a code of the table. */
export function errorOf(received: Pick<StatusObject, 'code' | 'details' | 'metadata'>): ShoalError {
  const told = received.metadata?.get(CODE_HEADER)[0]
  if (isErrorCode(told)) return new ShoalError(told, received.details || undefined)
  if (received.code === status.RESOURCE_EXHAUSTED && SIZE_LIMIT.test(received.details))
    return new ShoalError('TOO_LARGE', received.details)
  if (CUT_OFF.test(received.details)) return new ShoalError('UNAVAILABLE', 'The connection was lost.')
  return new ShoalError(CODE_OF_STATUS[received.code] ?? 'BAD_RESPONSE', received.details || undefined)
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
}

/** grpc-js sends the message through `encodeURI`, which throws for half a surrogate pair. */
function headerText(text: string): string {
  return text.slice(0, MAX_MESSAGE_LENGTH).toWellFormed()
}
