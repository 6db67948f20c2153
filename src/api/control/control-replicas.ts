import type { MessageInitShape } from '@bufbuild/protobuf'
import { parseCid } from '../../content/cid.ts'
import { EntryKind } from '../../contract/gen/shoal/v1/common_pb.ts'
import type {
  NodeKeptReplicaSchema,
  NodeReplicaHolderSchema,
  NodeReplicaSchema,
  NodeService,
} from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import { listedReplicas, pushRequest, replicasOf } from '../requests/replica-request.ts'
import type { HolderView, KeptReplicaView, ReplicationPort, ReplicaView } from '../views/replica-view.ts'
import { pageSize } from './control-transfers.ts'

type ReplicaMethods =
  | ('push' | 'listReplicas' | 'getReplica' | 'watchReplica' | 'proveReplica' | 'unpush')
  | ('listKept' | 'pin' | 'unpin')

/** The part of the control service that is about copies. @param admit throws for callers that may not control the node */
export function replicaHandlers(
  replication: ReplicationPort,
  admit: (context: CallContext) => void,
): Pick<ServiceImpl<typeof NodeService>, ReplicaMethods> {
  return {
    async push({ cid, path, replicas, peers, days, zoneFirst }, context) {
      admit(context)
      const { target, options } = pushRequest({
        ...{ cid: cid || undefined, path: path || undefined, replicas, peers, zoneFirst },
        days: days === 0 ? undefined : days,
      })
      return replicaToWire((await replication.push(target, { ...options, signal: context.signal })).view)
    },

    async listReplicas({ limit, cursor, role }, context) {
      admit(context)
      const page = listedReplicas(replication.list(), {
        ...{ limit: pageSize(limit), cursor, role: role || undefined },
      })
      return { replicas: page.replicas.map(replicaToWire), cursor: page.cursor ?? '' }
    },

    async getReplica({ cid }, context) {
      admit(context)
      return { replicas: replicasOf(replication.get(parseCid(cid))).map(replicaToWire) }
    },

    async *watchReplica({ cid }, context) {
      admit(context)
      for await (const view of replication.watch(parseCid(cid), context.signal)) yield replicaToWire(view)
    },

    async proveReplica({ cid }, context) {
      admit(context)
      return replicaToWire(await replication.prove(parseCid(cid), context.signal))
    },

    async unpush({ cid }, context) {
      admit(context)
      return { ...(await replication.unpush(parseCid(cid), context.signal)) }
    },

    async listKept(_request, context) {
      admit(context)
      const { keepsFor, files, maxFiles, sizeBytes, maxBytes, replicas } = replication.kept()
      return {
        ...{ keepsFor, files, maxFiles, sizeBytes: BigInt(sizeBytes), maxBytes: BigInt(maxBytes) },
        replicas: replicas.map(keptToWire),
      }
    },

    async pin({ cid, name }, context) {
      admit(context)
      const options = { name: name || undefined, signal: context.signal }
      return keptToWire(await replication.pin(parseCid(cid), options))
    },

    async unpin({ cid }, context) {
      admit(context)
      await replication.unpin(parseCid(cid))
      return {}
    },
  }
}

/** An order of copies as the control contract has it. */
export function replicaToWire(view: ReplicaView): MessageInitShape<typeof NodeReplicaSchema> {
  const { cid, name, kind, sizeBytes, owner, ownerName, role, state, reason, holders } = view
  const { wanted, live, createdMs, expiresMs } = view
  return {
    ...{ cid, name, owner, ownerName, role, state, reason: reason ?? '' },
    ...{ wanted, live, createdMs, expiresMs, sizeBytes: BigInt(sizeBytes) },
    kind: kind === 'folder' ? EntryKind.FOLDER : EntryKind.FILE,
    holders: holders.map(holderToWire),
  }
}

function holderToWire(holder: HolderView): MessageInitShape<typeof NodeReplicaHolderSchema> {
  const { peerId, name, state, zone, doneBytes, leaseExpiresMs, provedMs, lastSeenMs } = holder
  return {
    ...{ peerId, name, state },
    ...(zone !== undefined && { zone }),
    ...(doneBytes !== undefined && { doneBytes: BigInt(doneBytes) }),
    ...(leaseExpiresMs !== undefined && { leaseExpiresMs }),
    ...(provedMs !== undefined && { provedMs }),
    ...(lastSeenMs !== undefined && { lastSeenMs }),
  }
}

/** What is kept for others as the control contract has it. */
export function keptToWire(view: KeptReplicaView): MessageInitShape<typeof NodeKeptReplicaSchema> {
  const { cid, name, sizeBytes, owner, ownerName, state, pinned, path, leaseExpiresMs } = view
  return {
    ...{ cid, name, state, pinned, sizeBytes: BigInt(sizeBytes) },
    ...{ owner: owner ?? '', ownerName: ownerName ?? '', path: path ?? '' },
    ...(leaseExpiresMs !== undefined && { leaseExpiresMs }),
  }
}
