import { type Random, randomInt } from '../../base/random.ts'
import { Closest, offerZones, type Preference } from './closest.ts'
import type { MembershipOptions } from './options.ts'
import type { PeerRecord } from './peer-record.ts'
import { bitsOf, inZone, labelOf, MAX_ZONE_BITS, parentOf, pointOf } from './point.ts'

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
  /** The lists are never changed, only replaced: none takes more room than it needs, and tables may share them. */
  readonly #far = new Map<number, readonly PeerRecord[]>()
  readonly #tombs = new Map<string, Tombstone>()
  /** Numbers of records that brought peers back: not all of them are kept here, and older obituaries still go round. */
  readonly #returned = new Map<string, number>()
  /** Goes round the zones; a map's iterator bears changes. */
  #cursor = this.#far.entries()
  #farCount = 0
  /** Zones among them by the bits of their labels: most numbers of bits have none. */
  readonly #farZones = new Uint32Array(MAX_ZONE_BITS + 1)
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

  /** @param point of the PeerId, when it is known: it need not be computed */
  get(peerId: string, point?: number): PeerRecord | undefined {
    const near = this.#near.get(peerId)
    if (near || this.#farCount === 0) return near
    point ??= pointOf(peerId)
    for (let bits = MAX_ZONE_BITS; bits >= 0; bits--) {
      if (this.#farZones[bits] === 0) continue
      const found = this.#far.get(labelOf(point, bits))?.find((record) => record.peerId === peerId)
      if (found) return found
    }
    return undefined
  }

  /**
   * Takes in whom a node knows that has been there for long: `near` of its own and the sibling zone, and, unless that is everybody,
   * contacts of each other zone by its label.
   */
  settle(near: Iterable<PeerRecord>, far: Iterable<readonly [number, readonly PeerRecord[]]>): void {
    for (const record of near) if (record.peerId !== this.#self.peerId) this.#near.set(record.peerId, record)
    for (const [label, contacts] of far) {
      this.#isFull = false
      this.#setFar(label, contacts)
    }
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
      if ((this.get(peerId, record.point)?.seq ?? -1) >= record.seq) return 'stale'
      // Its own word counts more than what others said of it.
      if (isBack) this.#tombs.delete(peerId)
      this.bury(peerId, { seq: record.seq, left: true })
      return 'left'
    }
    if (isBack) this.#noteReturn(record)
    const known = isBack ? undefined : this.get(peerId, record.point)
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
    if ((known && known.seq > tomb.seq) || (this.#returned.get(peerId) ?? -1) > tomb.seq) return false
    if (known) this.remove(known)
    this.#returned.delete(peerId)
    this.#remember(this.#tombs, peerId, tomb)
    return true
  }

  /** Forgets a peer as if it had never been known. */
  remove(record: PeerRecord): void {
    if (this.#near.delete(record.peerId)) return
    const label = labelOf(record.point, record.zoneBits)
    const contacts = this.#far.get(label)
    const others = contacts?.filter(({ peerId }) => peerId !== record.peerId) ?? []
    if (others.length === (contacts?.length ?? 0)) return
    this.#setFar(label, others)
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

  /** The `limit` best of those that count, longest common prefix with `point` first. */
  closest(point: number, limit: number, preference: Preference): PeerRecord[] {
    const closest = new Closest(point, limit, preference)
    closest.offer(this.#near.values())
    if (this.#farCount > 0) offerZones(closest, point, this.#far)
    return closest.records()
  }

  /** The same of {@link near} alone. */
  closestNear(point: number, limit: number, preference: Preference): PeerRecord[] {
    const closest = new Closest(point, limit, preference)
    closest.offer(this.#near.values())
    return closest.records()
  }

  /** About `count` different peers: near ones at random, those of other zones from one zone after another. */
  sample(count: number): PeerRecord[] {
    const near = [...this.#near.values()]
    const chosen = new Set<PeerRecord>()
    const nearShare = near.length / Math.max(1, this.size)
    for (let i = 0; i < count && chosen.size < this.size; i++) {
      if (near.length > 0 && this.#random.float() < nearShare) {
        const at = randomInt(this.#random, near.length)
        chosen.add(near[at]!)
        near[at] = near.at(-1)!
        near.pop()
      } else if (this.#farCount > 0) {
        let zone = this.#next()
        for (let skips = randomInt(this.#random, 3); skips > 0; skips--) zone = this.#next()
        chosen.add(zone![1][randomInt(this.#random, zone![1].length)]!)
      }
    }
    return [...chosen]
  }

  /** The next `count` of the other zones, all of them by and by; each once. */
  nextZones(count: number): [number, readonly PeerRecord[]][] {
    return Array.from({ length: Math.min(count, this.#far.size) }, () => this.#next()!)
  }

  /**
   * Whoever can matter to the question where the zones around `point`, which lies in the own zone, end: the near ones, and all others only
   * when some of them say that theirs are so wide that the point lies within.
   */
  *around(point: number): Generator<PeerRecord> {
    yield* this.#near.values()
    for (let bits = MAX_ZONE_BITS; bits >= 0; bits--) {
      if (!this.#far.has(labelOf(point, bits))) continue
      for (const contacts of this.#far.values()) yield* contacts
      return
    }
  }

  #noteReturn({ peerId, seq }: PeerRecord): void {
    this.#tombs.delete(peerId)
    this.#remember(this.#returned, peerId, seq)
  }

  /** Forgets what was noted longest ago when there is too much. */
  #remember<T>(notes: Map<string, T>, peerId: string, note: T): void {
    notes.delete(peerId)
    notes.set(peerId, note)
    if (notes.size > this.#options.maxTombstones) notes.delete(notes.keys().next().value!)
  }

  #next(): [number, readonly PeerRecord[]] | undefined {
    const next = this.#cursor.next()
    if (!next.done) return next.value
    this.#cursor = this.#far.entries()
    return this.#cursor.next().value
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
    const contacts = this.#far.get(label) ?? []
    if (contacts.length < this.#options.contactsPerZone) {
      this.#setFar(label, [...contacts, record])
      return true
    }
    // Now and then a newcomer takes a place, so that not everybody turns to the same few.
    if (randomInt(this.#random, 4) > 0) return false
    this.#setFar(label, contacts.with(randomInt(this.#random, contacts.length), record))
    return true
  }

  #setFar(label: number, contacts: readonly PeerRecord[]): void {
    const before = this.#far.get(label)?.length ?? 0
    this.#farCount += contacts.length - before
    if (before === 0) this.#farZones[bitsOf(label)]! += 1
    if (contacts.length > 0) return void this.#far.set(label, contacts)
    this.#far.delete(label)
    this.#farZones[bitsOf(label)]! -= 1
  }
}
