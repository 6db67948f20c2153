import type { Clock, Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { QueryShape } from '../../content/entry-wire.ts'
import type { SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { SignedPage } from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { PeerRecord, RecordReader } from '../membership/peer-record.ts'
import { inZone } from '../membership/point.ts'
import { Directory, type DirectoryHit, type Taken } from './directory.ts'
import { bucketPoint, isPrefixKey } from './keys.ts'
import { SKEW_MS, type ZoneOptions } from './options.ts'
import type { Page } from './page.ts'
import type { PageReader } from './page-reader.ts'
import type { ZoneMembership } from './ports.ts'

/** What a store is made from. */
export interface StoreSetup {
  readonly membership: ZoneMembership
  readonly recordReader: RecordReader
  readonly pageReader: PageReader
  readonly clock: Clock
  readonly random: Random
  readonly options: ZoneOptions
}

/** A directory, the records of those whose pages are in it, and the zone to which it belongs: what is hidden, and what is dropped when. */
export class ZoneStore {
  readonly directory: Directory
  readonly #setup: StoreSetup
  #records = new Map<string, PeerRecord>()
  #isShared = false
  #label: number
  /** Zones left lately. */
  #former: { label: number; untilMs: number }[] = []
  #timer: Timer | undefined

  constructor(setup: StoreSetup) {
    this.#setup = setup
    this.directory = new Directory(setup.options)
    this.#label = setup.membership.zone.label
    this.directory.rezone(this.#label)
  }

  start(): void {
    const { clock, random, options } = this.#setup
    this.#timer = clock.schedule(
      () => {
        this.sweep()
        this.start()
      },
      options.sweepMs * (0.75 + random.float() / 2),
    )
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** The node's zone changed: what lies outside stays for a while. */
  rezone(label: number): void {
    if (label === this.#label) return
    const { clock, options } = this.#setup
    const untilMs = clock.monotonic() + options.keepMs
    this.#former = [...this.#former.filter((one) => one.label !== label), { label: this.#label, untilMs }]
    if (this.#former.length > 8) this.#former.shift()
    this.#label = label
    this.directory.rezone(label)
  }

  /** Whether the zone that has the point is this node's, or was lately. */
  covers(point: number): boolean {
    if (this.#setup.membership.isInOwnZone(point)) return true
    const nowMs = this.#setup.clock.monotonic()
    return this.#former.some(({ label, untilMs }) => untilMs > nowMs && inZone(point, label))
  }

  /** @throws ShoalError BAD_RESPONSE */
  readPage(signed: SignedPage): Page {
    return this.#setup.pageReader.read(signed)
  }

  /** Notes a record; true when it is newer than the one known. @throws ShoalError BAD_RESPONSE */
  readRecord(signed: SignedPeerRecord): { record: PeerRecord; isNews: boolean } {
    const record = this.#setup.recordReader.read(signed)
    return { record, isNews: this.note(record) }
  }

  note(record: PeerRecord): boolean {
    const before = this.#records.get(record.peerId)
    if (before && before.seq >= record.seq) return false
    this.#unshare()
    this.#records.set(record.peerId, record)
    return true
  }

  /** Begins with what another store of the same zone has, see {@link Directory.beginLike}. */
  beginLike(other: ZoneStore): void {
    this.#label = other.#label
    this.directory.beginLike(other.directory)
    this.#records = other.#records
    this.#isShared = true
    other.#isShared = true
  }

  /** The latest record of a publisher. */
  recordOf(peerId: string): PeerRecord | undefined {
    const { membership } = this.#setup
    if (peerId === membership.record.peerId) return membership.record
    // With what it publishes and renews a peer sends its latest record, so what membership knows is no newer.
    return this.#records.get(peerId) ?? membership.find(peerId)
  }

  /** Takes a page if its bucket lies in this zone. */
  put(page: Page): Taken | 'foreign' {
    if (!this.#setup.membership.isInOwnZone(bucketPoint(page.bucket))) return 'foreign'
    return this.directory.put(page)
  }

  /** Whether nothing of the publisher is to be told: gone, or its record is too old. */
  isHidden(peerId: string): boolean {
    const { membership, clock } = this.#setup
    if (peerId === membership.record.peerId) return false
    if (membership.isGone(peerId)) return true
    const record = this.recordOf(peerId)
    return !record || record.left || record.expiresMs + SKEW_MS < clock.now()
  }

  /** Notes what the network says of somebody whose pages are here. */
  hear(record: PeerRecord): void {
    if (this.#records.has(record.peerId)) this.note(record)
  }

  /** Made before its publisher's last start, and not since. */
  isVoid({ peerId, version }: Page): boolean {
    return version < (this.recordOf(peerId)?.sinceMs ?? 0)
  }

  search(key: string, query: QueryShape): { hits: DirectoryHit[]; total: number } {
    const hidden = new Map<string, boolean>()
    const isHidden = (page: Page) => {
      const { peerId } = page
      let is = hidden.get(peerId)
      is ??= this.isHidden(peerId)
      hidden.set(peerId, is)
      return is || this.isVoid(page)
    }
    const turn = isPrefixKey(key) ? 0 : this.#setup.random.float()
    return this.directory.search(key, query, { isHidden, turn })
  }

  /** Drops what is of no use any more: pages of zones left, of peers that left, and of those whose record is too old. */
  sweep(): void {
    const { clock, membership } = this.#setup
    const nowMs = clock.monotonic()
    const isLate = this.#former.some(({ untilMs }) => untilMs <= nowMs)
    this.#former = this.#former.filter(({ untilMs }) => untilMs > nowMs)
    const oldest = clock.now() - SKEW_MS
    const dropped = this.directory.drop(({ peerId, version, bucket }) => {
      if (isLate && !this.covers(bucketPoint(bucket))) return true
      const record = this.recordOf(peerId)
      if (peerId !== membership.record.peerId && (!record || record.left || record.expiresMs < oldest))
        return true
      return version < (record?.sinceMs ?? 0)
    })
    if (dropped === 0) return
    this.#unshare()
    const kept = new Set(this.directory.publishers())
    for (const peerId of this.#records.keys()) if (!kept.has(peerId)) this.#records.delete(peerId)
  }

  #unshare(): void {
    if (!this.#isShared) return
    this.#records = new Map(this.#records)
    this.#isShared = false
  }
}
