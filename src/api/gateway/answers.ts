import { ShoalError } from '../../base/errors.ts'
import { isRawCid } from '../../content/cid.ts'
import type { ByteRange } from '../../content/verify.ts'
import type { OpenFile } from '../content-port.ts'
import { blockOf, type CarPlan, carBytes, fileBytes } from './bodies.ts'
import { carEtag, fileEtag, isRangeCurrent, rawEtag } from './etag.ts'
import { type CarFormat, carType, RAW_TYPE } from './format.ts'
import { binaryHeaders, fileHeaders, IMMUTABLE, LISTING_CACHE } from './headers.ts'
import { SNIFFED_BYTES, typeOfBytes, typeOfName } from './media-type.ts'
import type { Lease, OpenContents } from './open-contents.ts'
import { answerRange, contentRange, entityRange } from './range.ts'
import type { GatewayRequest } from './request.ts'
import type { Resolved } from './resolve.ts'
import { type Answer, single } from './send.ts'

export interface AnswerContext {
  readonly contents: OpenContents
  /** Ends when the client leaves. */
  readonly signal: AbortSignal
}

/**
 * A file, or a part of it.
 *
 * @param lastName its name, when the address has one
 * @throws ShoalError RANGE_NOT_SATISFIABLE with `details.sizeBytes`, and what reading throws
 */
export async function fileAnswer(
  request: GatewayRequest,
  { cid, lease }: { cid: string; lease: Lease & { kind: 'file' } },
  { lastName, signal }: { lastName: string | undefined; signal: AbortSignal },
): Promise<Answer> {
  const { file } = lease
  const { sizeBytes } = file.layout
  const type = typeOfName(request.naming.filename ?? lastName ?? '') ?? (await sniff(lease, signal))
  const etag = fileEtag(cid)
  const part = partOf(request, etag, sizeBytes)
  const headers = { ...fileHeaders(type, request.naming, lastName), etag, ...lengthOf(part, sizeBytes) }
  const body = request.isHead ? undefined : fileBytes(file, part ?? { offset: 0, length: sizeBytes }, signal)
  return { status: part ? 206 : 200, headers, body }
}

/** The block that a CID is the hash of, whatever it is. Errors as {@link fileAnswer}. */
export async function rawAnswer(
  request: GatewayRequest,
  resolved: Resolved,
  signal: AbortSignal,
): Promise<Answer> {
  const { cid, lease } = resolved
  const isUnread = request.isHead && lease.kind === 'file' && isRawCid(cid)
  const block = isUnread ? undefined : await blockOf(resolved, signal)
  const sizeBytes = block?.length ?? (lease as { file: OpenFile }).file.layout.sizeBytes
  const etag = rawEtag(cid)
  const part = partOf(request, etag, sizeBytes)
  const headers = {
    ...binaryHeaders(RAW_TYPE, request.naming, `${cid}.bin`),
    ...{ etag, 'accept-ranges': 'bytes' },
    ...lengthOf(part, sizeBytes),
  }
  const bytes = part ? block?.subarray(part.offset, part.offset + part.length) : block
  return { status: part ? 206 : 200, headers, body: bytes && !request.isHead ? single(bytes) : undefined }
}

/** A CAR of what the path leads to. @throws ShoalError INVALID_ARGUMENT for bytes that the file does not have */
export function carAnswer(
  request: GatewayRequest,
  format: CarFormat,
  resolved: Resolved,
  context: AnswerContext,
): Answer {
  const { cid, lease } = resolved
  const { scope, entityBytes } = request
  const range =
    entityBytes && lease.kind === 'file' ? entityRange(entityBytes, lease.file.layout.sizeBytes) : undefined
  const plan: CarPlan = { scope, range, dups: format.dups }
  const headers = {
    ...binaryHeaders(carType(format), request.naming, `${cid}.car`),
    ...{ etag: carEtagOf(request, format, resolved.roots), 'accept-ranges': 'none' },
  }
  return { status: 200, headers, body: request.isHead ? undefined : carBytes(resolved, plan, context) }
}

/** Decided by what was asked for alone, so that it is known before anything is opened. */
export function carEtagOf(request: GatewayRequest, { dups }: CarFormat, roots: readonly string[]): string {
  const { scope, entityBytes } = request
  const bytes = entityBytes ? `${entityBytes.from}:${entityBytes.to ?? '*'}` : ''
  return carEtag(roots.at(-1)!, [...roots, scope, bytes, dups ? 'y' : 'n'])
}

/** The client has what it asks for. */
export function unchangedAnswer(etag: string): Answer {
  return {
    status: 304,
    headers: { etag, 'cache-control': etag.includes('DirIndex') ? LISTING_CACHE : IMMUTABLE },
  }
}

/** The part that is asked for; undefined for the whole. */
function partOf(request: GatewayRequest, etag: string, sizeBytes: number): ByteRange | undefined {
  // Ranges are for GET only (RFC 9110, section 14.2).
  if (request.isHead || !isRangeCurrent(request.ifRange, etag)) return undefined
  const range = answerRange(request.range, sizeBytes)
  if (range === 'whole') return undefined
  if (range !== 'unsatisfiable') return range
  const size = sizeBytes === 1 ? 'one byte' : `${sizeBytes} bytes`
  throw new ShoalError('RANGE_NOT_SATISFIABLE', `There is no such part: it has ${size}.`, {
    details: { sizeBytes },
  })
}

function lengthOf(part: ByteRange | undefined, sizeBytes: number): Record<string, string | number> {
  if (!part) return { 'content-length': sizeBytes }
  return { 'content-length': part.length, 'content-range': contentRange(part, sizeBytes) }
}

async function sniff({ file, facts }: Lease & { kind: 'file' }, signal: AbortSignal): Promise<string> {
  facts.sniffedType ??= typeOfBytes(
    file.layout.sizeBytes > 0
      ? (await file.readBlock(0, signal)).subarray(0, SNIFFED_BYTES)
      : new Uint8Array(),
  )
  return facts.sniffedType
}
