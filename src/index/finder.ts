import { ShoalError } from '../base/errors.ts'
import { type Random, randomInt, shuffled } from '../base/random.ts'
import { wordsOf } from '../base/words.ts'
import { parseCid } from '../content/cid.ts'
import { ftsQuery } from '../storage/fts.ts'
import { addressesFor } from './addresses.ts'
import type { IndexStore } from './index-store.ts'
import { clampLimit, INDEX_LIMITS } from './options.ts'
import type { PeerRecord, PeerTable } from './peer-table.ts'
import { nameOf } from './rank.ts'
import type { FindRequest, FoundEntry } from './records.ts'
import type { Asker, IndexHit, IndexProvider, IndexQuery } from './registry-types.ts'

export interface FinderContext {
  readonly store: IndexStore
  readonly table: PeerTable
  readonly random: Random
}

/** Answers what is where, naming nobody but peers that are online at this moment. */
export class Finder {
  readonly #context: FinderContext

  constructor(context: FinderContext) {
    this.#context = context
  }

  /**
   * Hits merged by CID, with the cursor of the next page. Words without a single letter or digit find nothing.
   *
   * @throws ShoalError INVALID_ARGUMENT or INVALID_CID for a query that makes no sense; BUSY; the signal's reason
   */
  async find(
    query: IndexQuery & { cursor?: string },
    asker: Asker,
    signal?: AbortSignal,
  ): Promise<{ hits: IndexHit[]; cursor: string }> {
    const request = this.#request(query)
    if (!request) return { hits: [], cursor: '' }
    const { found, next } = await this.#context.store.find(request, signal)
    const hits: IndexHit[] = []
    for (const entry of found) {
      const providers = this.#providers(entry.shelves, asker)
      if (providers.length > 0) hits.push({ entry: toEntry(entry), providers })
    }
    return { hits, cursor: next === undefined ? '' : String(next) }
  }

  /** Peers online that have a CID, in random order. Errors as {@link find}. */
  async providers(
    { cid, limit }: { cid: string; limit?: number },
    asker: Asker,
    signal?: AbortSignal,
  ): Promise<IndexProvider[]> {
    const request = {
      cid: parseCid(cid),
      limit: clampLimit(limit, INDEX_LIMITS.providersDefault, INDEX_LIMITS.providersMax),
      seed: this.#seed(),
    }
    return this.#providers(await this.#context.store.holders(request, signal), asker)
  }

  /** A peer as `asker` may see it. */
  describe({ peerId, name, addresses }: PeerRecord, asker: Pick<Asker, 'host'>): IndexProvider {
    return { peerId, name, addresses: addressesFor(asker.host, addresses) }
  }

  #providers(shelves: readonly number[], asker: Asker): IndexProvider[] {
    const peers = shelves
      .map((shelf) => this.#context.table.onlineByShelf(shelf))
      .filter((peer) => peer !== undefined)
    return shuffled(this.#context.random, peers).map((peer) => this.describe(peer, asker))
  }

  #request({ words, sha256, cid, limit, cursor }: IndexQuery & { cursor?: string }): FindRequest | undefined {
    const text = words?.trim() ?? ''
    if (Buffer.byteLength(text) > INDEX_LIMITS.queryBytes) {
      throw new ShoalError('INVALID_ARGUMENT', `The words have more than ${INDEX_LIMITS.queryBytes} bytes.`)
    }
    if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
      throw new ShoalError('INVALID_ARGUMENT', 'A SHA-256 is 64 hex digits.')
    }
    const match = ftsQuery(text)
    if (text !== '' && match === undefined) return undefined
    const all = wordsOf(text)
    return {
      match,
      words: text.endsWith('*') ? all.slice(0, -1) : all,
      sha256: sha256?.toLowerCase(),
      cid: cid === undefined ? undefined : parseCid(cid),
      limit: clampLimit(limit, INDEX_LIMITS.searchDefault, INDEX_LIMITS.searchMax),
      before: readCursor(cursor),
      seed: this.#seed(),
    }
  }

  #seed(): number {
    return randomInt(this.#context.random, 2 ** 32)
  }
}

function readCursor(cursor: string | undefined): number | undefined {
  if (!cursor) return undefined
  if (!/^\d{1,15}$/.test(cursor))
    throw new ShoalError('INVALID_ARGUMENT', 'This is not a cursor of this server.')
  return Number(cursor)
}

function toEntry({ cid, sha256, path, sizeBytes, kind, modifiedMs }: FoundEntry): IndexHit['entry'] {
  return { cid, sha256, name: nameOf(path), path, sizeBytes, kind, modifiedMs }
}
