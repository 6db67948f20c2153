import { ShoalError } from '../../base/errors.ts'
import type { ByteRange } from '../../content/verify.ts'

/** What a `Range` header comes to: everything, a part, or nothing that is there. */
export type RangeAnswer = 'whole' | 'unsatisfiable' | ByteRange

/**
 * The bytes that a `Range` header asks for (RFC 9110, section 14). One range is taken; of several, and of units other than bytes, nothing is, as
 * section 14.2 allows.
 */
export function answerRange(header: string | undefined, sizeBytes: number): RangeAnswer {
  const [, from = '', to = ''] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? []
  if (from === '' && to === '') return 'whole'
  if (from === '') {
    const length = Math.min(Number(to), sizeBytes)
    return length > 0 ? { offset: sizeBytes - length, length } : 'unsatisfiable'
  }
  const offset = Number(from)
  const last = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  // Backwards, it is no range at all, and is passed over; beyond the end, it is one that is not there.
  if (to !== '' && Number(to) < offset) return 'whole'
  return offset < sizeBytes ? { offset, length: last - offset + 1 } : 'unsatisfiable'
}

/** `Content-Range` of a part of a representation. */
export function contentRange({ offset, length }: ByteRange, sizeBytes: number): string {
  return `bytes ${offset}-${offset + length - 1}/${sizeBytes}`
}

/** An `entity-bytes` of the trustless gateway: first and last byte, counted from the end when negative; undefined for the end itself. */
export interface EntityBytes {
  readonly from: number
  readonly to: number | undefined
}

/**
 * Reads `from:to`, where `to` may be `*`.
 * https://specs.ipfs.tech/http-gateways/trustless-gateway/#entity-bytes-request-query-parameter
 *
 * @throws ShoalError INVALID_ARGUMENT when it is neither
 */
export function parseEntityBytes(text: string): EntityBytes {
  const [, from, to] = /^(-?\d{1,15}):(-?\d{1,15}|\*)$/.exec(text) ?? []
  if (from === undefined || to === undefined)
    throw new ShoalError(
      'INVALID_ARGUMENT',
      'entity-bytes: must be FROM:TO in bytes, as in 0:1023, 1024:* or -1024:*.',
    )
  return { from: Number(from), to: to === '*' ? undefined : Number(to) }
}

/**
 * The bytes of a file of `sizeBytes` that lie within; a length of 0 when it goes backwards.
 *
 * @throws ShoalError INVALID_ARGUMENT when it lies outside of the file altogether
 */
export function entityRange({ from, to }: EntityBytes, sizeBytes: number): ByteRange {
  const first = from < 0 ? sizeBytes + from : from
  const last = to === undefined ? sizeBytes - 1 : to < 0 ? sizeBytes + to : to
  const offset = Math.max(0, first)
  if (sizeBytes > 0 && (offset >= sizeBytes || last < 0))
    throw new ShoalError('INVALID_ARGUMENT', `entity-bytes: the file has only ${sizeBytes} bytes.`)
  return { offset, length: Math.max(0, Math.min(last, sizeBytes - 1) - offset + 1) }
}
