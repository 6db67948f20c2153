import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type {
  BlockMapView,
  DownloadChanges,
  DownloadState,
  DownloadsPort,
  DownloadView,
  FoundTarget,
  StartOptions,
} from '../api/node-port.ts'
import type { CidTarget, Target } from '../api/requests/target.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import { sameStat } from '../storage/catalogue-types.ts'
import type { DownloadManager } from '../transfer/downloads.ts'
import { parseMirrors } from '../transfer/mirror/mirror-url.ts'
import { safeName } from '../transfer/safe-name.ts'
import type { Discovery } from './discovery.ts'
import { describe, findByName } from './targets.ts'

interface Parts {
  readonly catalogue: Catalogue
  readonly discovery: Discovery
  readonly transfer: { readonly downloads: DownloadManager }
}

/** The link says all that would be asked for. */
const isDescribed = ({ name, sizeBytes }: CidTarget) => name !== undefined && sizeBytes !== undefined

/** Downloads as the API wants them: from a target that a person named, and without fetching twice what is there. */
export class NodeDownloads implements DownloadsPort {
  readonly #parts: Parts
  readonly #onRemoved: () => void

  /** @param onRemoved some were taken off the list */
  constructor(parts: Parts, onRemoved: () => void) {
    this.#parts = parts
    this.#onRemoved = onRemoved
  }

  async start(
    target: Target,
    { out, name, signal, priority, sequential, mirrors = [] }: StartOptions,
  ): Promise<{ view: DownloadView; created: boolean }> {
    const { discovery, transfer } = this.#parts
    // Before anybody is asked for anything.
    parseMirrors(mirrors)
    if (target.kind === 'cid') discovery.hints.remember(target.cid, target.peers ?? [])
    const found =
      target.kind === 'name'
        ? await findByName(target.name, discovery.locators, signal)
        : isDescribed(target)
          ? { cid: target.cid, name: target.name, entry: undefined }
          : await describe(target.cid, discovery.locators, signal)
    const given = name ?? (target.kind === 'cid' ? target.name : undefined)
    const wanted = given ?? found.name
    const finished = await this.#finished(found.cid, wanted, out)
    if (finished) return { view: finished, created: false }
    signal.throwIfAborted()
    const before = new Set(transfer.downloads.list().map((view) => view.id))
    const view = await transfer.downloads.add({
      cid: found.cid,
      name: wanted,
      sizeBytes: found.entry?.sizeBytes ?? (target.kind === 'cid' ? target.sizeBytes : undefined),
      ...{ out, priority, sequential, mirrors },
    })
    return { view, created: !before.has(view.id) }
  }

  async find(target: Target, signal: AbortSignal): Promise<FoundTarget> {
    if (target.kind === 'cid') return { cid: target.cid, name: target.name }
    const { cid, name } = await findByName(target.name, this.#parts.discovery.locators, signal)
    return { cid, name }
  }

  /** The finished download of the same content to the same place, when its file is still what it was. */
  async #finished(
    cid: string,
    name: string | undefined,
    out: string | undefined,
  ): Promise<DownloadView | undefined> {
    const { catalogue, transfer } = this.#parts
    const located = catalogue.find(cid)
    if (located?.entry.kind !== 'file') return undefined
    for (const view of transfer.downloads.list()) {
      if (view.cid !== cid || view.state !== 'done') continue
      // Where it is when no name was told: in any folder; in a folder that was told: under its name.
      const isNamed = name === undefined || view.name === safeName(name)
      const isThere = out === undefined || resolve(out) === dirname(view.path)
      if (out !== view.path && !(isThere && isNamed)) continue
      const copy = [located, ...located.others].find((one) => one.absPath === view.path)
      const now = copy && (await stat(copy.absPath).catch(() => undefined))
      if (now && sameStat(now, copy.stat)) return view
    }
    return undefined
  }

  pause(id: string): Promise<DownloadView> {
    return this.#parts.transfer.downloads.pause(id)
  }

  resume(id: string): Promise<DownloadView> {
    return this.#parts.transfer.downloads.resume(id)
  }

  cancel(id: string): Promise<DownloadView> {
    return this.#parts.transfer.downloads.cancel(id)
  }

  change(id: string, changes: DownloadChanges): DownloadView {
    return this.#parts.transfer.downloads.change(id, changes)
  }

  async remove(id: string): Promise<void> {
    await this.#parts.transfer.downloads.remove(id)
    this.#onRemoved()
  }

  async clear(states: readonly DownloadState[]): Promise<number> {
    const removed = await this.#parts.transfer.downloads.clear(states)
    if (removed > 0) this.#onRemoved()
    return removed
  }

  blocks(id: string, cells: number): BlockMapView {
    return this.#parts.transfer.downloads.blocks(id, cells)
  }

  get(id: string): DownloadView | undefined {
    return this.#parts.transfer.downloads.get(id)
  }

  list(): DownloadView[] {
    return this.#parts.transfer.downloads.list()
  }

  watch(id: string, signal: AbortSignal): AsyncIterable<DownloadView> {
    return this.#parts.transfer.downloads.watch(id, signal)
  }
}
