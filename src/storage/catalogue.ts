import { dirname, join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { EntryKey, EntryKind, SharedEntry } from '../content/entry.ts'
import type { BlockSpan } from '../content/manifest.ts'
import { CATALOGUE_MIGRATIONS } from './catalogue-schema.ts'
import type {
  CatalogueChange,
  CataloguedFile,
  CataloguedFolder,
  CatalogueQuery,
  Child,
  Damage,
  FilePlace,
  KnownContent,
  KnownFile,
  ListOptions,
  ListPage,
  Located,
  PathKey,
  Share,
  ShareOrigin,
  StaleFolder,
} from './catalogue-types.ts'
import { ContentReader } from './content-reader.ts'
import { EntryReader } from './entry-reader.ts'
import { EntryWriter } from './entry-writer.ts'
import { FolderTable } from './folder-table.ts'
import { Handle } from './handle.ts'
import { type FilesStep, LayoutTable } from './layout-table.ts'
import { ShareList } from './share-list.ts'
import { ShareTable } from './share-table.ts'

/**
 * What the node shares: one SQLite file. It survives the death of the process at any moment; a damaged one is set aside and the
 * library fills a new one by scanning, for which the list of shares is kept in shares.json beside it.
 *
 * Entries of shares whose root is missing are kept, and neither found nor told. All methods are synchronous and short; what may be long comes in steps.
 * Errors: IO, NO_SPACE, BUSY.
 */
export class Catalogue {
  /** The database was found damaged while in use and is empty now, but for the shares: scan them. */
  readonly rebuilt = new Emitter<void>()
  readonly #handle: Handle
  readonly #shares: ShareTable
  readonly #writer: EntryWriter
  readonly #reader: EntryReader
  readonly #folders: FolderTable
  readonly #layouts: LayoutTable
  readonly #contents: ContentReader

  private constructor(handle: Handle, shares: ShareTable) {
    this.#handle = handle
    this.#shares = shares
    this.#writer = new EntryWriter(handle)
    this.#reader = new EntryReader(handle)
    this.#folders = new FolderTable(handle, this.#writer)
    this.#layouts = new LayoutTable(handle)
    this.#contents = new ContentReader(handle)
    handle.rebuilt.on(() => {
      shares.restore()
      this.rebuilt.emit()
    })
  }

  /** @returns the catalogue, and whether a damaged one was replaced. Errors as openOrRebuild. */
  static open(
    path: string,
    { log, clock = systemClock }: { log: Logger; clock?: Clock },
  ): { catalogue: Catalogue; rebuilt: boolean } {
    const handle = new Handle({ path, migrations: CATALOGUE_MIGRATIONS, log, clock })
    const list = new ShareList(join(dirname(path), 'shares.json'), log)
    const shares = new ShareTable({ handle, list, clock })
    return { catalogue: new Catalogue(handle, shares), rebuilt: handle.replacedDamaged }
  }

  /** The share of that path, new or as it was with origin and kind as given. */
  addShare(absPath: string, kind: EntryKind, origin: ShareOrigin): Share {
    return this.#shares.add(absPath, kind, origin)
  }

  /** Its entries go with it, unsaid: withdraw them first. */
  removeShare(id: number): void {
    this.#handle.transaction(() => {
      this.#shares.remove(id)
      this.#writer.bumpRevision()
    })
  }

  shares(): Share[] {
    return this.#shares.all()
  }

  share(id: number): Share | undefined {
    return this.#shares.get(id)
  }

  shareAt(absPath: string): Share | undefined {
    return this.#shares.byPath(absPath)
  }

  /** Hides or shows all entries of a share. True when that is new. */
  setMissing(shareId: number, missing: boolean): boolean {
    return this.#handle.transaction(() => {
      const changed = this.#shares.setMissing(shareId, missing)
      if (changed) this.#writer.bumpRevision()
      return changed
    })
  }

  setRootDev(shareId: number, dev: number): void {
    this.#shares.setRootDev(shareId, dev)
  }

  /** Takes paths, with all below them, out of a share for good. Their entries are for the caller to remove. */
  exclude(shareId: number, relPaths: readonly string[]): void {
    this.#shares.exclude(shareId, relPaths)
  }

  /** Undoes {@link exclude} for the path, all below it and the folders above it. True when there was any. */
  include(shareId: number, relPath: string): boolean {
    return this.#shares.include(shareId, relPath)
  }

  isExcluded(shareId: number, relPath: string): boolean {
    return this.#shares.isExcluded(shareId, relPath)
  }

  /** Adds or replaces files in one transaction, makes the folders above them known and marks those stale. */
  putFiles(files: readonly CataloguedFile[]): CatalogueChange {
    return this.#writer.putFiles(files)
  }

  /** Hides a file whose bytes are wrong, or with undefined shows it again. Left out when the path has another content or stat by now. */
  setDamage(file: KnownContent, damage: Damage | undefined): CatalogueChange {
    return this.#writer.setDamage(file, damage)
  }

  /** Removes single paths. */
  removeFiles(keys: readonly PathKey[]): EntryKey[] {
    return this.#writer.remove(keys)
  }

  /** Removes a path with all below it, at most `limit` rows a call: call again until `done`. */
  removeTree(key: PathKey, limit: number): { removed: EntryKey[]; done: boolean } {
    return this.#writer.removeTree(key, limit)
  }

  /** Makes folders known, empty ones too. */
  ensureFolders(shareId: number, relPaths: readonly string[]): CatalogueChange {
    return this.#writer.ensureFolders(shareId, relPaths)
  }

  filesOfShare(shareId: number): Iterable<KnownFile> {
    return this.#folders.files(shareId)
  }

  /** Rows directly in a folder, in steps of at most 1000. */
  childrenOf(shareId: number, relPath: string): Iterable<Child[]> {
    return this.#folders.children(shareId, relPath)
  }

  child(shareId: number, relPath: string): Child | undefined {
    return this.#folders.child(shareId, relPath)
  }

  /** Folders whose CID is not right, the deepest first. */
  staleFolders(shareId: number, limit: number): StaleFolder[] {
    return this.#folders.stale(shareId, limit)
  }

  /** Stores a built folder with its nodes. */
  putFolder(folder: CataloguedFolder): CatalogueChange {
    return this.#folders.put(folder)
  }

  /** A dag-pb node of a shared folder. */
  node(cid: string): Uint8Array | undefined {
    return this.#folders.node(cid)
  }

  /** Files of more than one block that may have a block with this digest, some at a time. @param after `next` of the step before, 0 at first */
  filesWithDigest(digest: Uint8Array, after: number): FilesStep {
    return this.#layouts.withDigest(digest, after)
  }

  /** Files of more than so many blocks, some at a time, as {@link filesWithDigest}. */
  filesLargerThan(blocks: number, after: number): FilesStep {
    return this.#layouts.largerThan(blocks, after)
  }

  /** Any one entry of that CID. */
  entry(cid: string): SharedEntry | undefined {
    return this.#reader.entry(cid)
  }

  /** The entry at one path of a share; undefined when there is none, or a folder without a CID yet. */
  entryAt(key: PathKey): SharedEntry | undefined {
    return this.#reader.entryAt(key)
  }

  /** Paths that have a CID, at most `limit`, whether their roots are there or not. */
  pathsOf(cid: string, limit: number): PathKey[] {
    return this.#reader.pathsOf(cid, limit)
  }

  /** Files at a path and below it whose root is there, damaged ones too, in steps of at most 1000. */
  contentsBelow(key: PathKey): Iterable<KnownContent[]> {
    return this.#contents.below(key)
  }

  /** The file at one path; undefined when there is none or its root is away. */
  contentAt(key: PathKey): KnownContent | undefined {
    return this.#contents.at(key)
  }

  /** SHA-256 of blocks `first` to `end` of a file that {@link contentAt} gave; undefined when it is not shared any more. */
  digestsOf(cid: string, span: BlockSpan): Uint8Array | undefined {
    return this.#contents.digests(cid, span)
  }

  /** Where a CID lies on disk. Whether it still does is for the caller to see. */
  find(cid: string): Located | undefined {
    return this.#reader.find(cid)
  }

  /** The same for many files of one block at once: for each SHA-256, hex, one place, or undefined. */
  placesOf(sha256s: readonly string[]): (FilePlace | undefined)[] {
    return this.#reader.placesOf(sha256s)
  }

  bySha256(sha256: string): SharedEntry[] {
    return this.#reader.search({ sha256, limit: 100 })
  }

  /** At most one entry a CID. */
  search(query: CatalogueQuery): SharedEntry[] {
    return this.#reader.search(query)
  }

  /** Every path, in pages. */
  list(options: ListOptions): ListPage {
    return this.#reader.list(options)
  }

  totals(): { files: number; folders: number; sizeBytes: number; damaged: number } {
    return this.#reader.totals()
  }

  /** Changes whenever what can be found does. */
  revision(): string {
    return this.#reader.revision()
  }

  /** Every path that may be found, at most 1000 a batch. */
  batches(): Iterable<SharedEntry[]> {
    return this.#reader.batches()
  }

  /** Every path of one share, whether its root is there or not. */
  batchesOfShare(shareId: number): Iterable<{ entries: SharedEntry[]; keys: EntryKey[] }> {
    return this.#reader.batchesOfShare(shareId)
  }

  close(): void {
    this.#handle.close()
  }
}
