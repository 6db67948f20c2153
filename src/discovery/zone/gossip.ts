import { create } from '@bufbuild/protobuf'
import type { Clock, Timer } from '../../base/clock.ts'
import type { SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type GossipRequest, GossipRequestSchema, ZoneService } from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { Links } from '../../link/rpc.ts'
import type { PeerRecord } from '../membership/peer-record.ts'
import { MAX_MESSAGE_BYTES, type ZoneOptions } from './options.ts'
import { batchesOf, type Page } from './page.ts'
import type { ZoneMembership } from './ports.ts'

const MAX_RECORDS = 200

/** Tells zone-mates what is new here, gathered for a while, each thing once. What a mate misses comes to it when it compares. */
export class ZoneGossip {
  readonly #membership: ZoneMembership
  readonly #links: Links
  readonly #clock: Clock
  readonly #options: ZoneOptions
  #pages = new Map<string, Page>()
  #records = new Map<string, PeerRecord>()
  #timer: Timer | undefined
  #dueMs = 0
  #sending = 0
  #isStopped = false

  constructor(membership: ZoneMembership, links: Links, clock: Clock, options: ZoneOptions) {
    this.#membership = membership
    this.#links = links
    this.#clock = clock
    this.#options = options
  }

  /** Nothing waits and nothing is on its way. */
  get isIdle(): boolean {
    return this.#pages.size === 0 && this.#records.size === 0 && this.#sending === 0
  }

  /** Tells a new page; its publisher's record goes with it. */
  addPage(page: Page, record: PeerRecord | undefined): void {
    this.#pages.set(page.id, page)
    if (record) this.#records.set(record.peerId, record)
    this.#arm(this.#options.gossipMs)
  }

  /** Tells a newer record; there is no hurry. */
  addRecord(record: PeerRecord): void {
    this.#records.set(record.peerId, record)
    this.#arm(this.#options.recordGossipMs)
  }

  /** Tells one mate alone what it lacks. */
  async tell(mate: PeerRecord, pages: Iterable<Page>, records: readonly SignedPeerRecord[]): Promise<void> {
    for (const request of requestsOf(pages, records)) await this.#send(mate, request)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#pages.clear()
    this.#records.clear()
  }

  #arm(ms: number): void {
    if (this.#isStopped) return
    const dueMs = this.#clock.monotonic() + ms
    if (this.#timer && this.#dueMs <= dueMs) return
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = this.#clock.schedule(() => void this.#flush(), ms)
  }

  async #flush(): Promise<void> {
    this.#timer = undefined
    const requests = [
      ...requestsOf(
        this.#pages.values(),
        [...this.#records.values()].map(({ signed }) => signed),
      ),
    ]
    this.#pages = new Map()
    this.#records = new Map()
    this.#sending++
    try {
      await Promise.all(
        this.#membership.zoneMates().map(async (mate) => {
          for (const request of requests) if (!(await this.#send(mate, request))) return
        }),
      )
    } finally {
      this.#sending--
    }
  }

  async #send(mate: PeerRecord, request: GossipRequest): Promise<boolean> {
    if (this.#isStopped) return false
    try {
      const client = this.#links.connect(ZoneService, mate)
      await client.gossip(request, { timeoutMs: this.#options.callTimeoutMs })
      return true
    } catch {
      if (!this.#isStopped) this.#membership.reportFailure(mate.peerId)
      return false
    }
  }
}

function* requestsOf(pages: Iterable<Page>, records: readonly SignedPeerRecord[]): Generator<GossipRequest> {
  // Records first: pages of unknown publishers are not told to anybody. The last of them go with the first pages.
  let at = 0
  for (; records.length - at > MAX_RECORDS; at += MAX_RECORDS)
    yield create(GossipRequestSchema, { records: records.slice(at, at + MAX_RECORDS) })
  let rest = records.slice(at)
  for (const batch of batchesOf(pages, MAX_MESSAGE_BYTES - 500_000)) {
    yield create(GossipRequestSchema, { records: rest, pages: batch.map(({ signed }) => signed) })
    rest = []
  }
  if (rest.length > 0) yield create(GossipRequestSchema, { records: rest })
}
