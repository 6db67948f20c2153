import { create } from '@bufbuild/protobuf'
import { ShoalError } from '../base/errors.ts'
import {
  type ReplicaHolder,
  ReplicaSetSchema,
  type ReplicaSet as WireSet,
} from '../contract/gen/shoal/v1/replica_pb.ts'
import { isPeerId } from '../link/peer-id.ts'
import { MAX_HOLDERS } from './options.ts'
import type { Verify } from './ports.ts'
import { isLeaseOf, type ReplicaLease, type ReplicaOrder, readLease, readOrder } from './records.ts'
import type { ReplicaSet, SetHolder } from './replica-set.ts'

const MAX_ADDRESSES = 16
const MAX_ADDRESS_LENGTH = 300
const MAX_NAME_LENGTH = 64

export function setToWire(set: ReplicaSet, ownAddresses?: readonly string[]): WireSet {
  return create(ReplicaSetSchema, {
    order: set.order.signed,
    version: BigInt(set.version),
    coordinator: set.coordinator,
    holders: set.holders.map(({ peerId, name, addresses, lease, addedMs }) => ({
      ...{ peerId, name, addresses: [...addresses] },
      ...(lease && { lease: lease.signed }),
      addedMs: BigInt(addedMs),
    })),
    ownerAddresses: [...(ownAddresses ?? set.ownerAddresses)],
  })
}

/**
 * A set as somebody else tells it. The order is its owner's, each lease its holder's; whether they hold now is for the caller to ask. A holder with a lease that
 * is none is one without.
 *
 * @throws ShoalError BAD_RESPONSE
 */
export function setFromWire(wire: WireSet | undefined, verify: Verify): ReplicaSet {
  if (!wire) throw bad('without anything in it')
  const order = readOrder(wire.order, verify)
  const version = Number(wire.version)
  if (!Number.isSafeInteger(version) || !isPeerId(wire.coordinator)) throw bad('that nobody made')
  if (wire.holders.length > MAX_HOLDERS) throw bad('of too many holders')
  const holders = wire.holders.map((holder) => holderFromWire(holder, order, verify))
  if (new Set(holders.map(({ peerId }) => peerId)).size < holders.length) throw bad('with a holder twice')
  return {
    ...{ order, version, holders, coordinator: wire.coordinator },
    ownerAddresses: checkAddresses(wire.ownerAddresses),
  }
}

function holderFromWire(wire: ReplicaHolder, order: ReplicaOrder, verify: Verify): SetHolder {
  const { peerId, addedMs } = wire
  if (!isPeerId(peerId) || peerId === order.owner) throw bad('with a holder that is none')
  return {
    ...{ peerId, name: wire.name.slice(0, MAX_NAME_LENGTH), addresses: checkAddresses(wire.addresses) },
    lease: leaseFromWire(wire.lease, { order, holder: peerId, verify }),
    addedMs: Number(addedMs) || 0,
  }
}

/** Undefined when it is none of this holder for this order. */
export function leaseFromWire(
  signed: ReplicaHolder['lease'],
  { order, holder, verify }: { order: ReplicaOrder; holder: string; verify: Verify },
): ReplicaLease | undefined {
  if (!signed) return undefined
  try {
    const lease = readLease(signed, verify)
    return isLeaseOf(lease, { order, holder, nowMs: 0 }) ? lease : undefined
  } catch {
    return undefined
  }
}

/** The first ones, without what is too long to be one. */
export const checkAddresses = (addresses: readonly string[]): string[] =>
  addresses.filter(({ length }) => length > 0 && length <= MAX_ADDRESS_LENGTH).slice(0, MAX_ADDRESSES)

const bad = (how: string) => new ShoalError('BAD_RESPONSE', `A set of replicas ${how} came.`)
