import type { IncomingHttpHeaders } from 'node:http'
import { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { SourceFault } from '../source-fault.ts'

/** Bytes of a file, from 0; `end` is the last one. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** What a mirror answered, before its body. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

export interface AskedFor {
  readonly range: ByteRange
  /** Of the file; undefined for one block whose size is not known: then the mirror tells it. */
  readonly sizeBytes: number | undefined
  /** Only the head of the answer matters, so a whole small file may come instead of the range. */
  readonly isProbe: boolean
  /** ms since the Unix epoch; a time to come back may be a date. */
  readonly nowMs: number
}

/** Longest wait that a mirror can ask for, ms. */
const MAX_RETRY_AFTER_MS = 3600_000

/** Statuses of a mirror that will do better another time (RFC 9110, RFC 6585, RFC 8470). */
const LATER: ReadonlySet<number> = new Set([408, 425, 429, 503])

/**
 * Whether an answer begins with the bytes that were asked for (RFC 9110 section 14). Decides only.
 *
 * @returns the file's size
 * @throws SourceFault for what will not change: no such file, another file, no ranges; BUSY, with `details.retryAfterMs` when the mirror told it,
 * and UNAVAILABLE for what may
 */
export function sizeFromAnswer({ status, headers }: Answer, asked: AskedFor): number {
  if (status === 206) return checkPart(headers, asked)
  if (status === 200) return checkWhole(headers, asked)
  if (status === 416) throw wrong('its file is shorter, so not this one')
  if (LATER.has(status)) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], asked.nowMs)
    const details = retryAfterMs === undefined ? {} : { details: { retryAfterMs } }
    throw new ShoalError('BUSY', `it answered ${status}`, details)
  }
  if (status >= 500) throw new ShoalError('UNAVAILABLE', `it answered ${status}`)
  throw wrong(`it answered ${status}${MEANING[status] ?? ''}`)
}

const MEANING: Readonly<Record<number, string>> = {
  401: ': it wants a user and a password',
  403: ': it does not allow it',
  404: ': it does not have the file',
  410: ': it does not have the file any more',
}

function checkPart(headers: IncomingHttpHeaders, { range, sizeBytes }: AskedFor): number {
  checkEncoding(headers)
  const [, start, end, total] =
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(headers['content-range'] ?? '') ?? []
  if (Number(start) !== range.start || Number(end) !== range.end)
    throw wrong('it sends other bytes than those that were asked for')
  const length = headers['content-length']
  if (length !== undefined && Number(length) !== range.end - range.start + 1)
    throw wrong('it sends another number of bytes than it says')
  return checkSize(total === '*' ? undefined : Number(total), sizeBytes)
}

/** The file from its beginning, by a server that takes no ranges or none of so small a file: of use when it is all that was asked for. */
function checkWhole(headers: IncomingHttpHeaders, { range, sizeBytes, isProbe }: AskedFor): number {
  checkEncoding(headers)
  const length = headers['content-length']
  const size = checkSize(length === undefined ? undefined : Number(length), sizeBytes)
  const isAll = isProbe ? size <= BLOCK_SIZE : range.start === 0 && range.end === size - 1
  if (!isAll) throw wrong('it does not serve ranges of bytes (HTTP Range), so it cannot give single blocks')
  return size
}

function checkSize(told: number | undefined, sizeBytes: number | undefined): number {
  const size = told ?? sizeBytes
  if (size === undefined) throw wrong('it does not tell the size of the file')
  if (sizeBytes !== undefined && size !== sizeBytes)
    throw wrong(`its file has ${size} bytes instead of ${sizeBytes}, so it is not this one`)
  if (sizeBytes === undefined && size > BLOCK_SIZE)
    throw wrong(`its file has ${size} bytes, more than this one can have`)
  return size
}

function checkEncoding(headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    throw wrong(`it sends ${encoding.slice(0, 20)} unasked`)
}

/** Seconds or a date (RFC 9110 section 10.2.3), as ms from now; undefined when it says nothing that can be read. */
function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)
}

const wrong = (what: string): SourceFault => new SourceFault('BAD_RESPONSE', what)
