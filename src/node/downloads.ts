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
import { refuseGuestCid } from '../content/guest-cid.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import { sameStat } from '../storage/catalogue-types.ts'
import type { DownloadManager } from '../transfer/downloads.ts'
import { parseMirrors } from '../transfer/mirror/mirror-url.ts'
import { safeName } from '../transfer/safe-name.ts'
import type { Discovery } from './discovery.ts'
import { type Described, describe, findByName } from './targets.ts'

interface Parts {
  readonly catalogue: Catalogue
  readonly discovery: Discovery
  readonly transfer: { readonly downloads: DownloadManager }
  /** Undefined when this node speaks no dialect. */
  readonly dialects?: { fetchGuest: FetchGuest } | undefined
}

/**
 * Fetches what a client of a dialect holds: its real CID, undefined when no client has it.
 *
 * @throws ShoalError NOT_FOUND when only its name is known, UNAVAILABLE
 */
export type FetchGuest = (
  cid: string,
  signal: AbortSignal,
) => Promise<{ cid: string; name: string } | undefined>

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
    const found = await this.#described(target, signal)
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
    const isPlain = target.kind === 'cid' && !this.#parts.dialects
    const { cid, name } = isPlain ? target : await this.#described(target, signal)
    return { cid, name }
  }

  /** The content that a target stands for. One that a client of a dialect holds is fetched for it, since only then is its CID known. */
  async #described(target: Target, signal: AbortSignal): Promise<Described> {
    const { discovery, dialects } = this.#parts
    const { locators } = discovery
    const named = target.kind === 'name' ? await findByName(target.name, locators, signal) : undefined
    const cid = named?.cid ?? (target as Exclude<Target, { kind: 'name' }>).cid
    const guest = await dialects?.fetchGuest(cid, signal)
    if (guest) return { cid: guest.cid, name: named?.name ?? guest.name, entry: undefined }
    if (target.kind === 'guest') throw refuseGuestCid(cid)
    if (named) return named
    if (target.kind === 'cid' && isDescribed(target)) return { cid, name: target.name, entry: undefined }
    return await describe(cid, locators, signal)
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
