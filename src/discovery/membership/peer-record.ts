import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ShoalError } from '../../base/errors.ts'
import {
  PeerRecordSchema,
  PeerRole,
  type SignedPeerRecord,
  SignedPeerRecordSchema,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { Provider } from '../locator.ts'
import { providerFromWire } from '../provider-wire.ts'
import { MAX_ZONE_BITS, pointOf } from './point.ts'
import type { Signer, Verify } from './ports.ts'

const CONTEXT = Buffer.from('shoal-peer-record:')
const MAX_RECORD_BYTES = 2048
const DEFAULT_CACHED = 4096

/** What a peer says of itself, read and checked. Never changed: a newer record replaces it. */
export interface PeerRecord {
  readonly peerId: string
  readonly name: string
  readonly addresses: readonly string[]
  readonly role: 'member' | 'leaf'
  /** Of two records of a peer the one with the greater number counts. */
  readonly seq: number
  /** Ms since the Unix epoch. */
  readonly expiresMs: number
  readonly zoneBits: number
  readonly left: boolean
  /** When the peer started, ms since the Unix epoch by its own clock: what it said of its files before is void. */
  readonly sinceMs: number
  /** First 32 bits of SHA-256(PeerId). */
  readonly point: number
  /** The wire form, passed on as it is. */
  readonly signed: SignedPeerRecord
}

/** What the peer itself chooses of its record. */
export type RecordFields = Pick<
  PeerRecord,
  'name' | 'addresses' | 'role' | 'seq' | 'expiresMs' | 'zoneBits' | 'left' | 'sinceMs'
>

/** Reads records of other peers. */
export interface RecordReader {
  /** @throws ShoalError BAD_RESPONSE: wrong signature, too big, malformed */
  read(signed: SignedPeerRecord): PeerRecord
}

/** Checks everything. One that comes again and again is verified once: the `cached` last ones are remembered. */
export class VerifyingReader implements RecordReader {
  readonly #verify: Verify
  readonly #cached: number
  readonly #known = new Map<string, PeerRecord>()

  constructor(verify: Verify, cached = DEFAULT_CACHED) {
    this.#verify = verify
    this.#cached = cached
  }

  read(signed: SignedPeerRecord): PeerRecord {
    const { record, signature } = signed
    if (record.length > MAX_RECORD_BYTES || signature.length !== 64) throw bad('of a wrong size')
    const key = Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1')
    const known = this.#known.get(key)
    if (known && Buffer.compare(known.signed.record, record) === 0) {
      this.#known.delete(key)
      this.#known.set(key, known)
      return known
    }
    const read = recordFromWire(signed)
    if (!this.#verify(read.peerId, signedBytes(record), signature)) throw bad('with a wrong signature')
    this.#known.set(key, read)
    if (this.#known.size > this.#cached) this.#known.delete(this.#known.keys().next().value!)
    return read
  }
}

/** Reads a record without asking whether its peer signed it. @throws ShoalError BAD_RESPONSE */
export function recordFromWire(signed: SignedPeerRecord): PeerRecord {
  if (signed.record.length > MAX_RECORD_BYTES) throw bad('of a wrong size')
  let wire: ReturnType<typeof decode>
  try {
    wire = decode(signed.record)
  } catch (cause) {
    throw bad('that cannot be read', cause)
  }
  const { role, zoneBits, left } = wire
  if (zoneBits > MAX_ZONE_BITS) throw bad('with too long a zone')
  const provider = providerFromWire({ ...wire, $typeName: 'shoal.v1.Provider' })
  return {
    ...provider,
    role: role === PeerRole.LEAF ? 'leaf' : 'member',
    seq: safe(wire.seq),
    expiresMs: safe(wire.expiresMs),
    zoneBits,
    left,
    sinceMs: safe(wire.sinceMs),
    point: pointOf(provider.peerId),
    signed,
  }
}

/** A record of the signer's own. */
export function signRecord(signer: Signer, fields: RecordFields): PeerRecord {
  const { peerId } = signer
  const record = toBinary(
    PeerRecordSchema,
    create(PeerRecordSchema, {
      peerId,
      name: fields.name,
      addresses: [...fields.addresses],
      role: fields.role === 'leaf' ? PeerRole.LEAF : PeerRole.MEMBER,
      seq: BigInt(fields.seq),
      expiresMs: BigInt(fields.expiresMs),
      zoneBits: fields.zoneBits,
      left: fields.left,
      sinceMs: BigInt(fields.sinceMs),
    }),
  )
  const signature = signer.sign(signedBytes(record))
  const { name, addresses, role, seq, expiresMs, zoneBits, left, sinceMs } = fields
  return {
    ...{ peerId, name, addresses, role, seq, expiresMs, zoneBits, left, sinceMs },
    point: pointOf(peerId),
    signed: create(SignedPeerRecordSchema, { record, signature }),
  }
}

/** The peer as one that has something. */
export function asProvider({ peerId, name, addresses }: Provider): Provider {
  return { peerId, name, addresses }
}

const decode = (record: Uint8Array) => fromBinary(PeerRecordSchema, record)

const signedBytes = (record: Uint8Array) => Buffer.concat([CONTEXT, record])

function safe(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad('with a number out of range')
  return Number(value)
}

function bad(how: string, cause?: unknown): ShoalError {
  return new ShoalError('BAD_RESPONSE', `A peer record ${how} came.`, { cause })
}
