import { ShoalError } from '../../base/errors.ts'
import { wishOf } from '../requests/wish-request.ts'
import type { WishPort, WishView } from '../views/wish-view.ts'

const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'

export const wishViewOf = (id: string, more: Partial<WishView> = {}): WishView => ({
  id,
  words: 'holiday photos',
  fetch: true,
  createdMs: 1_700_000_000_000,
  lastSearchedMs: 1_700_000_001_000,
  nextSearchMs: 1_700_000_601_000.5,
  newHits: 1,
  hits: [
    {
      ...{ cid: CID, name: 'holiday photos.zip', sizeBytes: 5, kind: 'file', providers: 2 },
      ...{ foundMs: 1_700_000_001_000, isNew: true, downloadId: 'd1' },
    },
    {
      ...{ cid: CID, name: 'all holiday photos', sizeBytes: 2 ** 40, kind: 'folder', providers: 0 },
      ...{ foundMs: 1_700_000_000_000, isNew: false, heldBack: 'size' },
    },
  ],
  ...more,
})

/** Wishes in memory; `ask` notes what is to be changed. */
export class FakeWishes implements WishPort {
  readonly views = new Map([['d1', wishViewOf('d1')]])
  readonly #ask: (...what: unknown[]) => void

  constructor(ask: (...what: unknown[]) => void) {
    this.#ask = ask
  }

  add(words: string, { fetch }: { fetch?: boolean | undefined }): { view: WishView; created: boolean } {
    this.#ask('wish', words, fetch)
    const there = [...this.views.values()].find((view) => view.words === words)
    if (there) return { view: there, created: false }
    const { lastSearchedMs: _, nextSearchMs: __, ...view } = wishViewOf(`w${this.views.size + 1}`)
    const added = { ...view, words, fetch: fetch ?? false, newHits: 0, hits: [] }
    this.views.set(added.id, added)
    return { view: added, created: true }
  }

  list(): WishView[] {
    return [...this.views.values()]
  }

  get(id: string): WishView | undefined {
    return this.views.get(id)
  }

  change(id: string, changes: object): WishView {
    this.#ask('change wish', id, changes)
    const { seen, ...rest } = { seen: false, ...changes }
    return { ...wishOf(this.views.get(id)), ...rest, ...(seen && { newHits: 0 }) }
  }

  remove(id: string): void {
    this.#ask('remove wish', id)
    wishOf(this.views.get(id))
    this.views.delete(id)
  }

  async search(id: string): Promise<WishView> {
    this.#ask('search wish', id)
    const view = wishOf(this.views.get(id))
    if (id === 'busy') throw new ShoalError('RATE_LIMITED', 'Wait.', { details: { retryAfterMs: 10 } })
    return view
  }
}
