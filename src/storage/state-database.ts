import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { DownloadStore } from './download-store.ts'
import { Handle } from './handle.ts'
import { PeerStore } from './peer-store.ts'
import { ReplicaStore } from './replica-store.ts'
import { STATE_MIGRATIONS } from './state-schema.ts'
import { ValueStore } from './value-store.ts'
import { VerifyStore } from './verify-store.ts'
import { WishStore } from './wish-store.ts'

export interface StateDatabase {
  readonly downloads: DownloadStore
  readonly peers: PeerStore
  readonly values: ValueStore
  readonly verify: VerifyStore
  readonly wishes: WishStore
  readonly replicas: ReplicaStore
  /** A damaged database was replaced: downloads, peers, values, wishes, replicas and the verification of before are forgotten. */
  readonly rebuilt: boolean
  close(): void
}

/**
 * Opens DATA/state.db. Every commit is fsynced (`synchronous = FULL`): a block that the journal has is on the disk also after
 * a power cut, if its data were fsynced before. Errors as openOrRebuild.
 */
export function openStateDatabase(
  path: string,
  { log, clock }: { log: Logger; clock?: Clock },
): StateDatabase {
  const handle = openStateHandle(path, log, clock)
  return {
    downloads: new DownloadStore(handle),
    peers: new PeerStore(handle),
    values: new ValueStore(handle),
    verify: new VerifyStore(handle),
    wishes: new WishStore(handle),
    replicas: new ReplicaStore(handle),
    rebuilt: handle.replacedDamaged,
    close: () => handle.close(),
  }
}

function openStateHandle(path: string, log: Logger, clock: Clock | undefined): Handle {
  return new Handle({
    path,
    migrations: STATE_MIGRATIONS,
    log,
    synchronous: 'FULL',
    ...(clock && { clock }),
  })
}
