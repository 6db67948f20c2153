import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { ByteBudget } from './budget.ts'
import type { BlockMemory } from './disk/block-memory.ts'
import type { DiskThreads } from './disk/disk-threads.ts'
import type { BlockChannels } from './line/channel.ts'
import type { TransferOptions } from './options.ts'
import type { Partials } from './partials.ts'
import type { PeerHealth } from './peer-health.ts'
import type { ConnectPeer, FileIngestor, FindProviders, FinishedFile, FinishedFolder } from './ports.ts'
import type { TransferTally } from './tally.ts'

/** What every download of one manager shares. */
export interface TransferContext {
  readonly connect: ConnectPeer
  readonly channels: BlockChannels
  /** Where blocks are put together, and the threads that hash and write them. */
  readonly memory: BlockMemory
  readonly disk: DiskThreads
  readonly findProviders: FindProviders
  readonly ingestor: FileIngestor
  readonly health: PeerHealth
  readonly budget: ByteBudget
  readonly partials: Partials
  readonly tally: TransferTally
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options: TransferOptions
  /** Told of each file that is in its final place; waited for before the download counts as done. */
  readonly onFinished: (file: FinishedFile) => Promise<void> | void
  /** Told of a folder after all its files. */
  readonly onFolderFinished: (folder: FinishedFolder, files: readonly FinishedFile[]) => Promise<void> | void
}
