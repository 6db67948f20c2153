import { isAbsolute, resolve } from 'node:path'
import { inBatches } from '../base/batches.ts'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { parseCid } from '../content/cid.ts'
import type { SharedEntry } from '../content/entry.ts'
import type { Ingestor } from '../content/ingest.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type {
  CatalogueChange,
  CataloguedFile,
  FileStat,
  PathKey,
  Share,
  ShareOrigin,
} from '../storage/catalogue-types.ts'
import type { VerifyStore } from '../storage/verify-store.ts'
import { type AddNowOptions, addNow, type ShareTarget } from './add-now.ts'
import { isIgnoredPath } from './ignore.ts'
import type { HashingProgress } from './importer.ts'
import { DEFAULT_LIBRARY_OPTIONS, type LibraryOptions } from './options.ts'
import { Pipeline } from './pipeline.ts'
import { checkRoot } from './root-check.ts'
import { checkShareable, type OwnFolders, relPathBelow } from './share-rules.ts'
import { findTarget, targetsOfPath } from './targets.ts'
import type { VerifyState } from './verify/types.ts'
import { Verifier } from './verify/verifier.ts'

export interface LibrarySetup {
  readonly catalogue: Catalogue
  readonly ingestor: Pick<Ingestor, 'ingest' | 'check'>
  /** Keeps how far a verification is. */
  readonly verifyStore: VerifyStore
  readonly clock: Clock
  readonly log: Logger
  /** Never shared: it holds the key. Absolute. */
  readonly dataDir?: string
  /** May lie in the data folder. Asked each time, since the setting can change. */
  readonly downloadsDir?: () => string | undefined
  /** The node serves or fetches: verifying then keeps out of the way. */
  readonly isServing?: () => boolean
  /** Most that verifying reads a second, 0 = as much as goes. Asked each time, since the setting can change. */
  readonly verifyBytesPerSecond?: () => number
  readonly options?: Partial<LibraryOptions>
}

/** A finished download: what is known of it without reading it again. */
export interface FinishedDownload {
  readonly cid: string
  /** Hex. */
  readonly sha256: string
  readonly layout: { readonly digests: Uint8Array }
  readonly totalBytes: number
  readonly stat: FileStat
  /** The downloaded folder that the file belongs to: it becomes one share. */
  readonly folder?: { readonly absPath: string } | undefined
}

/** Files of a finished folder that are shared in one transaction: some 20 ms of the main thread. */
const FINISHED_BATCH = { items: 250, size: 250 }

/** Paths of one CID taken out at once. */
const REMOVE_PATHS = 500

/** Paths of one CID that are verified at most. */
const VERIFY_PATHS = 10_000

/**
 * The files that this node shares: keeps the catalogue true to the disk, and tells what changes. A share whose root is away (a disk that is not
 * mounted) is withdrawn, and comes back without being read again if its files still have the same size, time and inode.
 */
export class Library {
  readonly #catalogue: Catalogue
  readonly #setup: LibrarySetup
  readonly #options: LibraryOptions
  readonly #pipeline: Pipeline
  /** Reads what is shared again. {@link verify} begins it. */
  readonly verifier: Verifier

  constructor(setup: LibrarySetup) {
    const { catalogue, ingestor, clock, dataDir } = setup
    this.#catalogue = catalogue
    this.#setup = setup
    this.#options = { ...DEFAULT_LIBRARY_OPTIONS, ...setup.options }
    const log = setup.log.child({ module: 'library' })
    this.#pipeline = new Pipeline({ catalogue, ingestor, clock, log, dataDir, options: this.#options })
    this.verifier = this.#newVerifier(log)
  }

  /** At most 1000 entries an event; what is removed goes before what is added. */
  get changes(): Emitter<CatalogueChange> {
    return this.#pipeline.changes
  }

  /** How far hashing is, a few times a second while it goes on; undefined when it is over. */
  get progress(): Emitter<HashingProgress | undefined> {
    return this.#pipeline.reporter.progress
  }

  /** What is being hashed; undefined when nothing is. */
  get hashing(): HashingProgress | undefined {
    return this.#pipeline.importer.hashing
  }

  /** Watches and scans all shares from now on. */
  start(): void {
    this.#pipeline.start()
    this.verifier.resume()
  }

  /** Ends all work; what is hashed by then is kept. */
  async stop(): Promise<void> {
    await this.verifier.close()
    await this.#pipeline.stop()
  }

  /** What is shared, by path. */
  shares(): Share[] {
    return this.#catalogue.shares().filter(({ id }) => !this.#pipeline.isLeaving(id))
  }

  /**
   * Shares a file or folder; it is scanned in the background. What is shared already, alone or as part of a folder, stays as it is.
   *
   * @throws ShoalError INVALID_ARGUMENT when it must not be shared or is neither file nor folder; NOT_FOUND; PERMISSION_DENIED; IO
   */
  async addShare(absPath: string, origin: ShareOrigin = 'user'): Promise<Share> {
    const known = this.#catalogue.shareAt(resolve(absPath))
    // Its disk may be away just now: that is no reason to refuse it.
    if (known?.missing && !this.#pipeline.isLeaving(known.id)) return known
    const { share } = await this.#target(absPath, origin)
    this.#pipeline.loop.scanSoon(share.id)
    return share
  }

  /**
   * Shares a file or folder and waits until all of it is hashed and can be found, without waiting for files to settle.
   *
   * @returns all entries: the files, those known before too, then the folder itself
   * @throws as {@link addShare}; FILE_CHANGED when a single file is being written; CANCELLED
   */
  async addNow(absPath: string, options: AddNowOptions = {}): Promise<SharedEntry[]> {
    if (options.signal?.aborted) throw new ShoalError('CANCELLED')
    const target = await this.#target(absPath, 'user')
    const { scanner, importer, builder, watchers, reporter } = this.#pipeline
    await watchers.ensure(target.share)
    await this.#pipeline.setMissing(target.share, false)
    reporter.poke()
    try {
      return await addNow({ catalogue: this.#catalogue, scanner, importer, builder }, target, options)
    } catch (error) {
      // It is shared all the same: whoever does not wait for it gets it later.
      this.#pipeline.loop.scanSoon(target.share.id)
      throw error
    }
  }

  /**
   * Shares a file that a download has put in place and hashed, without reading it again.
   *
   * @throws ShoalError INVALID_ARGUMENT when it must not be shared; NOT_FOUND when it is not there
   */
  async addFinishedDownload(absPath: string, file: FinishedDownload): Promise<SharedEntry> {
    const { share, relPath } = await this.#targetOfDownload(absPath, file.folder?.absPath)
    const key = { shareId: share.id, relPath }
    this.#catalogue.include(share.id, relPath)
    await this.#pipeline.setMissing(share, false)
    const { cid, sha256, layout, totalBytes, stat } = file
    this.#pipeline.changed(
      this.#catalogue.putFiles([{ ...key, cid, sha256, digests: layout.digests, totalBytes, stat }]),
    )
    void this.#pipeline.watchers.ensure(share)
    return this.#catalogue.entryAt(key)!
  }

  /**
   * Shares the files of a folder that a download has put in place and hashed, without reading them again: many in one transaction. Files with names that are
   * not shared are left out.
   *
   * @throws ShoalError INVALID_ARGUMENT when the folder must not be shared; NOT_FOUND when it is not there
   */
  async addFinishedFolder(
    folder: string,
    files: Iterable<FinishedDownload & { readonly absPath: string }>,
  ): Promise<void> {
    const { hidden } = this.#options
    const { share, relPath: top } = await this.#targetOfDownload(folder, folder)
    this.#catalogue.include(share.id, top)
    await this.#pipeline.setMissing(share, false)
    let shared = 0
    for (const batch of inBatches(files, () => 1, FINISHED_BATCH)) {
      const known: CataloguedFile[] = []
      for (const { absPath, cid, sha256, layout, totalBytes, stat } of batch) {
        const inside = relPathBelow(absPath, folder)
        if (inside === undefined || isIgnoredPath(inside, { hidden })) continue
        const relPath = top === '' ? inside : `${top}/${inside}`
        known.push({ shareId: share.id, relPath, cid, sha256, digests: layout.digests, totalBytes, stat })
      }
      shared += known.length
      this.#pipeline.changed(this.#catalogue.putFiles(known))
      await new Promise((resolve) => setImmediate(resolve))
    }
    // Of a folder without files nothing was said so far.
    if (shared === 0) this.#pipeline.loop.scanSoon(share.id)
    void this.#pipeline.watchers.ensure(share)
  }

  /** Stops sharing a share. NOT_FOUND when there is none of that path or id. @returns entries withdrawn */
  async removeShare(share: string | number): Promise<number> {
    const found =
      typeof share === 'number' ? this.#catalogue.share(share) : this.#catalogue.shareAt(resolve(share))
    if (!found) throw new ShoalError('NOT_FOUND', `${share} is not shared.`)
    return this.#pipeline.remove({ shareId: found.id, relPath: '' })
  }

  /**
   * Stops sharing whatever has this absolute path or CID; files below a share are left out of it for good. No file is deleted.
   *
   * @returns entries withdrawn @throws ShoalError NOT_FOUND when nothing shared has it; INVALID_CID
   */
  async remove(target: string): Promise<number> {
    const next = isAbsolute(target)
      ? await this.#pathsToRemove(target)
      : () => this.#catalogue.pathsOf(parseCid(target), REMOVE_PATHS)
    let keys = next()
    if (keys.length === 0) throw new ShoalError('NOT_FOUND', `${target} is not shared.`)
    let removed = 0
    for (; keys.length > 0; keys = next()) {
      for (const key of keys) removed += await this.#pipeline.remove(key)
    }
    return removed
  }

  /**
   * Reads what is shared again and compares it with the catalogue; joins a verification that goes on.
   *
   * @param targets absolute paths and CIDs; none = everything
   * @throws ShoalError NOT_FOUND when nothing shared has one of them, or its disk is away; INVALID_CID; CONFLICT when the node stops
   */
  async verify(targets: readonly string[]): Promise<VerifyState> {
    const keys: PathKey[] = []
    for (const target of targets) {
      const found = isAbsolute(target)
        ? await targetsOfPath(this.#catalogue, this.shares(), target)
        : this.#catalogue.pathsOf(parseCid(target), VERIFY_PATHS)
      if (found.length === 0) throw new ShoalError('NOT_FOUND', `${target} is not shared.`)
      if (found.every(({ shareId }) => this.#catalogue.share(shareId)?.missing !== false)) {
        throw new ShoalError('NOT_FOUND', `${target} is away at present, as a disk that is not mounted is.`)
      }
      keys.push(...found)
    }
    const all = this.shares().map(({ id }) => ({ shareId: id, relPath: '' }))
    return this.verifier.start(targets.length === 0 ? all : keys)
  }

  /** Scans all shares now. */
  async rescan(): Promise<void> {
    await this.#pipeline.loop.rescan()
  }

  /** Resolves when nothing is being scanned, settling, hashed or built. */
  async whenIdle(): Promise<void> {
    await this.#pipeline.whenIdle()
  }

  /** For people who look for a fault; JSON values only. */
  getDebugState(): Record<string, unknown> {
    const { watchers, loop, settling, importer, builder } = this.#pipeline
    return {
      shares: this.#catalogue.shares(),
      watched: watchers.size,
      scanning: loop.isBusy,
      settling: settling.size,
      importing: importer.pending,
      hashing: importer.hashing ?? null,
      buildingFolders: builder.isBusy,
      verifying: this.verifier.getDebugState(),
    }
  }

  /** The share and path that stand for a path on the disk, made if there is none; what was excluded of it is not any more. */
  async #target(absPath: string, origin: ShareOrigin): Promise<ShareTarget> {
    const shareable = await checkShareable(absPath, this.#own)
    const found = findTarget(this.#catalogue.shares(), shareable.absPath, this.#options.hidden)
    // A file may have become a folder, or the other way round, since it was shared.
    const fits = found && (found.share.path !== shareable.absPath || found.share.kind === shareable.kind)
    const share = fits ? found.share : this.#catalogue.addShare(shareable.absPath, shareable.kind, origin)
    const relPath = fits ? found.relPath : share.kind === 'file' ? share.name : ''
    this.#catalogue.include(share.id, relPath)
    return { share, relPath }
  }

  /** The same for a download, whose folder, if it has one, is what gets shared. */
  async #targetOfDownload(path: string, folder: string | undefined): Promise<ShareTarget> {
    const { absPath } = await checkShareable(path, this.#own)
    const { hidden } = this.#options
    const above = findTarget(this.shares(), absPath, hidden)
    if (above) return above
    const { share } = await this.#target(folder ?? path, 'download')
    const target = findTarget([share], absPath, hidden)
    if (!target) throw new ShoalError('INVALID_ARGUMENT', `${path} has a name that is not shared.`)
    return target
  }

  #newVerifier(log: Logger): Verifier {
    const { verifyStore, ingestor, clock, isServing, verifyBytesPerSecond } = this.#setup
    const catalogue = this.#catalogue
    const pipeline = this.#pipeline
    return new Verifier({
      ...{ catalogue, clock, log, store: verifyStore, checker: ingestor },
      readers: this.#options.verifyReaders,
      isBusy: () => pipeline.isWorking || isServing?.() === true,
      bytesPerSecond: () => verifyBytesPerSecond?.() ?? 0,
      onChange: (change) => pipeline.changed(change),
      onSuspect: ({ shareId, relPath }) => {
        const share = catalogue.share(shareId)
        if (share) pipeline.loop.paths(share, [relPath])
      },
      isPresent: async (shareId) => {
        const share = catalogue.share(shareId)
        if (!share) return false
        const { state } = await checkRoot(share)
        // The root of a share of one file is the file: somebody took it away.
        return state === 'present' || (share.kind === 'file' && state === 'removed')
      },
    })
  }

  get #own(): OwnFolders {
    return { dataDir: this.#setup.dataDir, downloadsDir: this.#setup.downloadsDir?.() }
  }

  async #pathsToRemove(absPath: string): Promise<() => PathKey[]> {
    const keys = await targetsOfPath(this.#catalogue, this.shares(), absPath)
    return () => keys.splice(0)
  }
}
