import type { DownloadsPort, DownloadView } from '../../api/node-port.ts'
import type { Clock } from '../../base/clock.ts'
import { toShoalError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import type { SharedEntry } from '../../content/entry.ts'
import type { WishStore } from '../../storage/wish-store.ts'
import { planFetches } from './fetch-plan.ts'
import type { WishSettings } from './options.ts'

const DAY_MS = 86_400_000

export interface WishFetcherSetup {
  readonly store: WishStore
  readonly downloads: Pick<DownloadsPort, 'start' | 'cancel' | 'list' | 'get'>
  readonly changes: Emitter<DownloadView>
  readonly settings: () => WishSettings
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Starts downloads of what wishes found, within the limits, and ends those that turn out to be larger than they were said to be: what a hit is, only its
 * name and size, is what some peer says.
 */
export class WishFetcher {
  readonly #setup: WishFetcherSetup
  /** Downloads started here that have not ended, by id. Bounded as downloads are. */
  readonly #watched = new Map<string, { readonly wishId: string; readonly cid: string }>()
  #unlisten = () => {}

  constructor(setup: WishFetcherSetup) {
    this.#setup = setup
  }

  /** Watches also what was started before the node was stopped. */
  start(): void {
    const { store, downloads, changes } = this.#setup
    for (const { downloadId, wishId, cid } of store.fetches()) {
      const view = downloads.get(downloadId)
      if (view && !isOver(view)) this.#watched.set(downloadId, { wishId, cid })
    }
    this.#unlisten = changes.on((view) => this.#look(view))
  }

  stop(): void {
    this.#unlisten()
  }

  /** Fetches of `entries` what may be fetched, and notes why the rest is not. */
  async fetch(wishId: string, entries: readonly SharedEntry[], signal: AbortSignal): Promise<void> {
    const { store, settings, clock } = this.#setup
    const { maxFetches, maxBytes } = settings()
    const left = maxFetches - store.fetchesSince(clock.now() - DAY_MS)
    const rest = entries.filter((entry) => !this.#join(wishId, entry))
    const plan = planFetches(rest, { left, maxBytes })
    for (const entry of rest) {
      const verdict = plan.get(entry.cid)!
      if (verdict === 'fetch') await this.#start(wishId, entry, signal)
      else store.holdBack(wishId, entry.cid, verdict)
    }
  }

  /** True when the user fetches it already: that download is not this one's to change or to end. */
  #join(wishId: string, { cid }: SharedEntry): boolean {
    const there = this.#setup.downloads
      .list()
      .find((view) => view.cid === cid && view.state !== 'cancelled' && view.state !== 'failed')
    if (there) this.#setup.store.setDownload(wishId, cid, there.id)
    return there !== undefined
  }

  async #start(wishId: string, { cid, name }: SharedEntry, signal: AbortSignal): Promise<void> {
    const { store, downloads, clock, log } = this.#setup
    const number = store.beginFetch(wishId, cid, clock.now())
    try {
      const { view } = await downloads.start({ kind: 'cid', cid, name }, { priority: 'low', signal })
      store.endFetch(number, view.id)
      store.setDownload(wishId, cid, view.id)
      this.#watched.set(view.id, { wishId, cid })
      this.#look(view)
    } catch (error) {
      store.dropFetch(number)
      signal.throwIfAborted()
      const { code, message } = toShoalError(error)
      log.warn({ cid, code, message }, 'what a wish found is not fetched')
      store.holdBack(wishId, cid, 'failed')
    }
  }

  #look(view: DownloadView): void {
    const watched = this.#watched.get(view.id)
    if (!watched) return
    const { maxBytes } = this.#setup.settings()
    const isTooLarge = maxBytes > 0 && view.sizeBytes > maxBytes
    if (!isTooLarge && !isOver(view)) return
    this.#watched.delete(view.id)
    if (isTooLarge && !isOver(view)) void this.#end(view, watched)
  }

  async #end({ id }: DownloadView, { wishId, cid }: { wishId: string; cid: string }): Promise<void> {
    const { store, downloads, log } = this.#setup
    log.warn({ cid }, 'what a wish fetched is larger than it was said to be, and than is allowed: given up')
    try {
      store.holdBack(wishId, cid, 'size')
      await downloads.cancel(id)
    } catch (error) {
      log.warn({ err: error, cid }, 'a download of a wish did not end')
    }
  }
}

const isOver = ({ state }: DownloadView): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled'
