import { BLOCK_SIZE } from '../../content/cid.ts'

/** A file whose blocks are kept. */
export interface CacheOwner {
  /** Whether a block is about to be read: others go before it. */
  isWanted(index: number): boolean
  /** A block is not kept any more. */
  evicted(index: number): void
}

/** What one file has in the cache. */
export interface CacheShare {
  has(index: number): boolean
  /** Not to be changed. */
  get(index: number): Uint8Array | undefined
  /** Keeps a block, at most {@link BLOCK_SIZE}; others may go for it. */
  put(index: number, bytes: Uint8Array): void
  /** Lets go of everything; nobody is told. */
  leave(): void
}

interface Entry {
  readonly owner: CacheOwner
  readonly index: number
  readonly bytes: Uint8Array
}

/** Blocks of several files in memory: never more bytes than is said, of all and of each. Those go first that nobody is about to read, used longest ago first. */
export class BlockCache {
  readonly #maxBytes: number
  readonly #maxBytesPerOwner: number
  /** The one used longest ago first. */
  readonly #entries = new Set<Entry>()
  #bytes = 0

  /** @throws RangeError for limits that leave no room for one block */
  constructor({ cacheBytes, cacheBytesPerFile }: { cacheBytes: number; cacheBytesPerFile: number }) {
    if (Math.min(cacheBytes, cacheBytesPerFile) < BLOCK_SIZE)
      throw new RangeError('a cache holds one block at least')
    this.#maxBytes = cacheBytes
    this.#maxBytesPerOwner = cacheBytesPerFile
  }

  get bytes(): number {
    return this.#bytes
  }

  join(owner: CacheOwner): CacheShare {
    const own = new Map<number, Entry>()
    let ownBytes = 0
    const drop = (entry: Entry) => {
      own.delete(entry.index)
      ownBytes -= entry.bytes.length
      this.#remove(entry)
    }
    const counted: CacheOwner = {
      isWanted: (index) => owner.isWanted(index),
      evicted: (index) => {
        ownBytes -= own.get(index)!.bytes.length
        own.delete(index)
        owner.evicted(index)
      },
    }
    return {
      has: (index) => own.has(index),
      get: (index) => {
        const entry = own.get(index)
        if (!entry) return undefined
        this.#entries.delete(entry)
        this.#entries.add(entry)
        return entry.bytes
      },
      put: (index, bytes) => {
        const before = own.get(index)
        if (before) drop(before)
        while (ownBytes + bytes.length > this.#maxBytesPerOwner)
          this.#evict((entry) => entry.owner === counted)
        while (this.#bytes + bytes.length > this.#maxBytes) this.#evict(() => true)
        const entry = { owner: counted, index, bytes }
        own.set(index, entry)
        ownBytes += bytes.length
        this.#entries.add(entry)
        this.#bytes += bytes.length
      },
      leave: () => {
        for (const entry of [...own.values()]) drop(entry)
      },
    }
  }

  #evict(isOf: (entry: Entry) => boolean): void {
    let victim: Entry | undefined
    for (const entry of this.#entries) {
      if (!isOf(entry)) continue
      victim ??= entry
      if (entry.owner.isWanted(entry.index)) continue
      victim = entry
      break
    }
    if (!victim) return
    this.#remove(victim)
    victim.owner.evicted(victim.index)
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry)
    this.#bytes -= entry.bytes.length
  }
}
