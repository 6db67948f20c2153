import { stat } from 'node:fs/promises'
import type { NodeStatus, UploadsView } from '../api/node-port.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Ingestor } from '../content/ingest.ts'
import type { Provider } from '../discovery/locator.ts'
import type { Library } from '../library/library.ts'
import type { LinkPool } from '../link/pool.ts'
import type { LineTaker } from '../link/server.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import { sameStat } from '../storage/catalogue-types.ts'
import type { DownloadStore } from '../storage/download-store.ts'
import { DownloadManager } from '../transfer/downloads.ts'
import { TransferLimits } from '../transfer/limits/transfer-limits.ts'
import { DEFAULT_SERVE_OPTIONS } from '../transfer/options.ts'
import type { PeerServiceImpl } from '../transfer/ports.ts'
import { peerServiceImpl } from '../transfer/serve.ts'
import { TransferTally } from '../transfer/tally.ts'
import { UploadRates } from '../transfer/upload-rates.ts'
import { UploadRules } from '../transfer/upload-rules.ts'
import { UploadSlots } from '../transfer/upload-slots.ts'
import { localAddress } from './addresses.ts'
import type { ConfigStore } from './config-store.ts'
import type { DataFolder } from './data-folder.ts'
import type { Discovery, Self } from './discovery.ts'
import { rescanStale } from './library.ts'
import { limitRates } from './limits.ts'
import type { NodeConfig } from './settings.ts'
import { UploadControl } from './upload-control.ts'
import { uploadsView } from './uploads.ts'

export interface TransferSetup {
  store: ConfigStore<NodeConfig>
  folder: DataFolder
  catalogue: Catalogue
  library: Library
  ingestor: Ingestor
  pool: LinkPool
  downloadStore: DownloadStore
  discovery: Discovery
  self: () => Self
  /** Road of the connection through libp2p to a peer. */
  tunnelTo: (peerId: string) => 'relayed' | 'tunnel' | undefined
  clock: Clock
  random: Random
  log: Logger
}

/** What moves bytes, both ways. */
export interface Transfer {
  readonly downloads: DownloadManager
  /** What was moved since the start. */
  readonly tally: TransferTally
  readonly service: PeerServiceImpl
  /** For connections that ask for block lines. */
  readonly takeLine: LineTaker
  uploads(): UploadsView
  readonly uploadControl: UploadControl
  uploadCounts(): NodeStatus['uploads']
  downloadCounts(): NodeStatus['downloads']
  /** Bytes go out or come in at the moment. */
  isMoving(): boolean
  getDebugState(): Record<string, unknown>
  stop(): Promise<void>
}

export function buildTransfer(setup: TransferSetup): Transfer {
  const { store, folder, catalogue, library, ingestor, pool, discovery, self, clock, random } = setup
  const log = setup.log.child({ module: 'transfer' })
  const limits = new TransferLimits(clock, limitRates(store.current))
  const unfollow = store.changes.on(({ config }) => limits.update(limitRates(config)))
  const tally = new TransferTally()
  const downloads = new DownloadManager({
    pool,
    limits,
    tally,
    self,
    providers: (cid, signal) => withOwn(setup, cid, signal),
    store: setup.downloadStore,
    ingestor,
    downloadsFolder: () => downloadsFolder(store, folder),
    clock,
    random,
    log,
    options: { maxActive: store.current.maxDownloads },
    onFinished: async (file) => {
      // All files of a folder together: one transaction for each would take longer than fetching them.
      if (file.folder) return
      try {
        await library.addFinishedDownload(file.absPath, file)
      } catch (error) {
        // The file is whole and where it was wanted; that it cannot be shared from there takes nothing away.
        log.warn({ err: error, path: file.absPath }, 'a finished download is not shared')
      }
    },
    onFolderFinished: async ({ absPath }, files) => {
      try {
        await library.addFinishedFolder(absPath, files)
      } catch (error) {
        log.warn({ err: error, path: absPath }, 'a finished download is not shared')
      }
    },
  })
  const rules = new UploadRules(clock)
  const slots = new UploadSlots({ ...DEFAULT_SERVE_OPTIONS, slots: store.current.uploadSlots }, rules)
  const peerName = (peerId: string) => discovery.peers.get(peerId)?.name ?? ''
  const uploadControl = new UploadControl({ rules, slots, peerName, clock })
  const uploadRates = new UploadRates(clock, () => slots.snapshot().active)
  const { service, takeLine, close } = peerServiceImpl({
    limits,
    tally,
    // Who finds peers by the DHT asks them so.
    onSearched: ({ peerId, query, hits }) => {
      discovery.foreign.received('dht')
      discovery.foreign.worked({ locator: 'dht', from: peerId, query, hits })
    },
    catalogue,
    partials: downloads.partials,
    slots,
    self,
    onStale: rescanStale({ library, log }),
    damaged: library.verifier.damaged,
    clock,
    log,
  })
  const counts = () => {
    const byState: Record<string, number> = {}
    for (const { state } of downloads.list()) byState[state] = (byState[state] ?? 0) + 1
    const active = (byState.resolving ?? 0) + (byState.running ?? 0) + (byState.finishing ?? 0)
    return { ...byState, active }
  }
  return {
    downloads,
    tally,
    service,
    takeLine,
    uploads: () =>
      uploadsView(slots.snapshot(), {
        ratesOf: (rows) => uploadRates.of(rows),
        peerName,
        tunnelTo: setup.tunnelTo,
        paused: uploadControl.list(),
        file: (cid) => catalogue.find(cid)?.entry ?? downloads.list().find((view) => view.cid === cid),
        rotateBytes: DEFAULT_SERVE_OPTIONS.rotateBytes,
      }),
    uploadControl,
    uploadCounts: () => {
      const { slots: total, active, queued } = slots.snapshot()
      return { active: active.length, queued: queued.length, slots: total }
    },
    downloadCounts: counts,
    isMoving: () => {
      if (slots.snapshot().active.length > 0) return true
      return downloads
        .list()
        .some(({ state, rateBytesPerSecond }) => state === 'running' && rateBytesPerSecond > 0)
    },
    getDebugState: () => ({
      ...downloads.getDebugState(),
      uploads: slots.snapshot(),
      limits: limits.getDebugState(),
    }),
    async stop() {
      unfollow()
      uploadRates.stop()
      await downloads.stop()
      close()
    },
  }

  /** Everybody who has it, this node too when it does: a copy of what is shared here comes through the same verified road. */
  async function* withOwn(
    { store: { current } }: TransferSetup,
    cid: string,
    signal: AbortSignal,
  ): AsyncGenerator<Provider, void, undefined> {
    const located = catalogue.find(cid)
    if (located) {
      const copies = [located, ...located.others]
      const here = await Promise.all(
        copies.map(async (copy) => {
          if (located.entry.kind === 'folder') return true
          const now = await stat(copy.absPath).catch(() => undefined)
          return now !== undefined && sameStat(now, copy.stat)
        }),
      )
      const { peerId, name, grpcPort } = self()
      if (here.includes(true)) yield { peerId, name, addresses: [localAddress(current.grpcHost, grpcPort)] }
    }
    yield* discovery.providers(cid, signal)
  }
}

/** The folder for downloads that are not told otherwise; the setting may change while the node runs. */
export function downloadsFolder(store: ConfigStore<NodeConfig>, folder: DataFolder): string {
  return store.current.downloads || folder.downloads
}
