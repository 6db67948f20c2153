import { randomInt } from '../../base/random.ts'
import type { GetPeersRequest, SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type Core, SKEW_MS } from './core.ts'
import type { NeighbourLink } from './neighbour.ts'
import { newsMessage } from './news.ts'
import type { PeerRecord } from './peer-record.ts'
import { firstPoint, inZone, MAX_ZONE_BITS } from './point.ts'

/** Other zones looked through for expired records in a round. */
const SWEPT_ZONES = 64
const MAX_WANTED = 64
/** A zone with fewer contacts is asked for. */
const ENOUGH_CONTACTS = 3
const MAX_BATCH = 200
const MAX_PEERS = 5000
const MAX_CLOSEST = 256

/** Records go round by small exchanges with random neighbours and zone-mates. */
export class Exchange {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  round(): void {
    const { table, neighbours, options, record, zone } = this.#core
    const zones = table.nextZones(SWEPT_ZONES)
    this.#sweep([table.near(), ...zones.map(([, contacts]) => contacts)])
    const wanted = zones
      .filter(([, contacts]) => contacts.length < ENOUGH_CONTACTS)
      .map(([label]) => label)
      .slice(0, MAX_WANTED)
    const some = table.sample(options.gossipRecords).map(({ signed }) => signed)
    const news = newsMessage([record.signed, ...some], [], wanted.length > 0 ? wanted : [zone.label])
    this.pick(neighbours.list)?.send(news)
    const mate = this.pick(this.#core.zoneMates())
    if (mate) void this.#askMate(mate)
  }

  /** Records of zones that a neighbour knows too little of, and some more. */
  answer(from: NeighbourLink, wantedZones: readonly number[]): void {
    const { table, options } = this.#core
    const told: SignedPeerRecord[] = []
    for (const label of wantedZones.slice(0, MAX_WANTED)) {
      if (label < 1 || label >= 2 << MAX_ZONE_BITS) continue
      for (const record of this.#core.closest(firstPoint(label), ENOUGH_CONTACTS))
        if (inZone(record.point, label)) told.push(record.signed)
    }
    for (const { signed } of table.sample(options.gossipRecords)) told.push(signed)
    from.send(newsMessage(told))
  }

  /** Answers GetPeers. */
  async *peers({ near, limit }: GetPeersRequest): AsyncGenerator<{ records: SignedPeerRecord[] }> {
    const most = Math.min(limit || MAX_PEERS, MAX_PEERS)
    const found =
      near === undefined
        ? [...this.#core.table.all()].slice(0, most)
        : this.#core.closest(near, Math.min(most, MAX_CLOSEST))
    for (let at = 0; at < found.length; at += MAX_BATCH)
      yield { records: found.slice(at, at + MAX_BATCH).map(({ signed }) => signed) }
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[randomInt(this.#core.setup.random, items.length)]
  }

  #sweep(groups: Iterable<Iterable<PeerRecord>>): void {
    const { table, neighbours, setup } = this.#core
    const oldest = setup.clock.now() - SKEW_MS
    for (const records of groups)
      for (const record of [...records])
        if (record.expiresMs < oldest && !neighbours.get(record.peerId)) table.remove(record)
  }

  async #askMate(mate: PeerRecord): Promise<void> {
    const { caller, options, record } = this.#core
    try {
      const request = { near: record.point, limit: 48 }
      this.#core.learnAll(await caller.getPeers(mate, request, options.callTimeoutMs))
    } catch {
      this.#core.reportFailure(mate.peerId)
    }
  }
}
