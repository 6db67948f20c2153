import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { cidFromBytes } from '../content/cid.ts'
import { entryToWire, type QueryShape, queryFromWire } from '../content/entry-wire.ts'
import { FileDag } from '../content/file-dag.ts'
import { manifestNodes } from '../content/folder.ts'
import type { CallContext } from '../link/rpc.ts'
import type { LineTaker } from '../link/server.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import { BufferPool } from './buffer-pool.ts'
import { DiskThreads } from './disk/disk-threads.ts'
import { Giver } from './give/giver.ts'
import { Rendezvous } from './give/rendezvous.ts'
import { Spread } from './give/spread.ts'
import { UploadTurns } from './give/upload-turns.ts'
import { isLanAddress } from './limits/lan.ts'
import { type OpensGates, TransferLimits } from './limits/transfer-limits.ts'
import { giveByCall } from './line/giver-call.ts'
import { type GiverWire, giveByFrames } from './line/giver-wire.ts'
import { OpenFiles } from './open-files.ts'
import { DEFAULT_SERVE_OPTIONS, type ServeOptions } from './options.ts'
import type { Partials } from './partials.ts'
import { BlockParts } from './parts/block-parts.ts'
import type { PeerServiceImpl } from './ports.ts'
import { type ServedFile, SharedFile, SharedPartial } from './served-file.ts'
import { FileGroups } from './small/file-groups.ts'
import { SmallReads } from './small/small-reads.ts'
import type { TransferTally } from './tally.ts'
import type { UploadSlots } from './upload-slots.ts'

/** What serving needs of the catalogue. */
export type ServedCatalogue = Pick<Catalogue, 'find' | 'placesOf' | 'entry' | 'node' | 'search'> & {
  totals(): { readonly files: number; readonly sizeBytes: number }
}

/** How this node names itself. */
export interface SelfInfo {
  readonly name: string
  readonly version: string
  /** HOST:PORT, best first. */
  readonly addresses: readonly string[]
}

export interface ServeSetup {
  readonly catalogue: ServedCatalogue
  /** Running downloads, which serve what they have. */
  readonly partials: Partials
  readonly slots: UploadSlots
  readonly self: () => SelfInfo
  /** A shared file is not what the catalogue says any more. */
  readonly onStale: (absPath: string, cid: string) => void
  /** Where it is counted what is sent. Default: nobody looks. */
  readonly tally?: TransferTally
  /** Told of each search that a peer made here. */
  readonly onSearched?: (search: SearchedHere) => void
  /** Default: none. */
  readonly limits?: Pick<OpensGates, 'upload'>
  /** Absolute paths of shared files whose bytes turn out to be wrong though their stat is right. */
  readonly damaged?: Emitter<string>
  readonly clock: Clock
  readonly log: Logger
  readonly options?: Partial<ServeOptions>
}

/** A search of a peer in what this node shares. */
export interface SearchedHere {
  /** Who asked. */
  readonly peerId: string
  readonly query: QueryShape
  /** Entries that were found. */
  readonly hits: number
}

/** Who opened a line. */
interface Taker {
  readonly peerId: string
  /** IP address; empty through a tunnel. */
  readonly remoteAddress: string
}

/** Manifests that are being sent, to all and to one peer; further requests are refused with BUSY. Small, so never held long. */
const MAX_MANIFESTS = 64
const MAX_MANIFESTS_PER_PEER = 16

/** Threads that read small files: one that waits for a slow disk leaves the other. */
const READ_THREADS = 2

/** A receiver that takes so long no longer counts as one being sent to, ms. */
const MANIFEST_MS = 30_000

/** What this node answers to other peers: by gRPC, and on block lines of their own. */
export interface PeerAnswers {
  readonly service: PeerServiceImpl
  /** For connections that ask for {@link BLOCKS_ALPN}. */
  readonly takeLine: LineTaker
  /** Lets go of files. */
  close(): void
}

export function peerServiceImpl(setup: ServeSetup): PeerAnswers {
  const server = new PeerServer(setup)
  return {
    service: {
      hello: async () => server.hello(),
      getManifest: ({ cid }, context) => server.getManifest(cid, context),
      getBlocks: (requests, context) =>
        giveByCall(requests, context.signal, (wire, signal) => server.giver(context, wire, signal)),
      searchShared: ({ query }, { peerId }) => server.searchShared(query, peerId),
    },
    takeLine: (line) => giveByFrames(line, (wire, signal) => server.giver(line, wire, signal), setup.log),
    close: () => server.close(),
  }
}

type WireQuery = Parameters<PeerServiceImpl['searchShared']>[0]['query']

class PeerServer {
  readonly #setup: ServeSetup
  readonly #options: ServeOptions
  readonly #files: OpenFiles
  readonly #disk: DiskThreads
  readonly #small: SmallReads
  readonly #groups: FileGroups
  readonly #buffers = new BufferPool()
  readonly #parts: BlockParts
  readonly #rendezvous = new Rendezvous(systemRandom)
  readonly #spread = new Spread(systemRandom)
  readonly #turns: UploadTurns
  readonly #limits: Pick<OpensGates, 'upload'>
  readonly #manifests = new Map<string, number>()
  #manifestCount = 0

  constructor(setup: ServeSetup) {
    this.#setup = setup
    this.#options = { ...DEFAULT_SERVE_OPTIONS, ...setup.options }
    this.#files = new OpenFiles(this.#options.maxOpenFiles, setup.clock)
    this.#disk = new DiskThreads(setup.clock, READ_THREADS)
    this.#small = new SmallReads(this.#disk, this.#files)
    this.#groups = new FileGroups({
      disk: this.#disk,
      placesOf: (sha256s) => setup.catalogue.placesOf(sha256s),
      fileOf: (cid) => this.#fileOf(cid),
      clock: setup.clock,
    })
    this.#turns = new UploadTurns(setup.clock)
    this.#parts = new BlockParts(setup.clock)
    this.#limits = setup.limits ?? new TransferLimits(setup.clock)
  }

  hello() {
    const { name, version, addresses } = this.#setup.self()
    const { files, sizeBytes } = this.#setup.catalogue.totals()
    return { name, version, addresses: [...addresses], files: BigInt(files), sizeBytes: BigInt(sizeBytes) }
  }

  /** @throws INVALID_CID, NOT_FOUND, BUSY, PERMISSION_DENIED */
  async *getManifest(cidBytes: Uint8Array, { peerId }: CallContext) {
    const cid = cidFromBytes(cidBytes)
    const done = this.#enterManifest(peerId)
    try {
      for await (const node of this.#manifestOf(cid)) yield { node }
    } finally {
      done()
    }
  }

  /** Answers a block line. */
  giver({ peerId, remoteAddress }: Taker, wire: GiverWire, signal: AbortSignal): Giver {
    const { slots, clock, tally } = this.#setup
    const isLan = isLanAddress(remoteAddress)
    const gate = this.#limits.upload({ peerId, isLan })
    return new Giver({
      peerId,
      wire,
      isTunnelled: remoteAddress === '',
      fileOf: (cid) => this.#fileOf(cid),
      slots,
      buffers: this.#buffers,
      parts: this.#parts,
      groups: this.#groups,
      onSent: tally && ((bytes) => tally.sent(bytes, isLan)),
      gate,
      rendezvous: this.#rendezvous,
      spread: this.#spread,
      turns: this.#turns,
      clock,
      options: this.#options,
      signal,
    })
  }

  /** @throws INVALID_ARGUMENT, INVALID_CID */
  async *searchShared(query: WireQuery, peerId: string) {
    if (!query) throw new ShoalError('INVALID_ARGUMENT', 'Search for words, a SHA-256 or a CID.')
    const shape = queryFromWire(query)
    const entries = this.#setup.catalogue.search(shape)
    this.#setup.onSearched?.({ peerId, query: shape, hits: entries.length })
    for (const entry of entries) yield { entry: entryToWire(entry) }
  }

  close(): void {
    this.#files.close()
    this.#groups.close()
    void this.#disk.close()
  }

  #manifestOf(cid: string): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
    const { catalogue, partials } = this.#setup
    const located = catalogue.find(cid)
    if (located?.entry.kind === 'folder') return manifestNodes(cid, (each) => catalogue.node(each))
    const layout = located?.layout ?? partials.get(cid)?.layout
    // One node at a time: those of a file of 1 TiB are 50 MiB.
    if (layout) return new FileDag(layout).nodes()
    // A folder inside a share has nodes of its own, whether or not it is an entry.
    if (catalogue.node(cid)) return manifestNodes(cid, (each) => catalogue.node(each))
    throw new ShoalError('NOT_FOUND', `This peer does not have ${cid}.`)
  }

  #fileOf(cid: string): ServedFile {
    const { catalogue, partials, onStale, damaged } = this.#setup
    const located = catalogue.find(cid)
    if (located?.layout) {
      const { layout, absPath, stat, others } = located
      return new SharedFile({
        layout,
        places: [{ absPath, stat }, ...others],
        files: this.#files,
        small: this.#small,
        onStale: (path) => onStale(path, cid),
        damaged,
      })
    }
    const partial = partials.get(cid)
    if (partial) return new SharedPartial(partial)
    throw new ShoalError('NOT_FOUND', `This peer does not have the file ${cid}.`)
  }

  /** @throws BUSY; PERMISSION_DENIED */
  #enterManifest(peerId: string): () => void {
    this.#setup.slots.check(peerId)
    const ofPeer = this.#manifests.get(peerId) ?? 0
    if (this.#manifestCount >= MAX_MANIFESTS || ofPeer >= MAX_MANIFESTS_PER_PEER) throw new ShoalError('BUSY')
    this.#manifests.set(peerId, ofPeer + 1)
    this.#manifestCount++
    let left = false
    const leave = () => {
      if (left) return
      left = true
      timer.cancel()
      this.#manifestCount--
      const rest = this.#manifests.get(peerId)! - 1
      if (rest > 0) this.#manifests.set(peerId, rest)
      else this.#manifests.delete(peerId)
    }
    const timer = this.#setup.clock.schedule(leave, MANIFEST_MS)
    return leave
  }
}
