import { type Address, keyOf } from './wire.ts'

export interface Peer extends Address {
  status: 'active' | 'inactive'
  /** When it last called or answered; 0 if never. Ms since the Unix epoch, as is the other one. */
  seenAt: number
  /** As `seenAt`, or when it was first heard of. */
  updatedAt: number
}

/** Who is known. When there is no more room, who has been silent for longest makes it, but nobody who is active. */
export class Peers {
  readonly #limit: number
  #peers = new Map<string, Peer>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(address: Address): Peer | undefined {
    return this.#peers.get(keyOf(address))
  }

  all(): Peer[] {
    return [...this.#peers.values()]
  }

  in(status: Peer['status']): Peer[] {
    return this.all().filter((peer) => peer.status === status)
  }

  /** Notes a peer that one has heard of: inactive, if it is new. Undefined: there is no room. */
  meet({ host, port }: Address, now: number): Peer | undefined {
    const known = this.get({ host, port })
    if (known) return known
    if (this.#peers.size >= this.#limit) {
      const silent = this.in('inactive').sort((a, b) => a.updatedAt - b.updatedAt)[0]
      if (!silent) return undefined
      this.#peers.delete(keyOf(silent))
    }
    const peer: Peer = { host, port, status: 'inactive', seenAt: 0, updatedAt: now }
    this.#peers.set(keyOf(peer), peer)
    return peer
  }

  /** Those without a sign of life are active no longer, later they are forgotten. */
  sweep(now: number, { inactiveMs, forgetMs }: { inactiveMs: number; forgetMs: number }): void {
    for (const [key, peer] of this.#peers) {
      const silentMs = now - peer.updatedAt
      if (silentMs > inactiveMs) peer.status = 'inactive'
      if (silentMs > forgetMs) this.#peers.delete(key)
    }
  }
}
