import type { Clock, Timer } from '../../base/clock.ts'
import { type Random, randomInt } from '../../base/random.ts'
import type { SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type PageHead, ZoneService } from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { Links } from '../../link/rpc.ts'
import type { PeerRecord } from '../membership/peer-record.ts'
import { labelOf } from '../membership/point.ts'
import { Breath } from './breath.ts'
import { Coverage } from './coverage.ts'
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
  #isStopped = false
  #isRunning = false
  readonly #coverage = new Coverage()
  /** Comparisons since the zone changed. */
  #compared = 0
  rounds = 0
  failures = 0

  constructor(setup: SyncerSetup) {
    this.#setup = setup
  }

  /** Whether the directory has all that the zone knows, as far as can be told. */
  get isComplete(): boolean {
    return this.#coverage.missing(this.#setup.membership.zoneMates()).length === 0
  }

  start(): void {
    this.#arm(this.#setup.options.firstSyncMs * this.#setup.random.float() * 0.5)
  }

  /** The zone changed: of a wider one the other half is not known yet. */
  rezone(label: number): void {
    this.#coverage.rezone(label)
    this.#compared = 0
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
    const { membership, random } = this.#setup
    if (this.#isRunning) return
    this.#isRunning = true
    const mates = membership.isInOwnZone(membership.record.point) ? membership.zoneMates() : []
    const missing = this.#coverage.missing(mates)
    const among = missing.length > 0 ? missing : mates
    const mate = among[randomInt(random, among.length)]
    if (mate) await this.syncWith(mate)
    this.#isRunning = false
    this.#arm(this.#waitMs())
  }

  /** Soon after a start or a change of the zone mates miss much themselves, so comparisons begin close together. */
  #waitMs(): number {
    const { random, options } = this.#setup
    if (!this.isComplete) return options.firstSyncMs * (0.75 + random.float() / 2)
    const ms = options.firstSyncMs * 2 ** Math.min(this.#compared, 16)
    return Math.min(options.syncMs, ms) * (0.75 + random.float() / 2)
  }

  /** One comparison; false when it failed. */
  async syncWith(mate: PeerRecord): Promise<boolean> {
    const { membership, store, gossip, links, options } = this.#setup
    // What both of them should know.
    const label = labelOf(mate.point, Math.max(membership.zone.bits, mate.zoneBits))
    const call = { timeoutMs: options.callTimeoutMs }
    this.rounds++
    try {
      const client = links.connect(ZoneService, mate)
      const breath = new Breath(this.#setup.clock)
      const groups = new Set<number>()
      const theirs = new Map<string, number>()
      const wanted: PageHead[] = []
      let isWhole = true
      const request = { zone: label, sums: store.directory.sumsOf(label) }
      for await (const answer of client.sync(request, call)) {
        if (answer.incomplete) isWhole = false
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
      this.#compared++
      // When all are new, two that were compared with know as much as there is to know.
      if (isWhole || this.#compared > 1) this.#coverage.add(label)
      return true
    } catch {
      this.failures++
      return false
    }
  }
}
