import type { Exchange } from './exchange.ts'
import type { Partners } from './partners.ts'
import type { ReplicaPeer } from './ports.ts'
import type { ReplicaKey, ReplicaSet } from './replica-set.ts'
import type { SetBook } from './set-book.ts'

export interface TellerSetup {
  /** PeerId of this node. */
  readonly self: string
  readonly book: SetBook
  readonly partners: Partners
  readonly exchange: () => Pick<Exchange, 'tell'>
}

/** Collects what peers have to hear of, so that many changes go out in few messages. Of a set that changes again meanwhile only the last state goes. */
export class Teller {
  readonly #setup: TellerSetup
  readonly #news = new Map<string, { peer: ReplicaPeer; keys: Set<ReplicaKey> }>()
  readonly #telling = new Set<string>()

  constructor(setup: TellerSetup) {
    this.#setup = setup
  }

  /** A peer has to hear of a set as it is in the book when it is told. */
  note(peer: ReplicaPeer, key: ReplicaKey): void {
    const news = this.#news.get(peer.peerId) ?? { peer, keys: new Set() }
    news.keys.add(key)
    this.#news.set(peer.peerId, news)
  }

  /** Those who keep a copy have to. */
  noteHolders(key: ReplicaKey, { holders }: Pick<ReplicaSet, 'holders'>): void {
    for (const holder of holders) if (holder.peerId !== this.#setup.self) this.note(holder, key)
  }

  /** Tells all, each peer once at a time; who is gone hears of it once it is back, by its own asking. */
  flush(signal: AbortSignal): Promise<void>[] {
    const { book, partners, exchange } = this.#setup
    return [...this.#news].flatMap(([peerId, { peer, keys }]) => {
      if (this.#telling.has(peerId)) return []
      this.#news.delete(peerId)
      const sets = [...keys].flatMap((key) => book.get(key)?.set ?? [])
      if (sets.length === 0 || partners.isGone(peerId)) return []
      this.#telling.add(peerId)
      return exchange()
        .tell(peer, sets, signal)
        .finally(() => this.#telling.delete(peerId))
    })
  }
}
