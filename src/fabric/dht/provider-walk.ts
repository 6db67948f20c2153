import type { DhtPeer } from './peers.ts'
import { compareDistance, type Position } from './position.ts'

/** What one peer answered. */
export interface WalkAnswer {
  readonly closer: readonly DhtPeer[]
  readonly providers: readonly DhtPeer[]
}

export interface WalkSetup {
  readonly target: Position
  /** Peers to begin with. */
  readonly start: readonly DhtPeer[]
  readonly self: string
  readonly positionOf: (peerId: string) => Position
  /** So many of the closest peers are asked in all when they know nothing. */
  readonly width: number
  /** See DhtOptions.quorum. */
  readonly quorum: number
}

type State = 'new' | 'asked' | 'answered' | 'failed'

interface Candidate {
  readonly peer: DhtPeer
  readonly position: Position
  state: State
}

/** Candidates kept: those that are farther will not be asked anyway. */
const MAX_CANDIDATES = 200
/** Answers without anything new after which a look-up that has found something ends. */
const QUIET_ANSWERS = 2

/**
 * Whom to ask next for the providers of a key: the nearest that has not been asked, as long as it is among the `width` nearest of
 * those that answer. Ends before when `quorum` of them have told and the last ones told nothing new: all of them were told of a
 * provider, but some may have come later, or lie. kad-dht's own look-up ends with the first who names 20.
 */
export class ProviderWalk {
  readonly #setup: WalkSetup
  readonly #candidates = new Map<string, Candidate>()
  readonly #found = new Set<string>()
  #sorted: Candidate[] | undefined
  #telling = 0
  #quiet = 0

  constructor(setup: WalkSetup) {
    this.#setup = setup
    this.#add(setup.start)
  }

  /** The next to be asked, which counts as asked from now on; undefined when there is none now. */
  next(): DhtPeer | undefined {
    if (this.isEnough) return undefined
    const candidate = this.#nearest().find(({ state }) => state === 'new')
    if (!candidate) return undefined
    candidate.state = 'asked'
    return candidate.peer
  }

  /** Takes an answer in; returns the providers that are new. */
  answered(peerId: string, { closer, providers }: WalkAnswer): DhtPeer[] {
    this.#mark(peerId, 'answered')
    this.#add(closer)
    const fresh = providers.filter((provider) => !this.#found.has(provider.peerId))
    for (const provider of fresh) this.#found.add(provider.peerId)
    if (providers.length > 0) this.#telling++
    this.#quiet = fresh.length > 0 ? 0 : this.#quiet + 1
    return fresh
  }

  failed(peerId: string): void {
    this.#mark(peerId, 'failed')
  }

  /** Peers that answered. */
  get answers(): number {
    let count = 0
    for (const { state } of this.#candidates.values()) if (state === 'answered') count++
    return count
  }

  /** Nobody else has to be asked, whatever those may answer who have been. */
  get isEnough(): boolean {
    return this.#telling >= this.#setup.quorum && this.#quiet >= QUIET_ANSWERS
  }

  /** The `width` nearest that have not failed. */
  #nearest(): Candidate[] {
    const { target, width } = this.#setup
    this.#sorted ??= [...this.#candidates.values()].sort((a, b) =>
      compareDistance(target, a.position, b.position),
    )
    return this.#sorted.filter(({ state }) => state !== 'failed').slice(0, width)
  }

  #mark(peerId: string, state: State): void {
    const candidate = this.#candidates.get(peerId)
    if (candidate) candidate.state = state
  }

  #add(peers: readonly DhtPeer[]): void {
    const { self, positionOf } = this.#setup
    for (const peer of peers) {
      if (peer.peerId === self || this.#candidates.has(peer.peerId)) continue
      this.#candidates.set(peer.peerId, { peer, position: positionOf(peer.peerId), state: 'new' })
      this.#sorted = undefined
    }
    if (this.#candidates.size <= MAX_CANDIDATES) return
    const { target } = this.#setup
    const farthest = [...this.#candidates.values()]
      .filter(({ state }) => state === 'new')
      .sort((a, b) => compareDistance(target, b.position, a.position))
    for (const { peer } of farthest.slice(0, this.#candidates.size - MAX_CANDIDATES))
      this.#candidates.delete(peer.peerId)
  }
}
