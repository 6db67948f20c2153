import type { Clock, Timer } from '../../base/clock.ts'
import { Limiter } from '../../base/limiter.ts'
import type { Random } from '../../base/random.ts'
import { ZoneService } from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { Links } from '../../link/rpc.ts'
import type { PeerRecord, RecordReader } from '../membership/peer-record.ts'
import { inZone, labelOf } from '../membership/point.ts'
import { bucketPoint } from './keys.ts'
import { MAX_HEADS, MAX_MESSAGE_BYTES, type ZoneOptions } from './options.ts'
import type { OwnPages } from './own-pages.ts'
import { batchesOf, headOf, type Page } from './page.ts'
import type { ZoneMembership } from './ports.ts'

/** What a publisher is made from. */
export interface PublisherSetup {
  readonly membership: ZoneMembership
  readonly recordReader: RecordReader
  readonly pages: OwnPages
  /** Called before everything is told again: a good moment to see whether it is right. */
  readonly onRenewal: () => void
  /** Takes a page of this node's own zone. */
  readonly keep: (page: Page) => void
  readonly links: Links
  readonly clock: Clock
  readonly random: Random
  readonly options: ZoneOptions
}

/** Pages of one zone, and who takes them. */
interface Parcel {
  readonly contacts: readonly PeerRecord[]
  readonly pages: Page[]
}

const CONTACTS = 4

/** Tells the zones what this node shares: new pages soon, the heads of all again and again. */
export class ZonePublisher {
  readonly #setup: PublisherSetup
  readonly #limiter: Limiter
  readonly #dirty = new Set<Page>()
  #timer: Timer | undefined
  #renewal: Timer | undefined
  #isTelling = false
  #isStopped = false
  /** Why pages were not taken at last, for people. */
  refusal: string | undefined

  constructor(setup: PublisherSetup) {
    this.#setup = setup
    this.#limiter = new Limiter(setup.options.publishing)
  }

  /** Pages that are not told yet. */
  get waiting(): number {
    return this.#dirty.size
  }

  get isIdle(): boolean {
    return this.#dirty.size === 0 && !this.#isTelling
  }

  start(): void {
    this.#armRenewal()
  }

  /** Tells these soon. */
  add(pages: Iterable<Page>): void {
    for (const page of pages) this.#dirty.add(page)
    if (this.#dirty.size > 0) this.#arm(0)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#renewal?.cancel()
    this.#dirty.clear()
  }

  #arm(ms: number): void {
    if (this.#isStopped || this.#timer || this.#isTelling) return
    this.#timer = this.#setup.clock.schedule(() => {
      this.#timer = undefined
      void this.#tell()
    }, ms)
  }

  #armRenewal(): void {
    const { clock, random, options } = this.#setup
    this.#renewal = clock.schedule(
      () => {
        if (this.#isStopped) return
        this.#setup.onRenewal()
        void this.#renew().then(() => (this.#isStopped ? undefined : this.#armRenewal()))
      },
      options.republishMs * (0.75 + random.float() / 2),
    )
  }

  async #tell(): Promise<void> {
    this.#isTelling = true
    for (const page of this.#dirty)
      if (this.#setup.pages.get(page.bucket, page.part) !== page) this.#dirty.delete(page)
    const parcels = this.#parcels([...this.#dirty])
    await Promise.all(parcels.map((parcel) => this.#limiter.run(() => this.#deliver(parcel))))
    this.#isTelling = false
    if (this.#dirty.size > 0) this.#arm(this.#setup.options.retryMs * (0.75 + this.#setup.random.float() / 2))
  }

  /** Pages by the zones in which their buckets lie, as far as the contacts' records tell. Those of the own zone are kept at once. */
  #parcels(pages: Page[]): Parcel[] {
    const { membership, keep } = this.#setup
    const parcels: (Parcel & { label: number })[] = []
    pages.sort((a, b) => a.bucket - b.bucket)
    for (const page of pages) {
      const point = bucketPoint(page.bucket)
      if (membership.isInOwnZone(point)) {
        keep(page)
        this.#dirty.delete(page)
        continue
      }
      const last = parcels.at(-1)
      if (last && inZone(point, last.label)) {
        last.pages.push(page)
        continue
      }
      const contacts = membership.closest(point, CONTACTS)
      const first = contacts[0]
      if (first) parcels.push({ contacts, pages: [page], label: labelOf(point, first.zoneBits) })
    }
    return parcels
  }

  async #deliver({ contacts, pages }: Parcel): Promise<void> {
    for (const batch of batchesOf(pages, MAX_MESSAGE_BYTES)) {
      for (const contact of contacts) {
        if (this.#isStopped) return
        if (await this.#publish(contact, batch)) break
      }
    }
  }

  /** False when the contact could not be asked. */
  async #publish(contact: PeerRecord, pages: readonly Page[]): Promise<boolean> {
    const { membership, links, options } = this.#setup
    try {
      const client = links.connect(ZoneService, contact)
      const { refused, reason, closer } = await client.publish(
        { record: membership.record.signed, pages: pages.map(({ signed }) => signed) },
        { timeoutMs: options.callTimeoutMs },
      )
      const isMoved = this.#learn(closer)
      const again = new Set(isMoved ? refused.map(({ bucket, part }) => `${bucket}.${part}`) : [])
      // Whoever had no room for it is asked again at the next renewal.
      for (const page of pages) if (!again.has(`${page.bucket}.${page.part}`)) this.#dirty.delete(page)
      this.refusal = refused.length > 0 ? reason : undefined
      return true
    } catch {
      if (!this.#isStopped) membership.reportFailure(contact.peerId)
      return false
    }
  }

  /** Asks one member of each zone which of the pages told before it lacks, and tells it those. */
  async #renew(): Promise<void> {
    const { options } = this.#setup
    const parcels = this.#parcels([...this.#setup.pages.all()])
    const tasks = parcels.flatMap(({ contacts, pages }) => {
      const parts: Page[][] = []
      for (let at = 0; at < pages.length; at += MAX_HEADS) parts.push(pages.slice(at, at + MAX_HEADS))
      return parts.map((part) => this.#limiter.run(() => this.#renewAt(contacts, part, options)))
    })
    await Promise.all(tasks)
  }

  async #renewAt(contacts: readonly PeerRecord[], pages: Page[], options: ZoneOptions): Promise<void> {
    const { membership, links, pages: own } = this.#setup
    for (const contact of contacts) {
      if (this.#isStopped) return
      try {
        const client = links.connect(ZoneService, contact)
        const { missing, closer } = await client.publish(
          { record: membership.record.signed, renewed: pages.map(headOf) },
          { timeoutMs: options.callTimeoutMs },
        )
        const isMoved = this.#learn(closer)
        this.add(isMoved ? pages : missing.flatMap(({ bucket, part }) => own.get(bucket, part) ?? []))
        return
      } catch {
        if (!this.#isStopped) membership.reportFailure(contact.peerId)
      }
    }
  }

  #learn(closer: readonly Parameters<RecordReader['read']>[0][]): boolean {
    const { membership, recordReader } = this.#setup
    for (const signed of closer.slice(0, 16)) {
      try {
        membership.learn(recordReader.read(signed))
      } catch {
        // A forged record is no help; the others may be.
      }
    }
    return closer.length > 0
  }
}
