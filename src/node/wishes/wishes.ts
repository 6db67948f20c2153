import type { NodeEvent, SearchEvent } from '../../api/node-port.ts'
import { wishNewsJson } from '../../api/views/wish-json.ts'
import { WISH_BOUNDS, type WishChanges, type WishPort, type WishView } from '../../api/views/wish-view.ts'
import { ShoalError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { uuid } from '../../base/random.ts'
import type { SearchQuery } from '../../discovery/locator.ts'
import type { WishRecord } from '../../storage/wish-types.ts'
import { WishFetcher, type WishFetcherSetup } from './fetcher.ts'
import { gather } from './gather.ts'
import { DEFAULT_WISH_OPTIONS, type WishOptions } from './options.ts'
import { WishRunner, type WishRunnerSetup } from './runner.ts'
import { wishKey } from './wish-key.ts'

export interface WishesSetup
  extends WishFetcherSetup,
    Pick<WishRunnerSetup, 'hasPeers' | 'clock' | 'random' | 'log'> {
  /** Searches with every enabled locator, and not in the own library. */
  readonly search: (query: SearchQuery, signal: AbortSignal) => AsyncIterable<SearchEvent>
  /** Whether this node shares the CID. */
  readonly isShared: (cid: string) => boolean
  /** Where news go to. */
  readonly events: Emitter<NodeEvent>
  readonly options?: Partial<WishOptions>
}

/** The wish list: words that are searched for now and then, what was found, and what is fetched of it. */
export class Wishes implements WishPort {
  readonly #setup: WishesSetup
  readonly #options: WishOptions
  readonly #fetcher: WishFetcher
  readonly #runner: WishRunner

  constructor(setup: WishesSetup) {
    const { store, settings } = setup
    this.#setup = setup
    this.#options = { ...DEFAULT_WISH_OPTIONS, ...setup.options }
    this.#fetcher = new WishFetcher(setup)
    this.#runner = new WishRunner({
      ...setup,
      options: this.#options,
      wishes: () => store.list(),
      search: (wish, signal) => this.#search(wish, signal),
      onAlone: () => {
        for (const { id, hasBaseline } of store.list()) if (!hasBaseline) store.setBaseline(id)
      },
      intervalMs: () => settings().intervalMs,
    })
  }

  /** Downloads and locators run already. */
  start(): void {
    this.#fetcher.start()
    this.#runner.start()
  }

  /** Before downloads and locators stop. */
  async stop(): Promise<void> {
    await this.#runner.stop()
    this.#fetcher.stop()
  }

  /** The settings are other ones. */
  changed(): void {
    this.#runner.changed()
  }

  add(words: string, { fetch }: { fetch?: boolean | undefined }): { view: WishView; created: boolean } {
    const { store, random, clock } = this.#setup
    const key = wishKey(words)
    const there = store.byKey(key)
    if (there) {
      if (fetch !== undefined && fetch !== there.fetch) store.setFetch(there.id, fetch)
      return { view: this.#view(there.id), created: false }
    }
    if (store.list().length >= WISH_BOUNDS.maxWishes)
      throw new ShoalError(
        'CONFLICT',
        `There are ${WISH_BOUNDS.maxWishes} wishes, and that is the most. Remove one first.`,
      )
    const id = uuid(random)
    store.add({ id, words, key, fetch: fetch ?? false, createdMs: clock.now(), hasBaseline: false })
    this.#runner.changed()
    return { view: this.#view(id), created: true }
  }

  list(): WishView[] {
    const nextMs = this.#runner.times()
    return this.#setup.store.list().map((wish) => this.#viewOf(wish, nextMs(wish)))
  }

  get(id: string): WishView | undefined {
    const wish = this.#setup.store.get(id)
    return wish && this.#viewOf(wish, this.#runner.times()(wish))
  }

  change(id: string, { fetch, seen }: WishChanges): WishView {
    const { store } = this.#setup
    this.#require(id)
    if (fetch !== undefined) store.setFetch(id, fetch)
    if (seen) store.markSeen(id)
    return this.#view(id)
  }

  remove(id: string): void {
    if (!this.#setup.store.remove(id)) throw unknown()
    this.#runner.changed()
  }

  async search(id: string, signal: AbortSignal): Promise<WishView> {
    await this.#runner.searchNow(this.#require(id), signal)
    return this.#view(id)
  }

  getDebugState(): Record<string, unknown> {
    return this.#runner.getDebugState()
  }

  async #search({ id, words }: WishRecord, signal: AbortSignal): Promise<void> {
    const { store, search, isShared, clock, events } = this.#setup
    const found = await gather(search({ words, limit: this.#options.searchLimit }, signal))
    signal.throwIfAborted()
    const news = store.noteSearch(
      id,
      found.map(({ entry: { cid, name, sizeBytes, kind }, providers }) => ({
        ...{ cid, name, sizeBytes, kind, providers },
        isOwn: isShared(cid),
      })),
      clock.now(),
    )
    for (const hit of news.slice(0, this.#options.maxEvents))
      events.emit({ type: 'wish', data: wishNewsJson({ id, words }, hit) })
    // It may have been changed or removed while it was searched for.
    if (!store.get(id)?.fetch) return
    const held = store.heldByLimits(id).filter((cid) => !isShared(cid))
    const isWanted = new Set([...news.map(({ cid }) => cid), ...held])
    const entries = found.map(({ entry }) => entry).filter(({ cid }) => isWanted.has(cid))
    await this.#fetcher.fetch(id, entries, signal)
  }

  #require(id: string): WishRecord {
    const wish = this.#setup.store.get(id)
    if (!wish) throw unknown()
    return wish
  }

  #view(id: string): WishView {
    const wish = this.#require(id)
    return this.#viewOf(wish, this.#runner.times()(wish))
  }

  #viewOf({ key: _, hasBaseline: __, ...wish }: WishRecord, nextSearchMs: number | undefined): WishView {
    const { store } = this.#setup
    const { id } = wish
    return {
      ...wish,
      nextSearchMs,
      newHits: store.newHits(id),
      hits: store.hits(id, WISH_BOUNDS.hitsShown),
    }
  }
}

const unknown = () => new ShoalError('NOT_FOUND', 'There is no wish with this id.')
