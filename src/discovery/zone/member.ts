import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { entryToWire, type QueryShape, queryFromWire } from '../../content/entry-wire.ts'
import type { SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type {
  GetPagesResponseSchema,
  PageHead,
  PublishPagesRequest,
  PublishPagesResponseSchema,
  SyncRequest,
  SyncResponseSchema,
  ZoneHitSchema,
  ZoneSearchRequest,
  ZoneSearchResponseSchema,
  ZoneService,
} from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import type { ForeignQueries } from '../foreign-queries.ts'
import { asProvider } from '../membership/peer-record.ts'
import { bitsOf, inZone, labelOf, MAX_ZONE_BITS, parentOf, pointOf } from '../membership/point.ts'
import { Breath } from './breath.ts'
import type { DirectoryHit } from './directory.ts'
import type { ZoneGossip } from './gossip.ts'
import { bucketPoint, isPrefixKey } from './keys.ts'
import { MAX_HEADS, MAX_MESSAGE_BYTES } from './options.ts'
import { batchesOf, headOf, type Page, pageId } from './page.ts'
import type { ZoneMembership } from './ports.ts'
import type { ZoneStore } from './store.ts'

const HITS_PER_MESSAGE = 100
const CLOSER = 8
const MAX_KEY_LENGTH = 1024

type Publication = MessageInitShape<typeof PublishPagesResponseSchema>

export interface ZoneMemberSetup {
  readonly membership: ZoneMembership
  readonly store: ZoneStore
  readonly gossip: ZoneGossip
  readonly isComplete: () => boolean
  readonly clock: Clock
  /** Told of the questions of others. */
  readonly foreign: ForeignQueries | undefined
}

/** What a member of a zone answers to others. */
export class ZoneMember {
  readonly #membership: ZoneMembership
  readonly #store: ZoneStore
  readonly #gossip: ZoneGossip
  readonly #isComplete: () => boolean
  readonly #clock: Clock
  readonly #foreign: ForeignQueries | undefined

  constructor({ membership, store, gossip, isComplete, clock, foreign }: ZoneMemberSetup) {
    this.#membership = membership
    this.#store = store
    this.#gossip = gossip
    this.#isComplete = isComplete
    this.#clock = clock
    this.#foreign = foreign
  }

  readonly service: ServiceImpl<typeof ZoneService> = {
    search: (request, { peerId }) => this.#search(request, peerId),
    publish: (request, context) => this.#publish(request, context),
    gossip: async ({ pages, records }, { peerId }) => {
      // Who is of the sibling zone may think, or may have thought, that both are one.
      if (!inZone(pointOf(peerId), parentOf(this.#membership.zone.label)))
        throw new ShoalError('PERMISSION_DENIED', 'Only members of the zone tell its pages.')
      const breath = new Breath(this.#clock)
      for (const record of records) this.#readRecord(record)
      for (const signed of pages) {
        const page = this.#store.readPage(signed)
        this.#store.put(page)
        if (breath.isDue()) await breath.take()
      }
      return {}
    },
    sync: (request) => this.#sync(request),
    getPages: ({ heads }) => this.#pages(heads),
  }

  async *#search(
    request: ZoneSearchRequest,
    from: string,
  ): AsyncGenerator<MessageInitShape<typeof ZoneSearchResponseSchema>> {
    this.#foreign?.received('zone')
    const { key, shape } = this.#read(request)
    if (isPrefixKey(key) ? this.#membership.zone.bits > 0 : !this.#store.covers(pointOf(key))) {
      yield { closer: this.#closer(pointOf(key)) }
      return
    }
    const { hits, total } = this.#store.search(key, shape)
    this.#foreign?.worked({ locator: 'zone', from, query: shape, hits: hits.length })
    // Of a zone left lately it keeps what it knew, but hears nothing new; it does know who is of that zone.
    const isOwn = isPrefixKey(key) || this.#membership.isInOwnZone(pointOf(key))
    const incomplete = !isOwn || !this.#isComplete()
    const closer = isOwn ? [] : this.#closer(pointOf(key))
    for (let at = 0; at === 0 || at < hits.length; at += HITS_PER_MESSAGE) {
      const some = hits.slice(at, at + HITS_PER_MESSAGE).map((hit) => this.#hit(hit))
      yield { hits: some, incomplete, total, closer: at === 0 ? closer : [] }
    }
  }

  /** @throws ShoalError INVALID_ARGUMENT, INVALID_CID */
  #read({ key, query }: ZoneSearchRequest): { key: string; shape: QueryShape } {
    try {
      if (key.length > MAX_KEY_LENGTH || !/^[wsc]:./su.test(key))
        throw new ShoalError('INVALID_ARGUMENT', 'That is no key.')
      if (!query) throw new ShoalError('INVALID_ARGUMENT', 'Say what to look for.')
      return { key, shape: queryFromWire(query) }
    } catch (error) {
      this.#foreign?.dropped('zone')
      throw error
    }
  }

  #hit({ entry, peerIds }: DirectoryHit): MessageInitShape<typeof ZoneHitSchema> {
    const providers = [...peerIds].flatMap((peerId) => {
      const record = this.#store.recordOf(peerId)
      if (!record) return []
      const { name, addresses } = asProvider(record)
      return { peerId, name, addresses: [...addresses] }
    })
    return { entry: entryToWire(entry), providers }
  }

  async #publish(
    { record, pages, renewed }: PublishPagesRequest,
    { peerId }: CallContext,
  ): Promise<Publication> {
    const breath = new Breath(this.#clock)
    if (!record) throw new ShoalError('INVALID_ARGUMENT', 'Who publishes tells its record.')
    const { record: publisher, isNews } = this.#store.readRecord(record)
    if (publisher.peerId !== peerId)
      throw new ShoalError('PERMISSION_DENIED', 'A peer publishes for itself only.')
    this.#membership.learn(publisher)
    const refused: PageHead[] = []
    let reason = ''
    let foreign: number | undefined
    let isTold = false
    for (const signed of pages) {
      if (breath.isDue()) await breath.take()
      const page = this.#store.readPage(signed)
      if (page.peerId !== peerId)
        throw new ShoalError('PERMISSION_DENIED', 'A peer publishes for itself only.')
      const taken = this.#store.put(page)
      if (taken === 'new') {
        this.#gossip.addPage(page, publisher)
        isTold = true
      } else if (taken === 'foreign') {
        foreign ??= bucketPoint(page.bucket)
        refused.push(headOf(page))
      } else if (taken !== 'known') {
        refused.push(headOf(page))
        reason = `No room: ${taken}.`
      }
    }
    const missing: PageHead[] = []
    for (const head of renewed.slice(0, MAX_HEADS)) {
      const point = bucketPoint(head.bucket)
      if (!this.#membership.isInOwnZone(point)) foreign ??= point
      else if ((this.#known(head, peerId)?.version ?? -1) < Number(head.version)) missing.push(head)
    }
    if (isNews && !isTold) this.#gossip.addRecord(publisher)
    const closer = foreign === undefined ? [] : this.#closer(foreign)
    if (foreign !== undefined && reason === '') reason = 'Not of this zone.'
    return { missing, refused, reason, closer }
  }

  async *#sync({ zone, sums }: SyncRequest): AsyncGenerator<MessageInitShape<typeof SyncResponseSchema>> {
    const isLabel = zone >= 1 && zone < 2 << MAX_ZONE_BITS && sums.length === 64
    const { point } = this.#membership.record
    const { label, bits } = this.#membership.zone
    // A finer zone than this one is known wholly, a wider one is not.
    const isWithin = isLabel && bitsOf(zone) >= bits && zone >>> (bitsOf(zone) - bits) === label
    if (!isWithin || !this.#membership.isInOwnZone(point))
      throw new ShoalError('INVALID_ARGUMENT', 'Not of this zone.')
    const own = this.#store.directory.sumsOf(zone)
    const groups = own.flatMap((sum, group) => (sum === sums[group] ? [] : group))
    const different = new Set(groups)
    let heads: PageHead[] = []
    let records = new Map<string, SignedPeerRecord>()
    let isFirst = true
    const incomplete = !this.#isComplete()
    for (const page of different.size > 0 ? [...this.#store.directory.inGroups(different, zone)] : []) {
      heads.push(headOf(page))
      const record = this.#store.recordOf(page.peerId)
      if (record) records.set(page.peerId, record.signed)
      if (heads.length < 1000) continue
      yield { groups: isFirst ? groups : [], heads, records: [...records.values()], incomplete }
      isFirst = false
      heads = []
      records = new Map()
    }
    if (isFirst || heads.length > 0)
      yield { groups: isFirst ? groups : [], heads, records: [...records.values()], incomplete }
  }

  async *#pages(heads: readonly PageHead[]): AsyncGenerator<MessageInitShape<typeof GetPagesResponseSchema>> {
    const pages: Page[] = []
    for (const head of heads.slice(0, MAX_HEADS)) {
      const page = this.#known(head, head.peerId)
      if (page && page.version >= Number(head.version)) pages.push(page)
    }
    for (const batch of batchesOf(pages, MAX_MESSAGE_BYTES))
      yield { pages: batch.map(({ signed }) => signed) }
  }

  #known({ bucket, part }: PageHead, peerId: string): Page | undefined {
    return this.#store.directory.get(pageId(peerId, bucket, part))
  }

  #readRecord(signed: SignedPeerRecord): void {
    const { record, isNews } = this.#store.readRecord(signed)
    if (isNews && record.left) this.#membership.learn(record)
  }

  #closer(point: number): SignedPeerRecord[] {
    const own = this.#membership.record
    const closer = this.#membership.closest(point, CLOSER)
    const isInOwn = ({ point: other }: { point: number }) =>
      inZone(other, labelOf(own.point, this.#membership.zone.bits))
    const others = closer.filter((record) => !isInOwn(record))
    return (others.length > 0 ? others : closer).map(({ signed }) => signed)
  }
}
