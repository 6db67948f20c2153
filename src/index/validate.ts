import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE, cidToBytes, RAW } from '../content/cid.ts'
import type { SharedEntry } from '../content/entry.ts'
import { isEntryName } from '../content/names.ts'
import { INDEX_LIMITS } from './options.ts'

const MAX_NAME_BYTES = 255
const MAX_PATH_BYTES = 4096
/** C0, DEL, C1, line and paragraph separator: they break lines and terminals of those who list results. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
const HEX_SHA256 = /^[0-9a-f]{64}$/

/**
 * Why an entry cannot be registered; undefined when it can. Beyond form it refuses what is provably false: a raw CID is the SHA-256 of
 * its bytes, so both must agree.
 */
export function entryProblem(entry: SharedEntry): string | undefined {
  const { name, path, kind, sizeBytes, modifiedMs, sha256 } = entry
  if (kind !== 'file' && kind !== 'folder') return 'The kind is neither file nor folder.'
  const nameFault = nameProblem(name)
  if (nameFault) return nameFault
  const pathFault = pathProblem(path)
  if (pathFault) return pathFault
  if (path !== name && !path.endsWith(`/${name}`)) return 'The path does not end with the name.'
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return 'The size is not a whole number of bytes.'
  if (!Number.isSafeInteger(modifiedMs)) return 'The time of the last change is not a whole number.'
  if (kind === 'file' && !HEX_SHA256.test(sha256 ?? '')) return 'The SHA-256 of a file is 64 hex digits.'
  if (kind === 'folder' && sha256 !== undefined) return 'A folder has no SHA-256.'
  return cidProblem(entry)
}

function cidProblem({ cid, kind, sha256, sizeBytes }: SharedEntry): string | undefined {
  let bytes: Uint8Array
  try {
    bytes = cidToBytes(cid)
  } catch {
    return 'The CID cannot be read.'
  }
  const rawDigest = rawCidDigest(bytes)
  if (kind === 'folder') return rawDigest ? 'A folder cannot have a raw CID.' : undefined
  if ((rawDigest !== undefined) !== sizeBytes <= BLOCK_SIZE) return 'The size does not fit the kind of CID.'
  if (rawDigest && Buffer.from(rawDigest).toString('hex') !== sha256)
    return 'The SHA-256 does not agree with the raw CID.'
  return undefined
}

/** The SHA-256 in a binary CID that is raw; undefined for others. */
export function rawCidDigest(cid: Uint8Array): Uint8Array | undefined {
  return cid[1] === RAW ? cid.subarray(4) : undefined
}

function textProblem(text: string, maxBytes: number, what: string): string | undefined {
  if (typeof text !== 'string' || text === '') return `The ${what} is empty.`
  if (!text.isWellFormed()) return `The ${what} is not valid Unicode.`
  if (Buffer.byteLength(text) > maxBytes) return `The ${what} is longer than ${maxBytes} bytes.`
  if (CONTROL.test(text)) return `The ${what} has control characters.`
  return undefined
}

function nameProblem(name: string): string | undefined {
  const problem = textProblem(name, MAX_NAME_BYTES, 'name')
  if (problem) return problem
  return isEntryName(name) ? undefined : 'The name is a path.'
}

/** Why a path cannot be one of an entry; undefined when it can. */
export function pathProblem(path: string): string | undefined {
  const problem = textProblem(path, MAX_PATH_BYTES, 'path')
  if (problem) return problem
  return path.split('/').every(isEntryName) ? undefined : 'The path has empty or dot parts.'
}

/** @throws ShoalError INVALID_ARGUMENT when a text for people is too long or not plain text */
export function checkLabel(text: string, what: string, maxCharacters: number): void {
  if ([...text].length > maxCharacters) {
    throw new ShoalError('INVALID_ARGUMENT', `The ${what} is longer than ${maxCharacters} characters.`)
  }
  if (!text.isWellFormed() || CONTROL.test(text)) {
    throw new ShoalError('INVALID_ARGUMENT', `The ${what} has control characters.`)
  }
}

/** @throws ShoalError INVALID_ARGUMENT when a revision is longer than 64 bytes or not plain text */
export function checkRevision(revision: string): void {
  if (Buffer.byteLength(revision) > INDEX_LIMITS.revisionBytes || !revision.isWellFormed()) {
    throw new ShoalError('INVALID_ARGUMENT', `A revision has at most ${INDEX_LIMITS.revisionBytes} bytes.`)
  }
}
