import type { ReplicationPort } from '../../api/views/replica-view.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Library } from '../../library/library.ts'
import type { Identity } from '../../link/identity.ts'
import type { LinkPool } from '../../link/pool.ts'
import { Replication } from '../../replication/replication.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { ReplicaStore } from '../../storage/replica-store.ts'
import type { ConfigStore } from '../config-store.ts'
import type { DataFolder } from '../data-folder.ts'
import type { Discovery, Self } from '../discovery.ts'
import type { NodeConfig } from '../settings.ts'
import { downloadsFolder, type Transfer } from '../transfer.ts'
import { ReplicaFiles, replicasFolder } from './files.ts'
import { ReplicaPeers } from './peers.ts'
import { NodeReplication } from './replica-port.ts'

export interface ReplicationParts {
  readonly store: ConfigStore<NodeConfig>
  readonly folder: DataFolder
  readonly identity: Identity
  readonly isPrivate: boolean
  readonly catalogue: Catalogue
  readonly library: Library
  readonly pool: LinkPool
  readonly discovery: Discovery
  readonly transfer: Transfer
  readonly replicaStore: ReplicaStore
  readonly self: () => Self
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** Replication over this node's parts, and how the API sees it. */
export function buildReplication(parts: ReplicationParts): {
  replication: Replication
  port: ReplicationPort
} {
  const { store, folder, identity, catalogue, library, pool, discovery, transfer, self } = parts
  const { clock, random, log, isPrivate, replicaStore } = parts
  const settings = () => keepSettings(store.current)
  const peers = new ReplicaPeers({ discovery, self, clock })
  const replication = new Replication({
    ...{ signer: identity, name: self().name, store: replicaStore, links: pool, peers, settings, isPrivate },
    files: new ReplicaFiles({
      folder: () => replicasFolder(downloadsFolder(store, folder)),
      ...{ catalogue, library, downloads: transfer.downloads, hints: discovery.hints, clock, random },
    }),
    ...{ clock, random, log },
    options: { checkMs: store.current.replicaCheckMs, graceMs: store.current.replicaGraceMs },
  })
  const firstOfZone = (name: string) => peers.firstOfZone(name)
  const port = new NodeReplication({
    ...{ replication, catalogue, library, discovery, firstOfZone, settings, clock },
  })
  return { replication, port }
}

function keepSettings(config: NodeConfig) {
  return {
    keepsFor: config.replicasFor,
    trusted: config.replicasForPeers,
    maxBytes: config.replicaBytes,
    maxFiles: config.replicaFiles,
    maxBytesPerPeer: config.replicaBytesPerPeer,
    maxFilesPerPeer: config.replicaFilesPerPeer,
  }
}
