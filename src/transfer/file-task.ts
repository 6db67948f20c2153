import { dirname } from 'node:path'
import { RateMeter } from '../base/rate-meter.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { buildManifest, type FileLayout } from '../content/manifest.ts'
import type { DownloadOrder } from '../storage/download-store.ts'
import { Bitmap } from './bitmap.ts'
import type { BlockSection } from './block-map/cells.ts'
import type { FileOrigins, Origins } from './block-map/origins.ts'
import { type BlockJournal, BlockSink } from './block-sink.ts'
import type { TransferContext } from './context.ts'
import { FileDigest } from './disk/file-digest.ts'
import type { FetchTarget } from './fetch-target.ts'
import { FileFetch } from './file-fetch.ts'
import { makeFolder } from './make-folder.ts'
import type { MirrorList } from './mirror/mirror-list.ts'
import { checkFreeSpace, discardPart, PartFile } from './part-file.ts'
import type { IngestedFile } from './ports.ts'
import type { ProviderFeed } from './provider-feed.ts'
import { salvage } from './salvage.ts'
import type { Source } from './source.ts'

/** Where a task notes what it has; undefined for files that are fetched again rather than resumed. */
export interface FileJournal extends BlockJournal {
  /** A new part file is there; nothing of it is. The name must be noted before anything is written to it. */
  begin(partPath: string): void
  /** Blocks that were taken for durable are not right on the disk: these are. */
  reset(has: Uint8Array): void
}

export interface FileTaskSetup {
  readonly context: TransferContext
  readonly target: FetchTarget
  readonly feeds: readonly ProviderFeed[]
  /** As in FetchSetup. */
  readonly mirrors: MirrorList
  readonly mirrorPath?: string | undefined
  /** `.part` is appended, and a number where something has that name. */
  readonly finalPath: string
  /** What an earlier run left. */
  readonly earlier?: { readonly partPath: string; readonly bitmap: Uint8Array } | undefined
  readonly journal: FileJournal | undefined
  readonly order: () => DownloadOrder
  readonly isPatient: () => boolean
  /** Where it is noted who gave which block of it. */
  readonly origins: Pick<Origins, 'file'>
  /** Number of the file there. */
  readonly number: number
  readonly onBlock: (peerId: string, bytes: number) => void
}

/** Blocks of an earlier run that are checked at once: enough for all threads. */
const CHECKS_AT_ONCE = 8

/** One file from its layout to a complete and checked part file. */
export class FileTask {
  readonly #setup: FileTaskSetup
  readonly #meter = new RateMeter()
  #part: PartFile | undefined
  #sink: BlockSink | undefined
  #digest: FileDigest | undefined
  #fetch: FileFetch | undefined
  #origins: FileOrigins | undefined
  #withdraw: (() => void) | undefined
  /** Of fetches before a repair. */
  #droppedBefore: { peerId: string; reason: string }[] = []

  constructor(setup: FileTaskSetup) {
    this.#setup = setup
  }

  get partPath(): string | undefined {
    return this.#part?.path
  }

  /** Verified and written. */
  get doneBytes(): number {
    return this.#sink?.doneBytes ?? 0
  }

  get sources(): Iterable<Source> {
    return this.#fetch?.sources ?? []
  }

  /** What becomes of its blocks; undefined until it is known what an earlier run left. */
  section(): BlockSection | undefined {
    const [has, origins] = [this.#sink?.has, this.#origins]
    if (!has || !origins) return undefined
    return {
      blocks: has.length,
      has: (index) => has.has(index),
      from: origins.of,
      asked: this.#fetch?.asked ?? new Map(),
    }
  }

  dropped(): { peerId: string; reason: string }[] {
    return [...this.#droppedBefore, ...(this.#fetch?.dropped() ?? [])]
  }

  /**
   * Fetches what is missing. Everything that came is durable and noted when this ends, well or not.
   *
   * @throws NO_SPACE, IO, NO_PROVIDERS, the signal's reason
   */
  async fetch(signal: AbortSignal): Promise<FileLayout> {
    const { context, target, feeds, mirrors, mirrorPath, order, isPatient } = this.#setup
    const onBlock = (peerId: string, bytes: number, index: number) => {
      this.#origins?.note(index, peerId)
      this.#meter.add(bytes, context.clock.monotonic())
      this.#setup.onBlock(peerId, bytes)
    }
    const resumed = await this.#open()
    const part = this.#part!
    const sink = this.#sink!
    if (resumed) await salvage(target, part, sink, signal)
    this.#fetch = new FileFetch({
      ...{ context, target, sink, feeds, mirrors, mirrorPath, order, isPatient, onBlock },
    })
    this.#offer()
    try {
      // An empty file has one block of no bytes: there is nothing to fetch.
      if (target.layout?.sizeBytes !== 0) await this.#fetch.run(signal)
      await sink.flush()
    } catch (error) {
      await this.#saveWhatCame(sink)
      throw error
    }
    this.#offer()
    return target.layout!
  }

  /**
   * Checks the complete part file: blocks that an earlier run wrote are read and verified, and those that the disk does not give back as they were are
   * fetched again.
   *
   * @throws IO; as {@link fetch}
   */
  async check(signal: AbortSignal, onRepair: () => void): Promise<void> {
    const { context, target } = this.#setup
    const wrong = await this.#damaged(signal)
    if (wrong.length > 0) {
      context.log.warn(
        { cid: target.cid, path: this.#part!.path, blocks: wrong.length },
        'file is not as it was written: repairing',
      )
      onRepair()
      this.#forgetBlocks(wrong)
      await this.fetch(signal)
    }
  }

  /** So much of the file is still to be hashed that nobody should be kept waiting for {@link describe}. */
  get isDigestLate(): boolean {
    return (this.#digest?.leftBytes ?? 0) > this.#setup.context.options.lateDigestBytes
  }

  /** Lets go of the part file; others that read from it may finish. */
  async close(): Promise<void> {
    this.#withdraw?.()
    this.#withdraw = undefined
    await this.#sink?.stop()
    await this.#digest?.drop()
    await this.#part?.close()
  }

  /** Opens the part file of an earlier run, or makes a new one. True for the former. */
  async #open(): Promise<boolean> {
    const { context, target, finalPath, earlier, journal } = this.#setup
    if (this.#part) return false
    const sizeBytes = target.layout?.sizeBytes ?? 0
    const fits = target.layout && earlier?.bitmap.length === Math.ceil(target.blockCount / 8)
    const known = fits ? earlier : undefined
    if (known) this.#part = await PartFile.reopen(known.partPath, sizeBytes)
    if (this.#part) {
      this.#setSink(new Bitmap(target.blockCount, known!.bitmap.slice()))
      return true
    }
    if (earlier && earlier.partPath !== '') await discardPart(earlier.partPath)
    const folder = dirname(finalPath)
    await makeFolder(folder)
    await checkFreeSpace(folder, target.layout?.sizeBytes ?? BLOCK_SIZE, context.options.reserveDiskBytes)
    this.#part = await PartFile.create(finalPath, sizeBytes)
    journal?.begin(this.#part.path)
    this.#setSink(new Bitmap(target.blockCount))
    return false
  }

  #setSink(has: Bitmap): void {
    const { context, target, journal, origins, number } = this.#setup
    this.#origins = origins.file(number, target.blockCount)
    const { clock, options } = context
    const { memory, disk } = context
    const urgent = (indices: readonly number[]) => this.#fetch?.urgent(indices)
    this.#sink = new BlockSink({
      ...{ target, part: this.#part!, has, journal, memory, disk, clock, options, urgent },
    })
    this.#digest?.drop()
    if (target.blockCount > 1) this.#digest = this.#newDigest()
  }

  #newDigest(): FileDigest {
    const { clock, disk, options } = this.#setup.context
    const isHurried = () => this.#meter.rateBytesPerSecond(clock.monotonic()) > options.hurriedBytesPerSecond
    return new FileDigest(this.#sink!, this.#part!, disk, isHurried)
  }

  /** Offers what there is to others; a file whose size is not known has nothing to offer. */
  #offer(): void {
    if (this.#withdraw || !this.#setup.target.layout) return
    this.#withdraw = this.#setup.context.partials.add(this.#sink!)
  }

  async #saveWhatCame(sink: BlockSink): Promise<void> {
    await sink.flush().catch((error: unknown) => {
      this.#setup.context.log.warn({ err: error, path: this.#part?.path }, 'could not save what came last')
    })
  }

  /** Blocks of an earlier run that are not what they should be. */
  async #damaged(signal: AbortSignal): Promise<number[]> {
    const { context, target } = this.#setup
    const wrong: number[] = []
    const queue = this.#sink!.unproved()
    const work = async () => {
      for (const index of queue) {
        signal.throwIfAborted()
        const position = index * BLOCK_SIZE
        const length = target.plannedSizeOf(index)
        const digest = target.digestOf(index)
        if (!(await context.disk.check({ fd: this.#part!.fd, position, length, digest }))) wrong.push(index)
      }
    }
    await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, work))
    return wrong
  }

  /** What the complete file is, its own SHA-256 with it. After {@link check}. @throws IO; the signal's reason */
  async describe(signal: AbortSignal): Promise<IngestedFile> {
    const { target } = this.#setup
    const { cid, sizeBytes, digests } = target.layout!
    const { totalBytes } = buildManifest(digests, sizeBytes)
    // The one block of a small file is the file.
    const isBlock = target.blockCount === 1
    const sha256 = isBlock ? Buffer.from(digests).toString('hex') : await this.#digest!.finish(signal)
    return { cid, sha256, sizeBytes, digests, totalBytes, stat: await this.#part!.stat() }
  }

  #forgetBlocks(wrong: readonly number[]): void {
    const { target, journal } = this.#setup
    const has = new Bitmap(target.blockCount, this.#sink!.has.bytes.slice())
    for (const index of wrong) has.delete(index)
    this.#withdraw?.()
    this.#withdraw = undefined
    this.#droppedBefore = this.dropped()
    journal?.reset(has.bytes.slice())
    this.#setSink(has)
  }
}
