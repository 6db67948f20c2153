import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type ErrorCode, ShoalError } from '../base/errors.ts'
import { KIB } from '../base/units.ts'
import {
  type SignedValueRecord,
  SignedValueRecordSchema,
  ValueRecordSchema,
} from '../contract/gen/shoal/v1/kv_pb.ts'
import { checkKey, MAX_VALUE_BYTES, sha256 } from './key.ts'
import { LIFETIME_MS, MAX_AHEAD_MS } from './options.ts'
import type { ValueHead } from './order.ts'
import type { Signer, Verify } from './ports.ts'

const CONTEXT = Buffer.from('shoal-value-record:')
/** The largest value with the longest key and all else. */
const MAX_RECORD_BYTES = 66 * KIB

/** A value as its writer signed it, read and checked. Never changed: a newer one replaces it. */
export interface ValueRecord extends ValueHead {
  readonly value: Uint8Array
  /** The wire form, passed on as it is. */
  readonly signed: SignedValueRecord
}

/** What the writer chooses. */
export type RecordFields = Pick<ValueRecord, 'key' | 'value' | 'version' | 'expiresMs'>

/** A record of the signer's own. */
export function signValue(signer: Signer, fields: RecordFields): ValueRecord {
  const { key, value, version, expiresMs } = fields
  const record = toBinary(
    ValueRecordSchema,
    create(ValueRecordSchema, {
      key,
      value,
      writer: signer.peerId,
      version: BigInt(version),
      expiresMs: BigInt(expiresMs),
    }),
  )
  const signature = signer.sign(signedBytes(record))
  return {
    ...{ key, value, version, expiresMs, writer: signer.peerId, valueSha256: sha256(value) },
    signed: create(SignedValueRecordSchema, { record, signature }),
  }
}

/**
 * Reads what another node says that a writer wrote. It may still be void or from the future: {@link refusalOf}.
 *
 * @throws ShoalError BAD_RESPONSE: too big, malformed, wrong signature
 */
export function readValue(signed: SignedValueRecord, verify: Verify): ValueRecord {
  const read = parseValue(signed)
  if (!verify(read.writer, signedBytes(signed.record), signed.signature)) throw bad('with a wrong signature')
  return read
}

/** Reads a record without asking whether its writer signed it: for what was checked before. @throws ShoalError BAD_RESPONSE */
export function parseValue(signed: SignedValueRecord): ValueRecord {
  if (signed.record.length > MAX_RECORD_BYTES || signed.signature.length !== 64) throw bad('of a wrong size')
  let wire: ReturnType<typeof decode>
  try {
    wire = decode(signed.record)
    checkKey(wire.key)
  } catch (cause) {
    throw bad('that cannot be read', cause)
  }
  const { key, value, writer } = wire
  if (value.length > MAX_VALUE_BYTES) throw bad('with too large a value')
  return {
    ...{ key, value, writer },
    version: safe(wire.version),
    expiresMs: safe(wire.expiresMs),
    valueSha256: sha256(value),
    signed,
  }
}

/** Why a record may not be kept now, whoever signed it; undefined when it may. Clocks may differ by {@link MAX_AHEAD_MS}. */
export function refusalOf({ version, expiresMs }: ValueHead, nowMs: number): ErrorCode | undefined {
  if (version > nowMs + MAX_AHEAD_MS) return 'INVALID_ARGUMENT'
  if (expiresMs <= nowMs) return 'INVALID_ARGUMENT'
  if (expiresMs > nowMs + LIFETIME_MS + MAX_AHEAD_MS) return 'INVALID_ARGUMENT'
  return undefined
}

/** What a record costs whoever keeps it, bytes. */
export const sizeOf = ({ signed }: Pick<ValueRecord, 'signed'>): number =>
  signed.record.length + signed.signature.length

const decode = (record: Uint8Array) => fromBinary(ValueRecordSchema, record)

const signedBytes = (record: Uint8Array) => Buffer.concat([CONTEXT, record])

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad('with a number out of range')
  return Number(value)
}

function bad(how: string, cause?: unknown): ShoalError {
  return new ShoalError('BAD_RESPONSE', `A value record ${how} came.`, { cause })
}
