import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { systemClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { seededRandom, systemRandom } from '../../base/random.ts'
import { buildFolder, type FolderDag } from '../../content/folder.ts'
import { type GetBlocksResponseSchema, PeerService } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { loadIdentity } from '../../link/identity.ts'
import { LinkPool } from '../../link/pool.ts'
import type { CallContext } from '../../link/rpc.ts'
import { LinkServer } from '../../link/server.ts'
import { openStateDatabase } from '../../storage/state-database.ts'
import type { DownloadView } from '../download-view.ts'
import { DownloadManager, type DownloadManagerSetup } from '../downloads.ts'
import type { TransferLimits } from '../limits/transfer-limits.ts'
import { BLOCKS_ALPN } from '../line/frames.ts'
import { DEFAULT_SERVE_OPTIONS, type ServeOptions, type TransferOptions } from '../options.ts'
import { Partials } from '../partials.ts'
import type { FinishedFile, IngestedFile, PeerServiceImpl, Provider } from '../ports.ts'
import { peerServiceImpl, type ServedCatalogue } from '../serve.ts'
import type { TransferTally } from '../tally.ts'
import type { UploadRules } from '../upload-rules.ts'
import { UploadSlots } from '../upload-slots.ts'
import { plainIngestor, TestCatalogue } from './fixtures.ts'

export { content, plainIngestor } from './fixtures.ts'

/** A small network for tests: real nodes' code over real links on 127.0.0.1. Everything goes with {@link TestWorld.close}. */
export class TestWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'shoal-transfer-'))
  readonly #closers: (() => Promise<void> | void)[] = []

  defer(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  /** Stops everything, the newest first, and removes all files. */
  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async peer(name: string, options: PeerOptions = {}): Promise<TestPeer> {
    const peer = await TestPeer.start(join(this.folder, name), name, options)
    this.defer(() => peer.stop())
    return peer
  }

  async fetcher(name: string, options: FetcherOptions): Promise<TestFetcher> {
    const fetcher = await TestFetcher.start(join(this.folder, name), options)
    this.defer(() => fetcher.stop())
    return fetcher
  }
}

export interface PeerOptions {
  readonly serve?: Partial<ServeOptions>
  readonly partials?: Partials
  readonly limits?: TransferLimits
  readonly tally?: TransferTally
  /** What its owner says of those who fetch. */
  readonly rules?: UploadRules
  /** Does not speak the faster framing of block lines. */
  readonly grpcOnly?: boolean
  /** Changes how the peer behaves. Without the faster framing. */
  readonly twist?: (service: PeerServiceImpl) => PeerServiceImpl
}

/** A peer that shares files. */
export class TestPeer {
  readonly provider: Provider
  readonly catalogue = new TestCatalogue()
  readonly slots: UploadSlots
  readonly stale: string[] = []
  readonly folder: string
  readonly #server: LinkServer
  readonly #closeFiles: () => void

  private constructor(
    folder: string,
    provider: Provider,
    server: LinkServer,
    rest: { slots: UploadSlots; closeFiles: () => void },
  ) {
    this.folder = folder
    this.provider = provider
    this.#server = server
    this.slots = rest.slots
    this.#closeFiles = rest.closeFiles
  }

  static async start(folder: string, name: string, options: PeerOptions): Promise<TestPeer> {
    mkdirSync(folder, { recursive: true })
    const identity = await loadIdentity(join(folder, 'data'))
    const server = new LinkServer({
      identity,
      host: '127.0.0.1',
      port: 0,
      log: silentLogger,
      clock: systemClock,
    })
    const slots = new UploadSlots({ ...DEFAULT_SERVE_OPTIONS, ...options.serve }, options.rules)
    const box: { peer?: TestPeer } = {}
    const { service, takeLine, close } = peerServiceImpl({
      catalogue: forward(() => box.peer!.catalogue),
      partials: options.partials ?? new Partials(),
      ...(options.limits && { limits: options.limits }),
      ...(options.tally && { tally: options.tally }),
      slots,
      self: () => ({ name, version: '0.0.0', addresses: [] }),
      onStale: (path) => box.peer!.stale.push(path),
      clock: systemClock,
      log: silentLogger,
      options: options.serve,
    })
    const twisted = options.twist ? options.twist(service) : service
    const noValues = () => {
      throw new ShoalError('NOT_IMPLEMENTED')
    }
    server.addService(PeerService, {
      ...twisted,
      ...{ storeValues: noValues, getValue: noValues, offerValues: noValues },
    })
    // A peer that behaves differently does so by gRPC, where its messages can be changed.
    if (!options.twist && !options.grpcOnly) server.addLine(BLOCKS_ALPN, takeLine)
    const { host, port } = await server.start()
    const provider = { peerId: identity.peerId, name, addresses: [`${host}:${port}`] }
    box.peer = new TestPeer(folder, provider, server, { slots, closeFiles: close })
    return box.peer
  }

  /** Shares a file; gives what it is. */
  async share(path: string, bytes: Uint8Array): Promise<IngestedFile> {
    const absPath = join(this.folder, 'shared', path)
    mkdirSync(dirname(absPath), { recursive: true })
    writeFileSync(absPath, bytes)
    const ingested = await plainIngestor.ingest(absPath, {})
    this.catalogue.addFile(absPath, ingested)
    return ingested
  }

  /** Shares files as one folder. */
  async shareFolder(files: Record<string, Uint8Array>, empty: string[] = []): Promise<FolderDag> {
    const entries = []
    for (const [path, bytes] of Object.entries(files)) {
      const { cid, totalBytes } = await this.share(path, bytes)
      entries.push({ path, cid, totalBytes })
    }
    const dag = await buildFolder(entries, empty)
    this.catalogue.addFolder(dag)
    return dag
  }

  async stop(): Promise<void> {
    await this.#server.stop({ graceMs: 0 })
    this.#closeFiles()
  }
}

export interface FetcherOptions {
  readonly providers: Provider[] | (() => Provider[])
  readonly options?: Partial<TransferOptions>
  readonly setup?: Partial<DownloadManagerSetup>
}

/** A node that only fetches. */
export class TestFetcher {
  readonly downloads: DownloadManager
  readonly folder: string
  readonly finished: FinishedFile[]
  readonly #close: () => Promise<void>

  private constructor(
    downloads: DownloadManager,
    folder: string,
    finished: FinishedFile[],
    close: () => Promise<void>,
  ) {
    this.downloads = downloads
    this.folder = folder
    this.finished = finished
    this.#close = close
  }

  static async start(folder: string, { providers, options, setup }: FetcherOptions): Promise<TestFetcher> {
    mkdirSync(folder, { recursive: true })
    const identity = await loadIdentity(join(folder, 'data'))
    const log = silentLogger
    const pool = new LinkPool({ identity, log, clock: systemClock, random: systemRandom })
    const state = openStateDatabase(join(folder, 'state.db'), { log, clock: systemClock })
    const finished: FinishedFile[] = []
    const downloads = new DownloadManager({
      pool,
      providers: async function* () {
        yield* typeof providers === 'function' ? providers() : providers
      },
      store: state.downloads,
      ingestor: plainIngestor,
      downloadsFolder: () => join(folder, 'downloads'),
      clock: systemClock,
      random: seededRandom(1),
      log,
      options: { retryBaseMs: 50, lookupHurryMs: 50, progressMs: 20, ...options },
      onFinished: (file) => void finished.push(file),
      ...setup,
    })
    downloads.start()
    return new TestFetcher(downloads, folder, finished, async () => {
      await downloads.stop()
      await pool.close()
      state.close()
    })
  }

  /** The state in which a download ends. */
  async end(id: string): Promise<DownloadView> {
    let last: DownloadView | undefined
    for await (const view of this.downloads.watch(id, AbortSignal.timeout(30_000))) last = view
    return last!
  }

  /** Waits until a view of the download fits. */
  async until(id: string, fits: (view: DownloadView) => boolean): Promise<DownloadView> {
    for await (const view of this.downloads.watch(id, AbortSignal.timeout(30_000)))
      if (fits(view)) return view
    throw new Error('the download ended before')
  }

  stop(): Promise<void> {
    return this.#close()
  }
}

type WireResponse = MessageInitShape<typeof GetBlocksResponseSchema>

/** Lets a peer send something else than what it would: nothing, or more, instead of each message of a block stream. */
export function twistBlocks(
  change: (
    message: WireResponse,
    context: CallContext,
  ) => AsyncIterable<WireResponse> | Iterable<WireResponse>,
): (service: PeerServiceImpl) => PeerServiceImpl {
  return (service) => ({
    ...service,
    getBlocks: async function* (requests, context) {
      for await (const message of service.getBlocks(requests, context))
        for await (const changed of change(message, context)) yield { file: message.file ?? 0, ...changed }
    },
  })
}

/** A peer that tells manifests and has no place for whoever wants blocks. */
export const tellsOnly = (service: PeerServiceImpl): PeerServiceImpl => ({
  ...service,
  // biome-ignore lint/correctness/useYield: it refuses before it says anything
  getBlocks: async function* () {
    throw new ShoalError('BUSY')
  },
})

/** Lets a peer take its time before each message of a block stream. */
export const slowly = (ms: number): ((service: PeerServiceImpl) => PeerServiceImpl) =>
  twistBlocks(async function* (message) {
    await new Promise((resolve) => setTimeout(resolve, ms))
    yield message
  })

/** Notes the blocks that a peer begins to send. */
export function countBlocks(sent: number[]): (service: PeerServiceImpl) => PeerServiceImpl {
  return twistBlocks(function* (message) {
    const { response } = message
    if (response?.case === 'block' && !response.value.offset) sent.push(response.value.index ?? 0)
    yield message
  })
}

function forward(target: () => TestCatalogue): ServedCatalogue {
  return {
    find: (cid) => target().find(cid),
    placesOf: (sha256s) => target().placesOf(sha256s),
    entry: (cid) => target().entry(cid),
    node: (cid) => target().node(cid),
    search: (query) => target().search(query),
    totals: () => target().totals(),
  }
}
