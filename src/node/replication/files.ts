import { mkdir, rm, stat, statfs, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { type Random, randomInt } from '../../base/random.ts'
import { withDeadline } from '../../base/signals.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { manifestNodes } from '../../content/folder.ts'
import type { FileLayout } from '../../content/layout.ts'
import { type FolderEntry, readManifest } from '../../content/manifest.ts'
import { DIGEST_SIZE } from '../../content/sizes.ts'
import type { Library } from '../../library/library.ts'
import type { BlockToProve, CopyToFetch, FilesPort } from '../../replication/ports.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import { sameStat } from '../../storage/catalogue-types.ts'
import type { DownloadManager } from '../../transfer/downloads.ts'
import { latest } from '../../transfer/latest.ts'
import type { ProviderHints } from '../provider-hints.ts'

export interface ReplicaFilesSetup {
  /** Where copies go, absolute; its last part is {@link REPLICAS_FOLDER}. Asked each time, since the setting can change. */
  readonly folder: () => string
  readonly catalogue: Catalogue
  readonly library: Pick<Library, 'changes' | 'remove'>
  readonly downloads: DownloadManager
  readonly hints: ProviderHints
  readonly clock: Clock
  readonly random: Random
}

/** Nothing outside a folder of this name is ever deleted. */
export const REPLICAS_FOLDER = 'replicas'
/** A finished copy is shared within this, ms: the SHA-256 of a large one, or the entries of a large folder, take a while. */
const SHARED_MS = 30 * 60_000

/** Copies as files of the library, fetched by the node's downloads. */
export class ReplicaFiles implements FilesPort {
  readonly #setup: ReplicaFilesSetup
  /** Ids of the downloads that fetch copies, by CID. Bounded by the copies that are kept. */
  readonly #fetching = new Map<string, string>()

  constructor(setup: ReplicaFilesSetup) {
    this.#setup = setup
  }

  has(cid: string): { path: string; sizeBytes: number } | undefined {
    const located = this.#setup.catalogue.find(cid)
    return located && { path: located.absPath, sizeBytes: located.entry.sizeBytes }
  }

  async fetch({ cid, name, sizeBytes, peers }: CopyToFetch, signal: AbortSignal): Promise<{ path: string }> {
    const { downloads, hints } = this.#setup
    const folder = this.#setup.folder()
    await mkdir(folder, { recursive: true })
    hints.remember(cid, peers)
    const known = this.#fetching.get(cid)
    const { id } =
      (known === undefined ? undefined : downloads.get(known)) ??
      (await downloads.add({ cid, name, out: folder, priority: 'low', maxBytes: sizeBytes }))
    this.#fetching.set(cid, id)
    for await (const view of downloads.watch(id, signal)) {
      if (view.state === 'done') {
        await this.#shared(cid, view.path, signal)
        await this.#forget(cid, id)
        return { path: view.path }
      }
      if (view.state !== 'failed' && view.state !== 'cancelled') continue
      await this.#forget(cid, id)
      const { code = 'CANCELLED', message = 'Somebody has cancelled the download of a copy.' } =
        view.error ?? {}
      throw new ShoalError(code as ShoalError['code'], message)
    }
    throw signal.reason
  }

  async cancel(cid: string): Promise<void> {
    const { downloads } = this.#setup
    const id = this.#fetching.get(cid)
    if (id === undefined) return
    await downloads.cancel(id).catch(ignoreEnded)
    await this.#forget(cid, id)
  }

  doneBytes(cid: string): number {
    const id = this.#fetching.get(cid)
    return (id !== undefined && this.#setup.downloads.get(id)?.doneBytes) || 0
  }

  async remove(cid: string, path: string): Promise<void> {
    if (basename(dirname(path)) !== REPLICAS_FOLDER) return
    const { catalogue, library } = this.#setup
    const located = catalogue.find(cid)
    const place = located && [located, ...located.others].find(({ absPath }) => absPath === path)
    // Somebody has changed or moved it: that is not what was fetched, and not to be deleted.
    if (!located || !place) return
    if (located.entry.kind === 'folder') {
      await library.remove(path)
      await rm(path, { recursive: true, force: true })
      return
    }
    const now = await stat(path).catch(() => undefined)
    await library.remove(path)
    if (now && sameStat(now, place.stat)) await unlink(path)
  }

  async freeBytes(): Promise<number> {
    for (let folder = this.#setup.folder(); ; folder = dirname(folder)) {
      try {
        const { bavail, bsize } = await statfs(folder)
        return bavail * bsize
      } catch (error) {
        // It is made when it is needed.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error
      }
    }
  }

  async randomBlock(cid: string): Promise<BlockToProve | undefined> {
    const located = this.#setup.catalogue.find(cid)
    if (located?.layout) return this.#blockOf(located.layout)
    if (located?.entry.kind !== 'folder') return undefined
    const file = this.#pick(await this.#filesOf(cid))
    const layout = file && this.#setup.catalogue.find(file.cid)?.layout
    return layout && this.#blockOf(layout)
  }

  #blockOf({ cid, sizeBytes, digests }: FileLayout): BlockToProve | undefined {
    const blocks = digests.length / DIGEST_SIZE
    if (sizeBytes === 0 || blocks === 0) return undefined
    const index = randomInt(this.#setup.random, blocks)
    const digest = digests.subarray(index * DIGEST_SIZE, (index + 1) * DIGEST_SIZE)
    return { cid, index, digest, sizeBytes: Math.min(BLOCK_SIZE, sizeBytes - index * BLOCK_SIZE) }
  }

  /** A larger file more often. */
  #pick(files: readonly FolderEntry[]): FolderEntry | undefined {
    const total = files.reduce((sum, { totalBytes }) => sum + totalBytes, 0)
    let at = this.#setup.random.float() * total
    return files.find(({ totalBytes }) => {
      at -= totalBytes
      return at < 0
    })
  }

  async #filesOf(cid: string): Promise<FolderEntry[]> {
    const { catalogue } = this.#setup
    const nodes = async function* () {
      yield* manifestNodes(cid, (each) => catalogue.node(each))
    }
    const manifest = await readManifest(cid, nodes())
    return manifest.kind === 'folder' ? manifest.entries.filter(({ kind }) => kind === 'file') : []
  }

  /** Resolves when what lies there is in the catalogue. @throws ShoalError TIMED_OUT */
  async #shared(cid: string, path: string, signal: AbortSignal): Promise<void> {
    const { library, clock, catalogue } = this.#setup
    const isThere = () => {
      const located = catalogue.find(cid)
      return located && [located, ...located.others].some(({ absPath }) => absPath === path)
    }
    using deadline = withDeadline(clock, SHARED_MS, signal)
    const changes = latest<void>((give) => library.changes.on(() => give()))
    try {
      while (!isThere()) await changes.next(deadline.signal)
    } finally {
      changes.close()
    }
  }

  async #forget(cid: string, id: string): Promise<void> {
    if (this.#fetching.get(cid) === id) this.#fetching.delete(cid)
    await this.#setup.downloads.remove(id).catch(ignoreEnded)
  }
}

/** It has ended by itself, or somebody else has taken it off the list. */
function ignoreEnded(error: unknown): void {
  if (error instanceof ShoalError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT')) return
  throw error
}

/** Where copies go. */
export const replicasFolder = (downloads: string): string => join(downloads, REPLICAS_FOLDER)
