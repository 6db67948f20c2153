import { type Random, randomInt } from '../../base/random.ts'
import type { MembershipOptions } from './options.ts'
import type { PeerRecord } from './peer-record.ts'
import { commonPrefix, inZone, labelOf, MAX_ZONE_BITS, parentOf, pointOf } from './point.ts'

/** Somebody who is gone, up to a number: a record with a greater one brings the peer back. */
export interface Tombstone {
  readonly seq: number
  readonly left: boolean
}

/** What a record was to the table. `back`: its peer was thought gone. `stale`: nothing new. */
export type Novelty = 'new' | 'newer' | 'back' | 'left' | 'stale' | 'ignored'

type TableOptions = Pick<MembershipOptions, 'fullTablePeers' | 'contactsPerZone' | 'maxTombstones'>

/**
 * The peers that a node knows. While they are few, all of them; beyond, those of the own and the sibling zone, and some contacts of each
 * other zone. Costs one reference a contact: thousands of tables share their records in a simulation.
 */
export class PeerTable {
  readonly #self: { peerId: string; point: number }
  readonly #options: TableOptions
  readonly #random: Random
  readonly #near = new Map<string, PeerRecord>()
  readonly #far = new Map<number, PeerRecord[]>()
  readonly #tombs = new Map<string, Tombstone>()
  #farCount = 0
  #isFull = true
  #label = 1

  constructor(self: { peerId: string; point: number }, random: Random, options: TableOptions) {
    this.#self = self
    this.#random = random
    this.#options = options
  }

  /** Peers known. */
  get size(): number {
    return this.#near.size + this.#farCount
  }

  /** Whether everybody that was heard of is kept. */
  get knowsAll(): boolean {
    return this.#isFull
  }

  /** Peers of the own and the sibling zone, and everybody else while they are few. */
  near(): IterableIterator<PeerRecord> {
    return this.#near.values()
  }

  *all(): Generator<PeerRecord> {
    yield* this.#near.values()
    for (const contacts of this.#far.values()) yield* contacts
  }

  /** Contacts of other zones by the zone's label. */
  far(): ReadonlyMap<number, readonly PeerRecord[]> {
    return this.#far
  }

  isGone(peerId: string): boolean {
    return this.#tombs.has(peerId)
  }

  tombstone(peerId: string): Tombstone | undefined {
    return this.#tombs.get(peerId)
  }

  get(peerId: string): PeerRecord | undefined {
    const near = this.#near.get(peerId)
    if (near || this.#farCount === 0) return near
    const point = pointOf(peerId)
    for (let bits = MAX_ZONE_BITS; bits >= 0; bits--) {
      const found = this.#far.get(labelOf(point, bits))?.find((record) => record.peerId === peerId)
      if (found) return found
    }
    return undefined
  }

  /** @param direct the peer itself has just shown that it lives: only its own farewell counts against it */
  learn(record: PeerRecord, direct = false): Novelty {
    const { peerId } = record
    if (peerId === this.#self.peerId) return 'ignored'
    const tomb = this.#tombs.get(peerId)
    const isBack =
      tomb !== undefined && (record.seq > tomb.seq || (direct && !tomb.left && record.seq === tomb.seq))
    if (tomb && !isBack) return 'stale'
    if (record.left) {
      if ((this.get(peerId)?.seq ?? -1) >= record.seq) return 'stale'
      this.bury(peerId, { seq: record.seq, left: true })
      return 'left'
    }
    if (isBack) this.#tombs.delete(peerId)
    const known = isBack ? undefined : this.get(peerId)
    if (known && known.seq >= record.seq) return 'stale'
    const isKept = this.#put(record, known)
    if (isBack) return 'back'
    return isKept ? (known ? 'newer' : 'new') : 'ignored'
  }

  /** Notes that a peer is gone. False when that is known already, or a newer record is. */
  bury(peerId: string, tomb: Tombstone): boolean {
    const before = this.#tombs.get(peerId)
    if (before && before.seq >= tomb.seq) return false
    const known = this.get(peerId)
    if (known && known.seq > tomb.seq) return false
    if (known) this.remove(known)
    this.#tombs.delete(peerId)
    this.#tombs.set(peerId, tomb)
    if (this.#tombs.size > this.#options.maxTombstones) this.#tombs.delete(this.#tombs.keys().next().value!)
    return true
  }

  /** Forgets a peer as if it had never been known. */
  remove(record: PeerRecord): void {
    if (this.#near.delete(record.peerId)) return
    const label = labelOf(record.point, record.zoneBits)
    const contacts = this.#far.get(label)
    const at = contacts?.findIndex(({ peerId }) => peerId === record.peerId) ?? -1
    if (at < 0) return
    contacts!.splice(at, 1)
    this.#farCount--
    if (contacts!.length === 0) this.#far.delete(label)
  }

  /** Puts everybody where it belongs when the node's zone is this. */
  rezone(label: number): void {
    this.#label = label
    if (this.#isFull) return
    const moved: PeerRecord[] = []
    for (const record of this.all())
      if (this.#isNear(record) !== this.#near.has(record.peerId)) moved.push(record)
    for (const record of moved) this.remove(record)
    for (const record of moved) this.#put(record, undefined)
  }

  /** The `limit` best of those that `accepts`, longest common prefix with `point` first; among equals the one with the higher `rank`. */
  closest(
    point: number,
    limit: number,
    accepts: (record: PeerRecord) => boolean,
    rank: (record: PeerRecord) => number,
  ): PeerRecord[] {
    const best: { record: PeerRecord; shared: number; rank: number }[] = []
    for (const record of this.all()) {
      const shared = commonPrefix(point, record.point)
      const last = best[limit - 1]
      if ((last && shared < last.shared) || !accepts(record)) continue
      const entry = { record, shared, rank: rank(record) }
      let at = best.length
      while (at > 0 && (best[at - 1]!.shared - shared || best[at - 1]!.rank - entry.rank) < 0) at--
      best.splice(at, 0, entry)
      if (best.length > limit) best.pop()
    }
    return best.map(({ record }) => record)
  }

  #isNear(record: PeerRecord): boolean {
    return this.#isFull || inZone(record.point, parentOf(this.#label))
  }

  #put(record: PeerRecord, known: PeerRecord | undefined): boolean {
    if (known) this.remove(known)
    if (this.#isNear(record)) {
      this.#near.set(record.peerId, record)
      if (this.#isFull && this.#near.size > this.#options.fullTablePeers) {
        this.#isFull = false
        this.rezone(this.#label)
      }
      return true
    }
    if (record.role === 'leaf') return false
    const label = labelOf(record.point, record.zoneBits)
    const contacts = this.#far.get(label)
    if (!contacts) {
      this.#far.set(label, [record])
    } else if (contacts.length < this.#options.contactsPerZone) {
      contacts.push(record)
    } else {
      // Now and then a newcomer takes a place, so that not everybody turns to the same few.
      if (randomInt(this.#random, 4) > 0) return false
      contacts[randomInt(this.#random, contacts.length)] = record
      return true
    }
    this.#farCount++
    return true
  }
}
