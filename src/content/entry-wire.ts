import type { MessageInitShape } from '@bufbuild/protobuf'
import { ShoalError } from '../base/errors.ts'
import {
  type Entry,
  EntryKind,
  type EntrySchema,
  type Query,
  type QuerySchema,
} from '../contract/gen/shoal/v1/common_pb.ts'
import { BLOCK_SIZE, cidFromBytes, cidToBytes, DIGEST_SIZE, digestOfCid, isRawCid } from './cid.ts'
import type { SharedEntry } from './entry.ts'
import { anyCidToBytes } from './guest-cid.ts'
import { isEntryName } from './names.ts'
import { sameBytes } from './verify.ts'

/** Entries and queries between their own form and that of proto/shoal/v1/common.proto, whose limits are checked here. */

const MAX_NAME_BYTES = 255
const MAX_PATH_BYTES = 4096
const MAX_WORDS_BYTES = 512

/** Hits sent when a query does not say how many. */
export const DEFAULT_QUERY_LIMIT = 100

/** Most hits a query may ask for; more is taken as this. */
export const MAX_QUERY_LIMIT = 1000

/** Last moment that a `Date` can hold, ms since the Unix epoch. */
const MAX_TIME_MS = 8.64e15

/** The wire form of an entry; searches tell of what clients of dialects hold, too. @throws ShoalError INVALID_CID */
export function entryToWire(entry: SharedEntry): MessageInitShape<typeof EntrySchema> {
  return {
    cid: anyCidToBytes(entry.cid),
    sha256: entry.sha256 === undefined ? new Uint8Array() : Buffer.from(entry.sha256, 'hex'),
    name: entry.name,
    path: entry.path,
    sizeBytes: BigInt(entry.sizeBytes),
    kind: entry.kind === 'folder' ? EntryKind.FOLDER : EntryKind.FILE,
    modifiedMs: BigInt(Math.floor(entry.modifiedMs)),
  }
}

/**
 * An entry that came from somebody else, every field checked. What the CID itself says about the file must hold.
 *
 * @throws ShoalError BAD_RESPONSE when something in it cannot be
 */
export function entryFromWire(wire: Entry): SharedEntry {
  const kind = kindFromWire(wire.kind)
  const cid = reject(() => cidFromBytes(wire.cid))
  const sizeBytes = Number(wire.sizeBytes)
  if (!Number.isSafeInteger(sizeBytes)) throw bad(`a size of ${wire.sizeBytes} bytes`)
  const modifiedMs = Number(wire.modifiedMs)
  if (Math.abs(modifiedMs) > MAX_TIME_MS) throw bad(`a time of ${wire.modifiedMs} ms`)
  checkPath(wire.path, wire.name)
  checkContent(cid, kind, wire.sha256, sizeBytes)
  const sha256 = kind === 'folder' ? undefined : Buffer.from(wire.sha256).toString('hex')
  return { cid, sha256, name: wire.name, path: wire.path, sizeBytes, kind, modifiedMs }
}

function kindFromWire(kind: EntryKind): SharedEntry['kind'] {
  if (kind === EntryKind.FILE || kind === EntryKind.UNSPECIFIED) return 'file'
  if (kind === EntryKind.FOLDER) return 'folder'
  throw bad(`the unknown kind ${kind}`)
}

function checkPath(path: string, name: string): void {
  if (!isEntryName(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) throw bad('an impossible name')
  const parts = path.split('/')
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || !parts.every(isEntryName)) throw bad('an impossible path')
  if (parts.at(-1) !== name) throw bad('a path that does not end in its name')
}

/** A raw CID is one block, and then it carries the SHA-256 of the whole file. */
function checkContent(cid: string, kind: SharedEntry['kind'], sha256: Uint8Array, sizeBytes: number): void {
  const raw = isRawCid(cid)
  if (kind === 'folder') {
    if (raw) throw bad('a folder whose CID names a block')
    if (sha256.length !== 0) throw bad('a folder with a SHA-256')
    return
  }
  if (sha256.length !== DIGEST_SIZE) throw bad(`a SHA-256 of ${sha256.length} bytes`)
  if (raw !== sizeBytes <= BLOCK_SIZE) throw bad(`a CID that does not fit a size of ${sizeBytes} bytes`)
  if (raw && !sameBytes(sha256, digestOfCid(cid))) throw bad('a SHA-256 that is not that of its CID')
}

/** What is looked for; the fields of discovery's search query. */
export interface QueryShape {
  readonly words?: string
  /** Hex. */
  readonly sha256?: string
  /** Text form. */
  readonly cid?: string
  readonly limit: number
}

/** The wire form of a query. @throws ShoalError INVALID_ARGUMENT, INVALID_CID when it asks for nothing, or something impossible */
export function queryToWire(query: QueryShape): MessageInitShape<typeof QuerySchema> {
  const words = query.words?.trim() ?? ''
  const sha256 = query.sha256 === undefined ? new Uint8Array() : digestFromHex(query.sha256)
  const cid = query.cid === undefined ? new Uint8Array() : cidToBytes(query.cid)
  checkQuery(words, sha256, cid)
  return { words, sha256, cid, limit: Math.min(Math.max(1, Math.ceil(query.limit)), MAX_QUERY_LIMIT) }
}

/** A query that came from somebody else. @throws ShoalError INVALID_ARGUMENT, INVALID_CID */
export function queryFromWire(wire: Query): QueryShape {
  const words = wire.words.trim()
  checkQuery(words, wire.sha256, wire.cid)
  return {
    ...(words !== '' && { words }),
    ...(wire.sha256.length > 0 && { sha256: Buffer.from(wire.sha256).toString('hex') }),
    ...(wire.cid.length > 0 && { cid: cidFromBytes(wire.cid) }),
    limit: wire.limit === 0 ? DEFAULT_QUERY_LIMIT : Math.min(wire.limit, MAX_QUERY_LIMIT),
  }
}

function checkQuery(words: string, sha256: Uint8Array, cid: Uint8Array): void {
  if (words === '' && sha256.length === 0 && cid.length === 0) {
    throw new ShoalError('INVALID_ARGUMENT', 'Search for words, a SHA-256 or a CID.')
  }
  if (Buffer.byteLength(words) > MAX_WORDS_BYTES) {
    throw new ShoalError('INVALID_ARGUMENT', `The words have more than ${MAX_WORDS_BYTES} bytes.`)
  }
  if (sha256.length !== 0 && sha256.length !== DIGEST_SIZE) {
    throw new ShoalError('INVALID_ARGUMENT', `A SHA-256 has ${DIGEST_SIZE} bytes.`)
  }
}

function digestFromHex(hex: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(hex)) return Buffer.from(hex, 'hex')
  throw new ShoalError('INVALID_ARGUMENT', `${JSON.stringify(hex)} is not a SHA-256 in hex.`)
}

function reject<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new ShoalError(
      'BAD_RESPONSE',
      `An entry has a CID that cannot be read. ${(cause as Error).message}`,
      { cause },
    )
  }
}

function bad(what: string): ShoalError {
  return new ShoalError('BAD_RESPONSE', `An entry has ${what}.`)
}
