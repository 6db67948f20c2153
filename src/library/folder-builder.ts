import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { buildFolder, type FolderFile } from '../content/folder.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { CatalogueChange, PathKey, StaleFolder } from '../storage/catalogue-types.ts'
import { isBelow } from './file-key.ts'
import { Slices } from './slices.ts'

/** Stale folders taken from the catalogue at once. */
const STEP = 200

export interface FolderBuilderParts {
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Logger
  /** Wait after the first change, ms. */
  readonly delayMs: number
  /** True while files of that share are being imported or about to be: its folders would change again at once. */
  readonly isBusy: (shareId: number) => boolean
  readonly onChange: (change: CatalogueChange) => void
  readonly onRest: () => void
}

/**
 * Gives folders their CIDs. A folder depends on what lies directly in it and on the CIDs of its subfolders only, so after a change just the
 * folders above it are built again, the deepest first.
 */
export class FolderBuilder {
  readonly #parts: FolderBuilderParts
  /** Folders that could not be built, so that this is said once. */
  readonly #failed = new Set<string>()
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  readonly #stop = new AbortController()

  constructor(parts: FolderBuilderParts) {
    this.#parts = parts
  }

  /** True while a build is under way or planned. */
  get isBusy(): boolean {
    return this.#timer !== undefined || this.#running !== undefined
  }

  /** Something changed: builds what is stale after a while. */
  poke(): void {
    if (this.#timer || this.#stop.signal.aborted) return
    this.#timer = this.#parts.clock.schedule(() => {
      this.#timer = undefined
      // One that is under way may have passed what changed.
      if (this.#running) this.poke()
      else this.#running = this.#runAll().finally(() => this.#ended())
    }, this.#parts.delayMs)
  }

  /** Builds what is stale in a folder and below it now. Aborts with the signal's reason. */
  async build(top: PathKey, signal?: AbortSignal): Promise<void> {
    const { catalogue, clock } = this.#parts
    const slices = new Slices(clock)
    const skipped = new Set<string>()
    for (;;) {
      const stale = catalogue.staleFolders(top.shareId, STEP + skipped.size).filter((folder) => {
        return !skipped.has(folder.relPath)
      })
      if (stale.length === 0) return
      for (const folder of stale) {
        const key = { shareId: top.shareId, relPath: folder.relPath }
        const built = isBelow(key, top) && (await this.#buildOne(top.shareId, folder, slices, signal))
        if (!built) skipped.add(folder.relPath)
      }
    }
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#stop.abort()
    await this.#running
  }

  async #runAll(): Promise<void> {
    const { catalogue, isBusy, log } = this.#parts
    // One turn: with nothing to build it would be over before its promise is noted as the running one.
    await Promise.resolve()
    try {
      for (const share of catalogue.shares()) {
        if (share.kind !== 'folder' || share.missing) continue
        if (isBusy(share.id)) {
          this.poke()
          continue
        }
        await this.build({ shareId: share.id, relPath: '' }, this.#stop.signal)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) log.error({ err: error }, 'folders could not be built')
    }
  }

  #ended(): void {
    this.#running = undefined
    this.#parts.onRest()
  }

  /** False when it cannot be built: too big, or a folder in it could not be built. */
  async #buildOne(
    shareId: number,
    { relPath, stale }: StaleFolder,
    slices: Slices,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { catalogue, log, onChange } = this.#parts
    const children: FolderFile[] = []
    let sizeBytes = 0
    let modifiedMs = 0
    for (const rows of catalogue.childrenOf(shareId, relPath)) {
      for (const { name, cid, totalBytes, size, mtimeMs, isDamaged } of rows) {
        // What cannot be given is not promised: a folder has the CID of what is left of it.
        if (isDamaged) continue
        if (cid === undefined) return false
        children.push({ path: name, cid, totalBytes })
        sizeBytes += size
        modifiedMs = Math.max(modifiedMs, mtimeMs)
      }
      await slices.breathe(signal)
    }
    try {
      const { cid, totalBytes, nodes } = await buildFolder(children)
      signal?.throwIfAborted()
      const change = catalogue.putFolder({
        shareId,
        relPath,
        cid,
        totalBytes,
        sizeBytes,
        modifiedMs,
        nodes,
        stale,
      })
      if (change.added.length > 0 || change.removed.length > 0) onChange(change)
      return true
    } catch (error) {
      signal?.throwIfAborted()
      const key = `${shareId}:${relPath}`
      if (!this.#failed.has(key)) log.warn({ shareId, relPath, err: error }, 'folder has no CID')
      this.#failed.add(key)
      return false
    }
  }
}
