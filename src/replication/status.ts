import { ReplicaStatus } from '../contract/gen/shoal/v1/replica_pb.ts'

/** What somebody has of a replica. */
export type HolderStatus = 'none' | 'fetching' | 'kept' | 'leaving' | 'owner'

const WIRE = {
  none: ReplicaStatus.NONE,
  fetching: ReplicaStatus.FETCHING,
  kept: ReplicaStatus.KEPT,
  leaving: ReplicaStatus.LEAVING,
  owner: ReplicaStatus.OWNER,
} as const satisfies Record<HolderStatus, ReplicaStatus>

export const statusToWire = (status: HolderStatus): ReplicaStatus => WIRE[status]

/** Undefined for what is not said, or not known here. */
export const statusFromWire = (wire: ReplicaStatus): HolderStatus | undefined =>
  (Object.keys(WIRE) as HolderStatus[]).find((status) => WIRE[status] === wire)
