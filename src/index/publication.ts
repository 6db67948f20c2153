import type { SharedEntry } from '../content/entry.ts'
import type { PutResult, ShelfMark } from './entry-writer.ts'
import type { IndexStore } from './index-store.ts'
import type { PeerRecord, PeerTable } from './peer-table.ts'
import type { ShelfState } from './records.ts'

/** One batch of a publication. */
export interface PublishBatch {
  readonly entries: readonly SharedEntry[]
  /** Entries of the batch that could not even be read. */
  readonly unreadable?: { readonly count: number; readonly reason: string }
  /** Counted in the first batch of a stream: what is not in this publication is withdrawn when it ends. */
  readonly replace?: boolean
  /** In the last batch: the peer's name for the state that its entries now have; empty or left out for none. */
  readonly revision?: string
}

/** Takes the batches of one publication, already checked. */
export interface Publication {
  /** Stores a batch. Resolves when it is in the database. */
  add(entries: readonly SharedEntry[], revision: string): Promise<PutResult>
  /** The peer has said all. */
  finish(): Promise<void>
  /** The peer is gone before it had said all. */
  abandon(): void
}

export interface PublicationContext {
  readonly store: IndexStore
  readonly table: PeerTable
  readonly peer: PeerRecord
  readonly maxEntries: number
}

/**
 * The claim of a shelf whose entries change one batch at a time. It holds a revision only when it was complete before, and the batch that
 * changed it last named the new state: an interrupted stream leaves no claim.
 */
export function markAfterChange(wasComplete: boolean, revision: string): ShelfMark {
  return wasComplete && revision !== '' ? { complete: true, revision } : { complete: false, revision: '' }
}

/** Adds to what the peer shows; each batch is found as soon as it is stored. */
export class Addition implements Publication {
  readonly #context: PublicationContext
  readonly #wasComplete: boolean

  constructor(context: PublicationContext) {
    this.#context = context
    this.#wasComplete = context.peer.shelf.complete
  }

  async add(entries: readonly SharedEntry[], revision: string): Promise<PutResult> {
    const { store, table, peer, maxEntries } = this.#context
    const mark = markAfterChange(this.#wasComplete, revision)
    const result = await store.writer.call('put', { shelf: peer.shelf.id, entries, mark, maxEntries })
    table.setShelf(peer, result.shelf)
    return result
  }

  async finish(): Promise<void> {}

  abandon(): void {}
}

/**
 * Builds a new shelf out of sight and changes the peer over to it in the end: a searcher sees all of the old or all of the
 * new, and an interrupted publication changes nothing.
 */
export class Replacement implements Publication {
  readonly #context: PublicationContext
  readonly #shelf: ShelfState
  #revision = ''

  private constructor(context: PublicationContext, shelf: ShelfState) {
    this.#context = context
    this.#shelf = shelf
  }

  static async begin(context: PublicationContext): Promise<Replacement> {
    return new Replacement(context, await context.store.writer.call('newShelf'))
  }

  async add(entries: readonly SharedEntry[], revision: string): Promise<PutResult> {
    const { store, maxEntries } = this.#context
    this.#revision = revision
    const mark = { complete: false, revision: '' }
    return store.writer.call('put', { shelf: this.#shelf.id, entries, mark, maxEntries })
  }

  async finish(): Promise<void> {
    const { store, table, peer } = this.#context
    const shelf = await store.writer.call('showShelf', peer.id, this.#shelf.id, this.#revision)
    const old = peer.shelf.id
    table.setShelf(peer, shelf)
    const add = peer.session.state === 'online' ? [shelf.id] : []
    // Only when no search reads the old shelf any more may it be cleared.
    await store.setLive({ add, remove: [old] })
    await store.writer.call('collect', [old])
  }

  abandon(): void {
    // When this fails the thread is gone, and the next start finds the shelf.
    this.#context.store.writer.call('collect', [this.#shelf.id]).catch(() => undefined)
  }
}
