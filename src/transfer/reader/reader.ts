import { ShoalError } from '../../base/errors.ts'
import { cidOfDigest, DAG_PB } from '../../content/cid.ts'
import { blocksOfRange, type FileLayout } from '../../content/layout.ts'
import { type ByteRange, sha256 } from '../../content/verify.ts'
import { ByteBudget } from '../budget.ts'
import type { TransferContext } from '../context.ts'
import { FetchTarget } from '../fetch-target.ts'
import { ManifestFetch } from '../manifest-fetch.ts'
import { Along } from './along.ts'
import { BlockCache } from './block-cache.ts'
import { type Feeds, startFeeds } from './feeds.ts'
import { DEFAULT_READER_OPTIONS, type ReaderOptions } from './options.ts'
import { Session } from './session.ts'

/** Content of others. Nothing of it is kept on the disk, or shared. */
export type ReadContent =
  | { readonly kind: 'file'; readonly file: ReadFile }
  /** Nodes by CID: of the folder and of all below it. */
  | { readonly kind: 'folder'; readonly nodes: ReadonlyMap<string, Uint8Array> }

export interface ReadFile {
  readonly layout: FileLayout
  /** A block, verified; not to be changed. @throws NO_PROVIDERS, BUSY, the signal's reason */
  read(index: number, signal: AbortSignal): Promise<Uint8Array>
  /** These bytes are read next, in order, by who reads with this signal. @throws RangeError when they are not inside the file */
  hint(range: ByteRange, signal: AbortSignal): void
}

/** Opens content that running downloads or other peers have, and reads it block by block. */
export class ContentReader {
  readonly #context: TransferContext
  readonly #options: ReaderOptions
  readonly #along: Along
  readonly #cache: BlockCache
  /** By CID, the one used longest ago first. */
  readonly #sessions = new Map<string, Session>()
  #opening = 0

  constructor(context: TransferContext, options: Partial<ReaderOptions> = {}) {
    this.#options = { ...DEFAULT_READER_OPTIONS, ...options }
    const { lookupHurryMs, notFoundAfterMs, maxInFlightBytes } = this.#options
    // Readers and downloads do not take each other's memory.
    const budget = new ByteBudget(maxInFlightBytes)
    this.#context = { ...context, budget, options: { ...context.options, lookupHurryMs, notFoundAfterMs } }
    this.#along = new Along(context.partials)
    this.#cache = new BlockCache(this.#options)
  }

  /**
   * Finds out what a CID is: from the download that runs, else from whoever has it, or one of the folders that it is in.
   *
   * @param within CIDs of those folders, the outermost first
   * @throws NO_PROVIDERS, NOT_IMPLEMENTED, TOO_LARGE, BUSY; the signal's reason
   */
  async open(cid: string, within: readonly string[], signal: AbortSignal): Promise<ReadContent> {
    const layout = this.#along.layout(cid) ?? this.#sessions.get(cid)?.target.layout
    if (layout) return this.#file(layout, within)
    const { maxOpening } = this.#options
    if (this.#opening >= maxOpening)
      throw new ShoalError('BUSY', `${maxOpening} contents are being looked for already. Try again later.`)
    this.#opening++
    try {
      return await this.#find(cid, within, signal)
    } finally {
      this.#opening--
    }
  }

  /** Ends all reading. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()))
  }

  getDebugState(): Record<string, number> {
    return { sessions: this.#sessions.size, opening: this.#opening, cacheBytes: this.#cache.bytes }
  }

  async #find(cid: string, within: readonly string[], signal: AbortSignal): Promise<ReadContent> {
    const block = FetchTarget.ofCid(cid)
    if (block) {
      // Its size is known when it is there.
      if (block.layout) return this.#file(block.layout, within)
      const session = this.#session(block, within)
      await session.read(0, signal)
      return this.#file(session.target.layout!, within)
    }
    const feeds = startFeeds(this.#context, cid, within)
    try {
      const limits = { maxManifestBytes: this.#options.maxManifestBytes }
      const { manifest, nodes } = await new ManifestFetch(this.#context, cid, feeds.all, limits).run(signal)
      if (manifest.kind === 'folder') {
        const byCid = nodes.map((node) => [cidOfDigest(DAG_PB, sha256(node)), node] as const)
        return { kind: 'folder', nodes: new Map(byCid) }
      }
      // Who told the blocks is likely to give them, too.
      this.#session(FetchTarget.ofLayout(manifest.layout), within, feeds)
      return this.#file(manifest.layout, within)
    } finally {
      const isTaken = this.#sessions.get(cid)?.has(feeds)
      if (!isTaken) void feeds.close()
    }
  }

  #file(layout: FileLayout, within: readonly string[]): ReadFileContent {
    const { cid } = layout
    const session = () => this.#session(FetchTarget.ofLayout(layout), within)
    /** How far each reader goes, and the session that knows of it. A download that ends, or a session, may be followed by another one. */
    const ends = new WeakMap<AbortSignal, { readonly end: number; session?: Session }>()
    const readFrom = (from: Session, index: number, signal: AbortSignal) => {
      const reader = ends.get(signal)
      if (reader && reader.session !== from) {
        reader.session = from
        from.begin({ first: index, end: reader.end }, signal)
      }
      return from.read(index, signal)
    }
    return {
      kind: 'file',
      file: {
        layout,
        read: async (index, signal) => {
          // An empty file has one block of no bytes.
          if (layout.sizeBytes === 0) return new Uint8Array()
          return (await this.#along.read(cid, index, signal)) ?? readFrom(session(), index, signal)
        },
        hint: ({ offset, length }, signal) => {
          const span = blocksOfRange(layout, offset, length)
          ends.set(signal, { end: span.end })
          this.#along.begin(cid, span, signal)
        },
      },
    }
  }

  /** The session of a file, made when there is none. @throws BUSY */
  #session(target: FetchTarget, within: readonly string[], feeds?: Feeds): Session {
    const { cid } = target
    const known = this.#sessions.get(cid)
    if (known) {
      this.#sessions.delete(cid)
      this.#sessions.set(cid, known)
      return known
    }
    this.#makeRoom(target.blockCount)
    const session = new Session({
      ...{ context: this.#context, target, cache: this.#cache, options: this.#options },
      feeds: feeds ?? startFeeds(this.#context, cid, within),
      readersInAll: () => {
        let count = 0
        for (const { readerCount } of this.#sessions.values()) count += readerCount
        return count
      },
      onEnd: (ended) => {
        if (this.#sessions.get(cid) === ended) this.#sessions.delete(cid)
      },
    })
    this.#sessions.set(cid, session)
    return session
  }

  #makeRoom(blocks: number): void {
    const { maxSessions, maxSessionBlocks } = this.#options
    const isFull = () => {
      let all = blocks
      for (const { target } of this.#sessions.values()) all += target.blockCount
      return this.#sessions.size >= maxSessions || (this.#sessions.size > 0 && all > maxSessionBlocks)
    }
    for (const session of [...this.#sessions.values()]) {
      if (!isFull()) return
      if (session.isIdle) void session.close()
    }
    if (isFull()) throw new ShoalError('BUSY', 'Too many files of others are read already. Try again later.')
  }
}

type ReadFileContent = Extract<ReadContent, { kind: 'file' }>
