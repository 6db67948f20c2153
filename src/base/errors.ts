/**
 * The one error table. Every error that leaves a module is a {@link ShoalError} with a code from here; the API
 * turns it into an HTTP status, links into a gRPC status, the CLI into an exit code. Codes are stable: others
 * script against them.
 *
 * gRPC status numbers: https://grpc.io/docs/guides/status-codes/
 */
export interface ErrorKind {
  /** Default message: what is wrong, and where it can be said, what to do. */
  readonly message: string
  readonly http: number
  readonly grpc: number
  /** 1 error, 2 usage, 3 not found, 4 timed out. */
  readonly exit: 1 | 2 | 3 | 4
}

export const ERRORS = {
  INVALID_ARGUMENT: { message: 'The request is not valid.', http: 400, grpc: 3, exit: 2 },
  INVALID_CID: { message: 'This is not a CID that Shoal can read.', http: 400, grpc: 3, exit: 2 },
  INVALID_CONFIG: { message: 'The configuration is not valid.', http: 400, grpc: 3, exit: 2 },
  UNAUTHENTICATED: { message: 'Who you are could not be proved.', http: 401, grpc: 16, exit: 1 },
  WRONG_IDENTITY: {
    message: 'The other side is not the peer that was expected.',
    http: 502,
    grpc: 16,
    exit: 1,
  },
  PERMISSION_DENIED: { message: 'This is not allowed.', http: 403, grpc: 7, exit: 1 },
  NOT_FOUND: { message: 'There is no such thing.', http: 404, grpc: 5, exit: 3 },
  NO_PROVIDERS: { message: 'Nobody who is reachable has this.', http: 404, grpc: 5, exit: 3 },
  AMBIGUOUS: { message: 'More than one file has this name.', http: 409, grpc: 9, exit: 2 },
  CONFLICT: { message: 'This does not fit the present state.', http: 409, grpc: 9, exit: 1 },
  ALREADY_EXISTS: { message: 'This exists already.', http: 409, grpc: 6, exit: 1 },
  METHOD_NOT_ALLOWED: { message: 'This method is not allowed here.', http: 405, grpc: 12, exit: 2 },
  UNSUPPORTED_MEDIA_TYPE: { message: 'Send application/json.', http: 415, grpc: 3, exit: 2 },
  NOT_ACCEPTABLE: {
    message: 'This is not to be had in the form that was asked for.',
    http: 406,
    grpc: 3,
    exit: 2,
  },
  PRECONDITION_FAILED: { message: 'What the request insists on is not so.', http: 412, grpc: 9, exit: 1 },
  RANGE_NOT_SATISFIABLE: { message: 'There are no such bytes.', http: 416, grpc: 11, exit: 2 },
  TOO_LARGE: { message: 'This is larger than what is accepted.', http: 413, grpc: 8, exit: 1 },
  BUSY: { message: 'All places are taken. Try again later.', http: 503, grpc: 8, exit: 1 },
  RATE_LIMITED: { message: 'Too many requests. Slow down.', http: 429, grpc: 8, exit: 1 },
  BAD_BLOCK: { message: 'The data does not match its hash.', http: 502, grpc: 15, exit: 1 },
  BAD_RESPONSE: {
    message: 'The other side answered something that makes no sense.',
    http: 502,
    grpc: 13,
    exit: 1,
  },
  FILE_CHANGED: { message: 'The file changed while it was read.', http: 409, grpc: 10, exit: 1 },
  NO_SPACE: { message: 'There is not enough disk space.', http: 507, grpc: 8, exit: 1 },
  IO: { message: 'A file could not be read or written.', http: 500, grpc: 13, exit: 1 },
  UNAVAILABLE: { message: 'The other side cannot be reached.', http: 503, grpc: 14, exit: 1 },
  NODE_UNREACHABLE: {
    message: 'No running node was found. Start one with: shoal start',
    http: 503,
    grpc: 14,
    exit: 1,
  },
  TIMED_OUT: { message: 'It took too long.', http: 504, grpc: 4, exit: 4 },
  CANCELLED: { message: 'Cancelled.', http: 499, grpc: 1, exit: 1 },
  NOT_IMPLEMENTED: { message: 'This version does not do this.', http: 501, grpc: 12, exit: 2 },
  INTERNAL: {
    message: 'Something went wrong inside Shoal. Please report this.',
    http: 500,
    grpc: 13,
    exit: 1,
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorExtra {
  cause?: unknown
  /** Facts for a program that handles the error; JSON values only. */
  details?: Record<string, unknown>
}

export class ShoalError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown> | undefined

  /** @param message what happened and what to do; the table's message when left out */
  constructor(code: ErrorCode, message?: string, extra: ErrorExtra = {}) {
    super(message ?? ERRORS[code].message, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.name = 'ShoalError'
    this.code = code
    this.details = extra.details
  }

  get kind(): ErrorKind {
    return ERRORS[this.code]
  }
}

/** True for a string that is a code of the table: what came over the wire may be anything. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}

const SYSTEM_CODES: Record<string, ErrorCode> = {
  ENOENT: 'NOT_FOUND',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'PERMISSION_DENIED',
  EEXIST: 'ALREADY_EXISTS',
  ENAMETOOLONG: 'INVALID_ARGUMENT',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  ECONNREFUSED: 'UNAVAILABLE',
  ECONNRESET: 'UNAVAILABLE',
  EHOSTUNREACH: 'UNAVAILABLE',
  ENETUNREACH: 'UNAVAILABLE',
  ETIMEDOUT: 'TIMED_OUT',
}

/**
 * Any thrown value as a ShoalError: itself when it is one; CANCELLED or TIMED_OUT for an abort; a system error by
 * its errno, without its code and the name of the call; `fallback` otherwise. The original is kept as `cause`.
 */
export function toShoalError(error: unknown, fallback: ErrorCode = 'INTERNAL'): ShoalError {
  if (error instanceof ShoalError) return error
  if (error instanceof Error) {
    if (error.name === 'TimeoutError') return new ShoalError('TIMED_OUT', undefined, { cause: error })
    if (error.name === 'AbortError') return new ShoalError('CANCELLED', undefined, { cause: error })
    const system = 'code' in error && typeof error.code === 'string' ? SYSTEM_CODES[error.code] : undefined
    const message = system === 'NO_SPACE' ? withoutSpace(error.message) : plain(error.message)
    return new ShoalError(system ?? fallback, message, { cause: error })
  }
  return new ShoalError(fallback, String(error), { cause: error })
}

/** Writing knows no path. */
function withoutSpace(message: string): string {
  const told = plain(message)
  return told === message ? ERRORS.NO_SPACE.message : told
}

/** `ENOENT: no such file or directory, open '/x'` as `/x: no such file or directory`. */
function plain(message: string): string {
  const [, what, path] = /^E[A-Z0-9]+: (.+), \w+ '(.+?)'(?: -> '.+')?$/s.exec(message) ?? []
  return what && path ? `${path}: ${what}` : message
}
