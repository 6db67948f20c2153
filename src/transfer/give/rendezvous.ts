import { type Random, shuffled } from '../../base/random.ts'
import type { Provider } from '../ports.ts'

/** Most peers that one taker is told of for one file, of the contract: more streams would not make it faster. */
export const MAX_TOLD = 64

/** Takers of one file that are remembered, and files: beyond that newcomers are not made known. */
const MAX_TAKERS = 1024
const MAX_FILES = 4096

interface Taker {
  readonly peer: Provider
  readonly tell: (peers: Provider[]) => void
  /** Peers it was told of. */
  told: number
}

/**
 * Makes those known to each other who fetch the same file here: each has parts that the others want, so that a newcomer is of use to all at
 * once, without a tracker. Bounded; decides nothing but whom to tell of whom.
 */
export class Rendezvous {
  readonly #random: Random
  readonly #files = new Map<string, Set<Taker>>()

  constructor(random: Random) {
    this.#random = random
  }

  /**
   * A peer fetches a file.
   *
   * @param tell given others who do, now and later
   * @returns to be called when it does no longer
   */
  join(cid: string, peer: Provider, tell: (peers: Provider[]) => void): () => void {
    const takers = this.#files.get(cid) ?? new Set<Taker>()
    if (takers.size >= MAX_TAKERS || (takers.size === 0 && this.#files.size >= MAX_FILES)) return () => {}
    this.#files.set(cid, takers)
    const others = [...takers].filter((other) => other.peer.peerId !== peer.peerId)
    const chosen = shuffled(this.#random, others).slice(0, MAX_TOLD)
    const taker: Taker = { peer, tell, told: chosen.length }
    takers.add(taker)
    if (chosen.length > 0) tell(chosen.map((other) => other.peer))
    for (const other of others) {
      if (other.told >= MAX_TOLD) continue
      other.told++
      other.tell([peer])
    }
    return () => {
      takers.delete(taker)
      if (takers.size === 0 && this.#files.get(cid) === takers) this.#files.delete(cid)
    }
  }

  getDebugState(): Record<string, number> {
    return Object.fromEntries([...this.#files].map(([cid, takers]) => [cid, takers.size]))
  }
}
