import { type Random, randomInt, seededRandom, shuffled } from '../src/base/random.ts'
import type { Contender } from './contender.ts'
import { openContender } from './contenders/open.ts'
import { labPeerId } from './identity.ts'
import { LabNode } from './node.ts'
import { Oracle } from './oracle.ts'
import type { LabClock } from './sim/clock.ts'
import type { SimHost } from './sim/host.ts'
import { SimNetwork } from './sim/network.ts'
import { RealClock } from './sim/real-clock.ts'
import { VirtualClock } from './sim/virtual-clock.ts'
import type { WorldSpec } from './spec.ts'
import { type LabFile, makeWorkload, type Workload } from './workload.ts'

/** Up to this many nodes join one after the other; more are given each other's records. */
export const MAX_COLD_NODES = 1000
/** Up to this many nodes announce what they have; in larger worlds it is known from the beginning, if the contender can do so. */
export const MAX_TELLING_NODES = 3000
const COLD_JOIN_MS = 20_000
const WARM_JOIN_MS = 2_000
/** After the last start, until nodes begin to share, ms. */
const JOINED_MS = 10_000
const SHARE_MS = 1_000
const SETTLE_MS = 60_000
const WARM_SETTLE_MS = 30_000
const SETTLED_MS = 5_000
const SEEDS = 2

/** Thousands of nodes that find things in one way, on a network and under a clock that exist in memory. */
export class World {
  readonly spec: WorldSpec
  readonly clock: LabClock
  readonly network: SimNetwork
  readonly contender: Contender
  readonly workload: Workload
  readonly oracle: Oracle
  readonly nodes: LabNode[] = []
  /** Decides who is killed, who asks, and so on; nodes have their own. */
  readonly random: Random
  readonly #nat: ReadonlySet<number>
  #isParted = false

  private constructor(parts: Pick<World, 'spec' | 'clock' | 'network' | 'contender' | 'random'>) {
    const { spec } = parts
    this.spec = spec
    this.clock = parts.clock
    this.network = parts.network
    this.contender = parts.contender
    this.random = parts.random
    this.workload = makeWorkload(spec)
    this.oracle = new Oracle(this.workload.shares)
    const others = Array.from({ length: spec.nodes - 1 }, (_, i) => i + 1)
    this.#nat = new Set(shuffled(this.random, others).slice(0, Math.round((spec.nat ?? 0) * spec.nodes)))
  }

  /** Builds all nodes; nothing runs yet. */
  static async open(spec: WorldSpec): Promise<World> {
    if (!(spec.nodes >= 1)) throw new Error(`A world of ${spec.nodes} nodes cannot be.`)
    // js-libp2p has timers of its own.
    const clock = spec.contender === 'dht' ? new RealClock() : new VirtualClock()
    const network = new SimNetwork({
      clock,
      random: seededRandom(spec.seed + 1),
      latency: spec.latency ?? {},
    })
    const random = seededRandom(spec.seed + 2)
    const contender = await openContender({ spec, clock, network, random: seededRandom(spec.seed + 3) })
    const world = new World({ spec, clock, network, contender, random })
    for (let index = 0; index < spec.nodes; index++) world.addNode(world.workload.shares[index]!)
    return world
  }

  /** Makes a node that has `files` but does not say so yet. */
  addNode(files: readonly LabFile[]): LabNode {
    const index = this.nodes.length
    const node = new LabNode({
      index,
      files,
      peerId: this.contender.peerId?.(index) ?? labPeerId(this.spec.seed, index),
      nat: this.#nat.has(index),
      random: seededRandom(this.spec.seed * 7919 + index),
      network: this.network,
      contender: this.contender,
      seeds: this.#seedsFor(index),
    })
    this.nodes.push(node)
    return node
  }

  /** Starts all nodes and lets them find each other. */
  async join(): Promise<void> {
    const { nodes, spec, clock, contender } = this
    const isWarm = this.#joining === 'warm' && contender.warm !== undefined
    if (isWarm) contender.warm?.(nodes.map(({ parts }) => parts))
    if (this.#isSettled) {
      for (const node of nodes) node.hold()
      contender.settle?.(nodes.map(({ parts }) => parts))
    }
    const every = spec.joinEveryMs ?? (isWarm ? WARM_JOIN_MS : COLD_JOIN_MS) / nodes.length
    nodes.forEach((node, i) => {
      clock.schedule(() => node.start(), i * every)
    })
    await clock.run(nodes.length * every + JOINED_MS)
  }

  /** Lets every node announce all that it has, and all of it get around. */
  async share(): Promise<void> {
    if (this.#isSettled) return this.clock.run(this.spec.settleMs ?? SETTLED_MS)
    const { shareMs = SHARE_MS } = this.spec
    this.nodes.forEach((node, i) => {
      this.clock.schedule(() => node.share(), (i * shareMs) / this.nodes.length)
    })
    const settleMs = this.spec.settleMs ?? (this.#joining === 'warm' ? WARM_SETTLE_MS : SETTLE_MS)
    await this.clock.run(shareMs + settleMs)
  }

  living(): LabNode[] {
    return this.nodes.filter((node) => node.isAlive)
  }

  randomLiving(random: Random = this.random): LabNode {
    const living = this.living()
    const node = living[randomInt(random, living.length)]
    if (!node) throw new Error('Nobody lives any more.')
    return node
  }

  /** Cuts the network in two by odd and even numbers; an index server is with the even ones. */
  partition(): void {
    this.#isParted = true
    const sides = new Map(this.nodes.map((node) => [node.peerId, sideOf(node)]))
    this.network.partition((host: SimHost) => sides.get(host.peerId) ?? 0)
  }

  heal(): void {
    this.#isParted = false
    this.network.heal()
  }

  /** Whether a message gets from one to the other, as far as the network is parted. */
  isJoined(a: LabNode, b: LabNode): boolean {
    return !this.#isParted || sideOf(a) === sideOf(b)
  }

  /** Ends everything without a goodbye. */
  async close(): Promise<void> {
    for (const node of this.nodes) node.end()
    await this.contender.close()
  }

  get #joining(): 'cold' | 'warm' {
    return this.spec.joining ?? (this.spec.nodes > MAX_COLD_NODES ? 'warm' : 'cold')
  }

  get #isSettled(): boolean {
    const { sharing = this.spec.nodes > MAX_TELLING_NODES ? 'settled' : 'told' } = this.spec
    return sharing === 'settled' && this.#joining === 'warm' && this.contender.settle !== undefined
  }

  /** Two who came before and can be called, the same each time they are asked for. */
  #seedsFor(index: number): () => { addresses: readonly string[] }[] {
    const earlier: number[] = []
    for (let i = 0; i < SEEDS && index > 0; i++) {
      let at = randomInt(this.random, Math.min(index, this.spec.nodes))
      while (this.#nat.has(at)) at--
      if (!earlier.includes(at)) earlier.push(at)
    }
    return () => earlier.map((at) => ({ addresses: [this.nodes[at]!.host.address] }))
  }
}

const sideOf = (node: LabNode) => node.index & 1
