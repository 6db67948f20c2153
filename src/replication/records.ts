import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ShoalError } from '../base/errors.ts'
import { cidFromBytes, cidToBytes, isRawCid } from '../content/cid.ts'
import type { EntryKind } from '../content/entry.ts'
import { isEntryName } from '../content/names.ts'
import { EntryKind as WireKind } from '../contract/gen/shoal/v1/common_pb.ts'
import {
  ReplicaLeaseSchema,
  ReplicaOrderSchema,
  type SignedReplicaLease,
  SignedReplicaLeaseSchema,
  type SignedReplicaOrder,
  SignedReplicaOrderSchema,
} from '../contract/gen/shoal/v1/replica_pb.ts'
import { MAX_AHEAD_MS, MAX_ORDER_MS, MAX_REPLICAS } from './options.ts'
import type { Signer, Verify } from './ports.ts'

const ORDER_CONTEXT = Buffer.from('shoal-replica-order:')
const LEASE_CONTEXT = Buffer.from('shoal-replica-lease:')
const MAX_ORDER_BYTES = 2048
const MAX_LEASE_BYTES = 1024

/** What an owner wants. */
export interface ReplicaOrder {
  /** PeerId. */
  readonly owner: string
  readonly cid: string
  readonly name: string
  readonly kind: EntryKind
  readonly sizeBytes: number
  /** Copies by others; 0: the order has ended. */
  readonly replicas: number
  /** The greater one of an owner's for a CID counts. */
  readonly version: number
  readonly expiresMs: number
  /** The wire form, passed on as it is. */
  readonly signed: SignedReplicaOrder
}

/** A holder's promise. */
export interface ReplicaLease {
  readonly owner: string
  readonly cid: string
  /** PeerId. */
  readonly holder: string
  readonly sizeBytes: number
  readonly grantedMs: number
  readonly expiresMs: number
  readonly signed: SignedReplicaLease
}

/** An order of the signer's own. */
export function signOrder(signer: Signer, fields: Omit<ReplicaOrder, 'owner' | 'signed'>): ReplicaOrder {
  const { cid, name, kind, sizeBytes, replicas, version, expiresMs } = fields
  const order = toBinary(
    ReplicaOrderSchema,
    create(ReplicaOrderSchema, {
      ...{ owner: signer.peerId, cid: cidToBytes(cid), name, replicas },
      kind: kind === 'folder' ? WireKind.FOLDER : WireKind.FILE,
      sizeBytes: BigInt(sizeBytes),
      version: BigInt(version),
      expiresMs: BigInt(expiresMs),
    }),
  )
  const signature = signer.sign(Buffer.concat([ORDER_CONTEXT, order]))
  const signed = create(SignedReplicaOrderSchema, { order, signature })
  return { ...fields, owner: signer.peerId, signed }
}

/** @throws ShoalError BAD_RESPONSE: too big, malformed, a wrong signature */
export function readOrder(signed: SignedReplicaOrder | undefined, verify: Verify): ReplicaOrder {
  if (!signed || signed.order.length > MAX_ORDER_BYTES) throw bad('order of a wrong size')
  const wire = readable('order', () => fromBinary(ReplicaOrderSchema, signed.order))
  if (!verify(wire.owner, Buffer.concat([ORDER_CONTEXT, signed.order]), signed.signature))
    throw bad('order with a wrong signature')
  const cid = readable('order', () => cidFromBytes(wire.cid))
  const kind = wire.kind === WireKind.FOLDER ? 'folder' : 'file'
  if (!isEntryName(wire.name)) throw bad('order with a name that is none')
  if (kind === 'folder' && isRawCid(cid)) throw bad('order of a folder that is a block')
  if (wire.replicas > MAX_REPLICAS) throw bad('order of too many copies')
  return {
    ...{ owner: wire.owner, cid, name: wire.name, kind, replicas: wire.replicas, signed },
    sizeBytes: safe(wire.sizeBytes),
    version: safe(wire.version),
    expiresMs: safe(wire.expiresMs),
  }
}

/** Whether the order is one that may be acted upon now: it has not ended, is not from the future, and not for ever. */
export function isCurrent({ replicas, version, expiresMs }: ReplicaOrder, nowMs: number): boolean {
  return replicas > 0 && expiresMs > nowMs && !isBeyond({ version, expiresMs }, nowMs)
}

/** From the future, or for ever: nothing that one could believe. */
export function isBeyond(
  { version, expiresMs }: Pick<ReplicaOrder, 'version' | 'expiresMs'>,
  nowMs: number,
): boolean {
  return version > nowMs + MAX_AHEAD_MS || expiresMs > nowMs + MAX_ORDER_MS + MAX_AHEAD_MS
}

/** A lease of the signer's own. */
export function signLease(signer: Signer, fields: Omit<ReplicaLease, 'holder' | 'signed'>): ReplicaLease {
  const { owner, cid, sizeBytes, grantedMs, expiresMs } = fields
  const lease = toBinary(
    ReplicaLeaseSchema,
    create(ReplicaLeaseSchema, {
      ...{ owner, cid: cidToBytes(cid), holder: signer.peerId },
      sizeBytes: BigInt(sizeBytes),
      grantedMs: BigInt(grantedMs),
      expiresMs: BigInt(expiresMs),
    }),
  )
  const signature = signer.sign(Buffer.concat([LEASE_CONTEXT, lease]))
  return {
    ...fields,
    holder: signer.peerId,
    signed: create(SignedReplicaLeaseSchema, { lease, signature }),
  }
}

/** @throws ShoalError BAD_RESPONSE: too big, malformed, a wrong signature */
export function readLease(signed: SignedReplicaLease, verify: Verify): ReplicaLease {
  if (signed.lease.length > MAX_LEASE_BYTES) throw bad('lease of a wrong size')
  const wire = readable('lease', () => fromBinary(ReplicaLeaseSchema, signed.lease))
  if (!verify(wire.holder, Buffer.concat([LEASE_CONTEXT, signed.lease]), signed.signature))
    throw bad('lease with a wrong signature')
  return {
    ...{ owner: wire.owner, holder: wire.holder, signed },
    cid: readable('lease', () => cidFromBytes(wire.cid)),
    sizeBytes: safe(wire.sizeBytes),
    grantedMs: safe(wire.grantedMs),
    expiresMs: safe(wire.expiresMs),
  }
}

/** Whether the lease is one for this order, by this holder, and holds now. */
export function isLeaseOf(
  lease: ReplicaLease | undefined,
  { order, holder, nowMs }: { order: ReplicaOrder; holder: string; nowMs: number },
): lease is ReplicaLease {
  if (!lease || lease.holder !== holder) return false
  return lease.owner === order.owner && lease.cid === order.cid && lease.expiresMs > nowMs
}

function readable<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw bad(`${what} that cannot be read`, cause)
  }
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad('record with a number out of range')
  return Number(value)
}

function bad(what: string, cause?: unknown): ShoalError {
  return new ShoalError('BAD_RESPONSE', `A replica ${what} came.`, { cause })
}
