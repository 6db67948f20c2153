import type { Clock } from '../base/clock.ts'
import type { PeerUpdate, ShelfState, StoredPeer } from './records.ts'
import { SortedKeys } from './sorted-keys.ts'

/** Whether a peer is there. The lease's end is on the steady clock: a wall clock that jumps ends no session. */
export type Session =
  | { readonly state: 'online'; readonly leaseEndMs: number }
  | { readonly state: 'offline' }

/** What a peer says of itself at login. */
export interface PeerFacts {
  readonly name: string
  readonly version: string
  readonly addresses: readonly string[]
  readonly observedHost: string
  readonly tokenHash: Uint8Array | undefined
}

/** A peer that is online, or was within the retention time. Only {@link PeerTable} changes it. */
export interface PeerRecord extends Readonly<PeerFacts> {
  readonly id: number
  readonly peerId: string
  readonly session: Session
  /** Last sign of life, ms since the Unix epoch. */
  readonly lastSeenMs: number
  readonly shelf: ShelfState
}

type Draft = { -readonly [K in keyof PeerRecord]: PeerRecord[K] }

/** All peers that the server knows, in memory. Leases all have one length, so the order of renewal is the order of expiry. */
export class PeerTable {
  readonly #clock: Clock
  readonly #leaseMs: number
  readonly #peers = new Map<string, Draft>()
  readonly #byShelf = new Map<number, Draft>()
  readonly #byToken = new Map<string, Draft>()
  /** Those online, the next to expire first. */
  readonly #online = new Map<string, Draft>()
  readonly #order = new SortedKeys()
  readonly #onHost = new Map<string, number>()
  readonly #unsaved = new Set<Draft>()
  #entriesOnline = 0

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock
    this.#leaseMs = leaseMs
  }

  /** Takes over a stored peer; its session goes on when its lease has not ended. Call in order of lease ends. */
  restore(stored: StoredPeer): PeerRecord {
    const { leaseEndMs, ...facts } = stored
    const record: Draft = { ...facts, session: { state: 'offline' } }
    this.#peers.set(record.peerId, record)
    this.#byShelf.set(record.shelf.id, record)
    const leftMs = Math.min(leaseEndMs - this.#clock.now(), this.#leaseMs)
    if (leftMs > 0) this.#goOnline(record, this.#clock.monotonic() + leftMs)
    return record
  }

  /** Offline -> online, or online again with new facts. */
  login(peer: PeerRecord, facts: PeerFacts): void {
    const record = this.#goOffline(peer)
    Object.assign(record, facts)
    record.lastSeenMs = this.#clock.now()
    this.#goOnline(record, this.#clock.monotonic() + this.#leaseMs)
  }

  /** A sign of life of a peer that is online. */
  renew(peer: PeerRecord): void {
    const record = this.#draft(peer)
    record.lastSeenMs = this.#clock.now()
    record.session = { state: 'online', leaseEndMs: this.#clock.monotonic() + this.#leaseMs }
    this.#online.delete(record.peerId)
    this.#online.set(record.peerId, record)
    this.#unsaved.add(record)
  }

  /** Online -> offline. */
  logout(peer: PeerRecord): void {
    this.#goOffline(peer)
  }

  /** Online -> offline for all whose lease has ended. */
  expire(): PeerRecord[] {
    const expired: PeerRecord[] = []
    const now = this.#clock.monotonic()
    for (const record of this.#online.values()) {
      if (record.session.state === 'online' && record.session.leaseEndMs > now) break
      expired.push(this.#goOffline(record))
    }
    return expired
  }

  /** When the next lease ends, on the steady clock; undefined when nobody is online. */
  nextExpiryMs(): number | undefined {
    const [next] = this.#online.values()
    return next?.session.state === 'online' ? next.session.leaseEndMs : undefined
  }

  /** The peer shows this shelf from now on, or its shelf has changed. */
  setShelf(peer: PeerRecord, shelf: ShelfState): void {
    const record = this.#draft(peer)
    if (record.session.state === 'online') this.#entriesOnline += shelf.entries - record.shelf.entries
    this.#byShelf.delete(record.shelf.id)
    record.shelf = shelf
    this.#byShelf.set(shelf.id, record)
  }

  get(peerId: string): PeerRecord | undefined {
    return this.#peers.get(peerId)
  }

  /** The peer, when its lease runs at this very moment, whether or not {@link expire} was called. */
  getOnline(peerId: string): PeerRecord | undefined {
    return this.#ifLive(this.#online.get(peerId))
  }

  onlineByShelf(shelf: number): PeerRecord | undefined {
    return this.#ifLive(this.#byShelf.get(shelf))
  }

  onlineByToken(tokenHash: Uint8Array): PeerRecord | undefined {
    return this.#ifLive(this.#byToken.get(Buffer.from(tokenHash).toString('hex')))
  }

  online(): Iterable<PeerRecord> {
    return this.#online.values()
  }

  /** Peers online, by PeerId, after `cursor`. */
  page(cursor: string | undefined, limit: number): PeerRecord[] {
    return this.#order.after(cursor, limit).map((peerId) => this.#online.get(peerId)!)
  }

  onlineOnHost(host: string): number {
    return this.#onHost.get(host) ?? 0
  }

  /** Offline peers seen last before `beforeMs` (Unix epoch), the oldest first. */
  goneBefore(beforeMs: number): PeerRecord[] {
    return [...this.#peers.values()]
      .filter((peer) => peer.session.state === 'offline' && peer.lastSeenMs < beforeMs)
      .sort((a, b) => a.lastSeenMs - b.lastSeenMs)
  }

  /** Forgets a peer that is offline. */
  forget(peer: PeerRecord): void {
    const record = this.#goOffline(peer)
    this.#peers.delete(record.peerId)
    this.#byShelf.delete(record.shelf.id)
    this.#unsaved.delete(record)
  }

  /** Peers whose session changed since the last call, as the database keeps them. */
  takeUnsaved(): PeerUpdate[] {
    const updates = [...this.#unsaved].map((record) => this.toUpdate(record))
    this.#unsaved.clear()
    return updates
  }

  /** What the database keeps of a peer's session. */
  toUpdate(peer: PeerRecord): PeerUpdate {
    const { id, name, version, addresses, observedHost, tokenHash, lastSeenMs, session } = peer
    const leftMs = session.state === 'online' ? session.leaseEndMs - this.#clock.monotonic() : 0
    const leaseEndMs = leftMs > 0 ? Math.round(this.#clock.now() + leftMs) : 0
    return { id, name, version, addresses, observedHost, tokenHash, lastSeenMs, leaseEndMs }
  }

  get counts(): { readonly online: number; readonly known: number; readonly entriesOnline: number } {
    return { online: this.#online.size, known: this.#peers.size, entriesOnline: this.#entriesOnline }
  }

  #goOnline(record: Draft, leaseEndMs: number): void {
    record.session = { state: 'online', leaseEndMs }
    this.#online.set(record.peerId, record)
    this.#order.add(record.peerId)
    this.#onHost.set(record.observedHost, this.onlineOnHost(record.observedHost) + 1)
    this.#entriesOnline += record.shelf.entries
    if (record.tokenHash) this.#byToken.set(Buffer.from(record.tokenHash).toString('hex'), record)
    this.#unsaved.add(record)
  }

  #goOffline(peer: PeerRecord): Draft {
    const record = this.#draft(peer)
    if (!this.#online.delete(record.peerId)) return record
    record.session = { state: 'offline' }
    this.#order.delete(record.peerId)
    const others = this.onlineOnHost(record.observedHost) - 1
    if (others > 0) this.#onHost.set(record.observedHost, others)
    else this.#onHost.delete(record.observedHost)
    this.#entriesOnline -= record.shelf.entries
    if (record.tokenHash) this.#byToken.delete(Buffer.from(record.tokenHash).toString('hex'))
    record.tokenHash = undefined
    this.#unsaved.add(record)
    return record
  }

  #ifLive(record: Draft | undefined): PeerRecord | undefined {
    if (record?.session.state !== 'online') return undefined
    return record.session.leaseEndMs > this.#clock.monotonic() ? record : undefined
  }

  #draft(peer: PeerRecord): Draft {
    const record = this.#peers.get(peer.peerId)
    if (record !== peer) throw new Error(`peer ${peer.peerId} is not in this table`)
    return record
  }
}
