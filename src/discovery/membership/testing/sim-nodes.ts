import { createHash } from 'node:crypto'
import type { SimHost } from '../../../../lab/sim/host.ts'
import { SimNetwork, type SimNetworkSetup } from '../../../../lab/sim/network.ts'
import { VirtualClock } from '../../../../lab/sim/virtual-clock.ts'
import { type Logger, silentLogger } from '../../../base/log.ts'
import { seededRandom } from '../../../base/random.ts'
import { NeighbourService, type SignedPeerRecord } from '../../../contract/gen/shoal/v1/neighbour_pb.ts'
import { peerIdFromPublicKey } from '../../../link/peer-id.ts'
import { Membership } from '../membership.ts'
import type { MembershipOptions } from '../options.ts'
import { type PeerRecord, recordFromWire } from '../peer-record.ts'

/** A node with nothing but a membership, on a simulated host. */
export interface SimNode {
  readonly peerId: string
  readonly host: SimHost
  readonly membership: Membership
  /** Addresses that it is told; a test may add some. */
  readonly seeds: string[]
}

/** Signatures are not what these tests are about; each record is read once for all nodes. */
const known = new WeakMap<SignedPeerRecord, PeerRecord>()
function read(signed: SignedPeerRecord): PeerRecord {
  const record = known.get(signed) ?? recordFromWire(signed)
  known.set(signed, record)
  return record
}

/** A simulated network of such nodes, repeatable from its seed. */
export class SimNodes {
  readonly clock = new VirtualClock()
  readonly network: SimNetwork
  readonly nodes: SimNode[] = []
  readonly #options: Partial<MembershipOptions>

  constructor(options: Partial<MembershipOptions> = {}, network: Partial<SimNetworkSetup> = {}) {
    this.#options = options
    this.network = new SimNetwork({ clock: this.clock, random: seededRandom(7), ...network })
  }

  add(
    seeds: readonly SimNode[] = [],
    { nat = false, log = silentLogger }: { nat?: boolean; log?: Logger } = {},
  ): SimNode {
    const number = this.nodes.length
    const peerId = peerIdFromPublicKey(createHash('sha256').update(`node ${number}`).digest())
    const host = this.network.addHost({ peerId, nat })
    const addresses = seeds.map((seed) => seed.host.address)
    const membership = new Membership({
      signer: { peerId, sign: () => new Uint8Array(64) },
      reader: { read },
      self: () => ({ name: `node ${number}`, addresses: [host.address] }),
      links: host.links,
      transport: host.transport,
      seeds: () => addresses.map((address) => ({ addresses: [address] })),
      clock: host.clock,
      random: seededRandom(number + 1),
      log,
      options: this.#options,
    })
    host.serve(NeighbourService, membership.handlers)
    const node = { peerId, host, membership, seeds: addresses }
    this.nodes.push(node)
    membership.start()
    return node
  }

  /** Nodes that each know the one before only, all started at once. */
  chain(count: number): SimNode[] {
    for (let i = 0; i < count; i++) this.add(this.nodes.slice(-1))
    return this.nodes
  }

  alive(): SimNode[] {
    return this.nodes.filter((node) => node.host.isAlive)
  }

  /** How many pairs of living nodes do not know each other. */
  strangers(): number {
    let count = 0
    for (const a of this.alive())
      for (const b of this.alive()) if (a !== b && !a.membership.find(b.peerId)) count++
    return count
  }

  /** Pairs in which a living node does not know a dead one for dead. */
  unaware(): number {
    let count = 0
    for (const node of this.alive())
      for (const dead of this.nodes) if (!dead.host.isAlive && node.membership.find(dead.peerId)) count++
    return count
  }

  /** Nodes that can be reached over neighbours from the first living one. */
  connected(): number {
    const byId = new Map(this.alive().map((node) => [node.peerId, node]))
    const seen = new Set<string>()
    const open = this.alive().slice(0, 1)
    for (let node = open.pop(); node; node = open.pop()) {
      if (seen.has(node.peerId)) continue
      seen.add(node.peerId)
      for (const { peerId } of node.membership.neighbours()) {
        const next = byId.get(peerId)
        if (next) open.push(next)
      }
    }
    return seen.size
  }
}
