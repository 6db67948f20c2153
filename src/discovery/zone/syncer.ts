import type { Clock, Timer } from '../../base/clock.ts'
import { type Random, randomInt } from '../../base/random.ts'
import type { SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type PageHead, ZoneService } from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { Links } from '../../link/rpc.ts'
import type { PeerRecord } from '../membership/peer-record.ts'
import { Breath } from './breath.ts'
import type { ZoneGossip } from './gossip.ts'
import { MAX_HEADS, type ZoneOptions } from './options.ts'
import { type Page, pageId } from './page.ts'
import type { ZoneMembership } from './ports.ts'
import type { ZoneStore } from './store.ts'

/** What a syncer is made from. */
export interface SyncerSetup {
  readonly membership: ZoneMembership
  readonly store: ZoneStore
  readonly gossip: ZoneGossip
  readonly links: Links
  readonly clock: Clock
  readonly random: Random
  readonly options: ZoneOptions
}

/**
 * Compares the directory with a random zone-mate's now and then (anti-entropy, Demers et al. 1987), both ways: what this side lacks is fetched,
 * what the other lacks is told.
 */
export class ZoneSyncer {
  readonly #setup: SyncerSetup
  #timer: Timer | undefined
  #isSynced = false
  #isStopped = false
  #isRunning = false
  /** Bits of the zone in which the last comparison succeeded. */
  #syncedBits = Number.POSITIVE_INFINITY
  rounds = 0
  failures = 0

  constructor(setup: SyncerSetup) {
    this.#setup = setup
  }

  /** Whether the directory has all that the zone knows: compared once, or there is nobody to compare with. */
  get isComplete(): boolean {
    return this.#isSynced || this.#setup.membership.zoneMates().length === 0
  }

  start(): void {
    this.#arm(this.#setup.options.firstSyncMs * this.#setup.random.float() * 0.5)
  }

  /** The zone changed: a wider one is not known yet. */
  rezone(bits: number): void {
    if (bits >= this.#syncedBits) return
    this.#isSynced = false
    this.#arm(0)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #arm(ms: number): void {
    if (this.#isStopped) return
    this.#timer?.cancel()
    this.#timer = this.#setup.clock.schedule(() => void this.#round(), ms)
  }

  async #round(): Promise<void> {
    const { membership, random, options } = this.#setup
    if (this.#isRunning) return
    this.#isRunning = true
    const mates = membership.isInOwnZone(membership.record.point) ? membership.zoneMates() : []
    const mate = mates[randomInt(random, mates.length)]
    if (mate) await this.syncWith(mate)
    this.#isRunning = false
    const ms = this.#isSynced ? options.syncMs * (0.75 + random.float() / 2) : options.firstSyncMs
    this.#arm(ms)
  }

  /** One comparison; false when it failed. */
  async syncWith(mate: PeerRecord): Promise<boolean> {
    const { membership, store, gossip, links, options } = this.#setup
    const { label, bits } = membership.zone
    const call = { timeoutMs: options.callTimeoutMs }
    this.rounds++
    try {
      const client = links.connect(ZoneService, mate)
      const breath = new Breath(this.#setup.clock)
      const groups = new Set<number>()
      const theirs = new Map<string, number>()
      const wanted: PageHead[] = []
      const request = { zone: label, sums: store.directory.sumsOf(label) }
      for await (const answer of client.sync(request, call)) {
        for (const group of answer.groups) groups.add(group)
        for (const record of answer.records) store.readRecord(record)
        for (const head of answer.heads) {
          const id = pageId(head.peerId, head.bucket, head.part)
          const version = Number(head.version)
          theirs.set(id, version)
          if ((store.directory.get(id)?.version ?? -1) < version) wanted.push(head)
        }
      }
      for (let at = 0; at < wanted.length; at += MAX_HEADS) {
        const heads = wanted.slice(at, at + MAX_HEADS)
        for await (const { pages } of client.getPages({ heads }, call))
          for (const signed of pages) {
            store.put(store.readPage(signed))
            if (breath.isDue()) await breath.take()
          }
      }
      const lacking: Page[] = []
      const records = new Map<string, SignedPeerRecord>()
      for (const page of groups.size > 0 ? store.directory.inGroups(groups, label) : []) {
        if ((theirs.get(page.id) ?? -1) >= page.version) continue
        lacking.push(page)
        const record = store.recordOf(page.peerId)
        if (record) records.set(page.peerId, record.signed)
      }
      if (lacking.length > 0) await gossip.tell(mate, lacking, [...records.values()])
      this.#isSynced = membership.zone.bits >= bits
      this.#syncedBits = bits
      return true
    } catch {
      this.failures++
      return false
    }
  }
}
