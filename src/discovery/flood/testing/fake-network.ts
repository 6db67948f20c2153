import { create } from '@bufbuild/protobuf'
import { VirtualClock } from '../../../../lab/sim/virtual-clock.ts'
import type { Clock } from '../../../base/clock.ts'
import { Emitter } from '../../../base/events.ts'
import { silentLogger } from '../../../base/log.ts'
import { type Random, seededRandom } from '../../../base/random.ts'
import type { SharedEntry } from '../../../content/entry.ts'
import { compileQuery, matchText } from '../../../content/match.ts'
import {
  type NeighbourMessage,
  type SignedPeerRecord,
  SignedPeerRecordSchema,
} from '../../../contract/gen/shoal/v1/neighbour_pb.ts'
import { FloodLocator, type FloodOptions } from '../../flood-locator.ts'
import { ForeignQueries, type ForeignQuery } from '../../foreign-queries.ts'
import type { Provider, SearchQuery } from '../../locator.ts'
import { SharedSet } from '../../testing/shared-set.ts'
import { keyHash } from '../bloom.ts'
import type { FloodMembership, FloodNeighbour, ProviderReader } from '../ports.ts'

type Handlers = Record<string, (from: FloodNeighbour, message: never) => void>

/** Flood locators on a graph: each link takes a few ms of virtual time, nothing is lost but by {@link FakeNetwork.cut}. */
export class FakeNetwork {
  readonly clock = new VirtualClock()
  readonly random: Random
  readonly nodes: FakeNode[] = []
  /** Messages sent, by kind, and each of them for tests that look closer. */
  readonly counts: Record<string, number> = {}
  onMessage: (from: FakeNode, to: FakeNode, message: NeighbourMessage) => void = () => {}
  readonly #options: Partial<FloodOptions>

  constructor(size: number, options: Partial<FloodOptions> = {}, seed = 1) {
    this.#options = options
    this.random = seededRandom(seed)
    for (let i = 0; i < size; i++) this.nodes.push(new FakeNode(this, `peer${i}`, this.#options))
  }

  /** Links each node with the next, and the last with the first. */
  static ring(size: number, options?: Partial<FloodOptions>): FakeNetwork {
    const network = FakeNetwork.chain(size, options)
    network.link(size - 1, 0)
    return network
  }

  static chain(size: number, options?: Partial<FloodOptions>): FakeNetwork {
    const network = new FakeNetwork(size, options)
    for (let i = 1; i < size; i++) network.link(i - 1, i)
    return network
  }

  /** Starts all nodes and runs until filters are known everywhere. */
  async start(): Promise<void> {
    for (const { locator } of this.nodes) locator.start()
    await this.settle()
  }

  async settle(): Promise<void> {
    await this.clock.run(5000)
  }

  link(a: number, b: number): void {
    const [one, other] = [this.nodes[a]!, this.nodes[b]!]
    one.join(other)
    other.join(one)
  }

  /** Breaks a link; what is on its way over it is lost. */
  cut(a: number, b: number): void {
    const [one, other] = [this.nodes[a]!, this.nodes[b]!]
    one.part(other)
    other.part(one)
  }

  count(kind: string): number {
    return this.counts[kind] ?? 0
  }
}

/** One node of a {@link FakeNetwork}. */
export class FakeNode implements FloodMembership {
  readonly network: FakeNetwork
  readonly record: FloodMembership['record']
  readonly neighbourChanges = new Emitter<{ neighbour: FloodNeighbour; up: boolean }>()
  readonly source = new SharedSet()
  readonly locator: FloodLocator
  readonly foreign = new ForeignQueries()
  /** Queries of others that it worked for. */
  readonly worked: ForeignQuery[] = []
  /** Queries that the catalogue answered. */
  searched = 0
  readonly gone = new Set<string>()
  readonly #links = new Map<string, FloodNeighbour>()
  readonly #handlers: Handlers = {}
  #entries: { entry: SharedEntry; text: string }[] = []

  constructor(network: FakeNetwork, peerId: string, options: Partial<FloodOptions>) {
    this.network = network
    this.record = { peerId, point: keyHash(peerId).first, signed: fakeSigned(peerId) }
    const clock: Clock = network.clock
    this.locator = new FloodLocator({
      ...{ membership: this, reader: fakeReader, library: this, source: this.source },
      ...{ clock, random: network.random, log: silentLogger, options, foreign: this.foreign },
    })
    this.foreign.queries.on((query) => this.worked.push(query))
  }

  neighbours(): readonly FloodNeighbour[] {
    return [...this.#links.values()]
  }

  on(kind: string, handler: (from: FloodNeighbour, message: never) => void): void {
    this.#handlers[kind] = handler
  }

  isGone(peerId: string): boolean {
    return this.gone.has(peerId)
  }

  estimatedSize(): number {
    return this.network.nodes.length
  }

  search(query: SearchQuery): readonly SharedEntry[] {
    this.searched++
    const matches = compileQuery(query)
    const found = this.#entries.filter(({ entry, text }) => matches(entry, text))
    return found.slice(0, query.limit).map(({ entry }) => entry)
  }

  async share(...entries: readonly SharedEntry[]): Promise<void> {
    this.#entries = entries.map((entry) => ({ entry, text: matchText(entry.path) }))
    this.source.set(entries)
    await this.locator.announce()
  }

  join(other: FakeNode): void {
    const { peerId, point } = other.record
    const neighbour: FloodNeighbour = {
      peerId,
      point,
      send: (message) => this.#send(neighbour, other, message),
    }
    this.#links.set(peerId, neighbour)
    this.neighbourChanges.emit({ neighbour, up: true })
  }

  part({ record: { peerId } }: FakeNode): void {
    const neighbour = this.#links.get(peerId)
    if (!neighbour) return
    this.#links.delete(peerId)
    this.neighbourChanges.emit({ neighbour, up: false })
  }

  /** Says something to a neighbour that a locator would not. */
  inject(to: FakeNode, message: NeighbourMessage): void {
    this.#links.get(to.record.peerId)!.send(message)
  }

  #send(via: FloodNeighbour, to: FakeNode, message: NeighbourMessage): boolean {
    const { counts, clock } = this.network
    const { case: kind, value } = message.message
    if (kind === undefined || this.#links.get(via.peerId) !== via) return false
    counts[kind] = (counts[kind] ?? 0) + 1
    this.network.onMessage(this, to, message)
    const back = to.#links.get(this.record.peerId)
    clock.schedule(() => {
      if (back && to.#links.get(this.record.peerId) === back) to.#handlers[kind]?.(back, value as never)
    }, 10)
    return true
  }
}

/** A record that {@link fakeReader} takes for signed. */
export function fakeSigned(peerId: string): SignedPeerRecord {
  return create(SignedPeerRecordSchema, { record: Buffer.from(peerId), signature: Uint8Array.of(1) })
}

const fakeReader: ProviderReader = {
  read({ record, signature }): Provider {
    if (signature[0] !== 1) throw new Error('forged')
    const peerId = Buffer.from(record).toString()
    return { peerId, name: peerId, addresses: ['127.0.0.1:1'] }
  },
}
