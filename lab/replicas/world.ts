import { seededRandom, shuffled } from '../../src/base/random.ts'
import { DEFAULT_REPLICATION_OPTIONS, type ReplicationOptions } from '../../src/replication/options.ts'
import type { OrderedContent, PeersPort, ReplicaPeer } from '../../src/replication/ports.ts'
import { labPeerId } from '../identity.ts'
import { SimNetwork } from '../sim/network.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'
import type { ReplicasSpec, RunSpec } from '../spec.ts'
import { makeContent } from './disk.ts'
import { ReplicaNode } from './node.ts'
import { drawPresence } from './presence.ts'
import { countingLogger } from './warnings.ts'

/** All start within this time, ms. */
const START_MS = 10_000
/** Others still believe for so long that a node is there that has gone, and do not know yet of one that has come, ms. */
const RUMOUR_MS = 10_000
/** Peers that a node knows and may ask, at most. */
const MAX_CANDIDATES = 100
const ORDER_MS = 365 * 24 * 3_600_000
/** Where no copy is made again there is little to say to each other. */
const NEVER = { graceMs: ORDER_MS, checkMs: 600_000 }
const SILENT_SHARE = 0.5

/** A file, and how many copies are wanted of it. */
export interface LabReplica {
  readonly content: OrderedContent
  readonly replicas: number
}

/** Nodes that keep copies, and the owners of the files, one for each number of copies. */
export class ReplicaWorld {
  readonly clock = new VirtualClock()
  readonly network: SimNetwork
  readonly nodes: readonly ReplicaNode[]
  readonly files: readonly LabReplica[]
  readonly warnings = new Map<string, number>()
  readonly #spec: RunSpec & { readonly replicas: ReplicasSpec }
  readonly #owners: ReadonlyMap<number, ReplicaNode>
  readonly #options: ReplicationOptions
  readonly #byPeerId = new Map<string, ReplicaNode>()

  constructor(spec: RunSpec & { readonly replicas: ReplicasSpec }) {
    this.#spec = spec
    const { graceMs } = spec.replicas
    this.#options = { ...DEFAULT_REPLICATION_OPTIONS, ...(graceMs === 'never' ? NEVER : { graceMs }) }
    this.network = new SimNetwork({
      clock: this.clock,
      random: seededRandom(spec.seed + 1),
      latency: spec.latency ?? {},
    })
    this.nodes = Array.from({ length: spec.nodes }, (_, i) => this.#addNode(i))
    const { files, sizeBytes } = spec.replicas
    this.#owners = new Map(files.map(({ replicas }, i) => [replicas, this.#addNode(spec.nodes + i)]))
    this.files = files.flatMap(({ replicas, count }) =>
      Array.from({ length: count }, (_, i) => ({
        replicas,
        content: makeContent(`${replicas} copies, ${i}`, sizeBytes),
      })),
    )
  }

  /** All start, or the owners only. */
  async start(who: 'all' | 'owners'): Promise<void> {
    const some = [...(who === 'all' ? this.nodes : []), ...this.#owners.values()]
    some.forEach((node, i) => {
      this.clock.schedule(() => void node.start(), (i * START_MS) / some.length)
    })
    await this.clock.run(2 * START_MS)
  }

  /** Nodes come and go from now on for so long, as if they had always done so. */
  churn(forMs: number): void {
    const { seed, replicas } = this.#spec
    const random = seededRandom(seed + 2)
    for (const node of this.nodes) {
      for (const { atMs, isUp } of drawPresence(random, { up: replicas.up, untilMs: forMs })) {
        const silent = random.float() < SILENT_SHARE
        this.clock.schedule(() => void (isUp ? node.start() : node.kill({ silent })), atMs)
      }
    }
  }

  /** Owners order copies, and leave for good once each file has had as many as wanted. @returns how long that took, ms; at most `patienceMs` */
  async place(patienceMs: number): Promise<number> {
    const begunMs = this.clock.monotonic()
    const expiresMs = this.clock.now() + ORDER_MS
    const waiting = new Set(this.files.map(({ content }) => content.cid))
    for (const { content, replicas } of this.files) {
      const { disk, replication } = this.#owners.get(replicas)!
      disk.whole.set(content.cid, { path: `/own/${content.name}`, sizeBytes: content.sizeBytes })
      replication.push(content, { replicas, expiresMs })
    }
    while (waiting.size > 0 && this.clock.monotonic() - begunMs < patienceMs) {
      await this.clock.run(1000)
      for (const { replication } of this.#owners.values())
        for (const { cid, state } of replication.list()) if (state === 'kept') waiting.delete(cid)
    }
    const placedMs = this.clock.monotonic() - begunMs
    // A round, so that all holders hear of each other.
    await this.clock.run(1.5 * this.#options.checkMs)
    for (const owner of this.#owners.values()) void owner.kill()
    return placedMs
  }

  /** Ends everything without a goodbye. */
  async close(): Promise<void> {
    await Promise.all([...this.#byPeerId.values()].map((node) => node.end()))
  }

  #addNode(index: number): ReplicaNode {
    const { seed, replicas } = this.#spec
    const { bytesPerSecond } = replicas
    const node = new ReplicaNode({
      peerId: labPeerId(seed, index),
      name: `node ${index}`,
      network: this.network,
      random: seededRandom(seed * 7919 + index),
      log: countingLogger(this.warnings),
      options: this.#options,
      bytesPerSecond,
      peers: (self) => this.#peersOf(self, seed * 7919 + index + 1),
      isSource: (peer, cid) => this.#isSource(peer, cid),
    })
    this.#byPeerId.set(node.peerId, node)
    return node
  }

  #peersOf(self: ReplicaNode, seed: number): Pick<PeersPort, 'candidates' | 'get'> {
    const random = seededRandom(seed)
    const isKnown = ({ isUp, changedMs }: ReplicaNode) =>
      isUp === this.clock.monotonic() - changedMs >= RUMOUR_MS
    return {
      candidates: () => {
        const known = this.nodes.filter((node) => node !== self && isKnown(node))
        const some = known.length > MAX_CANDIDATES ? shuffled(random, known) : known
        return some.slice(0, MAX_CANDIDATES).map(({ facts }) => facts)
      },
      get: (peerId) => this.#byPeerId.get(peerId)?.facts,
    }
  }

  #isSource({ peerId }: ReplicaPeer, cid: string): boolean {
    const node = this.#byPeerId.get(peerId)
    return node?.isUp === true && node.disk.whole.has(cid)
  }
}
