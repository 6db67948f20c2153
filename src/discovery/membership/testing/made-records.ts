import { create } from '@bufbuild/protobuf'
import { SignedPeerRecordSchema } from '../../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { PeerRecord } from '../peer-record.ts'
import { pointOf } from '../point.ts'

const SIGNED = create(SignedPeerRecordSchema)

/** Where the peer with this number lies: computed once. */
const points: number[] = []

/** A record of the peer with this number, read and never signed: for what decides by records and does not pass them on. */
export function madeRecord(number: number, fields: Partial<PeerRecord> = {}): PeerRecord {
  const peerId = madePeerId(number)
  points[number] ??= pointOf(peerId)
  const point = points[number]
  return {
    ...{ peerId, name: peerId, addresses: [`10.0.0.${number % 250}:9081`], role: 'member', seq: 1 },
    ...{ expiresMs: Number.MAX_SAFE_INTEGER, zoneBits: 0, left: false, sinceMs: 0, point, signed: SIGNED },
    ...fields,
  }
}

export function madePeerId(number: number): string {
  return `peer ${number}`
}
