import { ReplicaService } from '../contract/gen/shoal/v1/replica_pb.ts'
import type { Links } from '../link/rpc.ts'
import type { Partners } from './partners.ts'
import type { PeersPort, ReplicaPeer } from './ports.ts'

export interface ReplicaCallsSetup {
  readonly links: Links
  readonly peers: PeersPort
  readonly partners: Partners
  readonly callTimeoutMs: number
  /** For `keep`. */
  readonly keepTimeoutMs: number
}

type Service = ReturnType<typeof clientOf>
type Call = 'survey' | 'keep' | 'exchange' | 'claim'

const clientOf = (links: Links, peer: ReplicaPeer) => links.connect(ReplicaService, peer)

/** Calls single peers; who answers has been heard of. Errors: those of the link. */
export class ReplicaCalls {
  readonly #setup: ReplicaCallsSetup

  constructor(setup: ReplicaCallsSetup) {
    this.#setup = setup
  }

  /** @param peer what a set says of it; what is known now comes before that */
  async call<C extends Call>(
    peer: ReplicaPeer,
    name: C,
    request: Parameters<Service[C]>[0],
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<Service[C]>>> {
    const { links, partners, callTimeoutMs, keepTimeoutMs } = this.#setup
    const client = clientOf(links, this.reach(peer))
    const method = client[name] as (
      request: unknown,
      options: { signal: AbortSignal; timeoutMs: number },
    ) => Promise<Awaited<ReturnType<Service[C]>>>
    const answer = await method(request, {
      signal,
      timeoutMs: name === 'keep' ? keepTimeoutMs : callTimeoutMs,
    })
    partners.heard(peer.peerId)
    return answer
  }

  /** With all addresses that are known of it, those of now first. */
  reach(peer: ReplicaPeer): ReplicaPeer {
    const known = this.#setup.peers.get(peer.peerId)
    if (!known) return peer
    const addresses = [...new Set([...known.addresses, ...peer.addresses])]
    return { peerId: peer.peerId, name: known.name || peer.name, addresses }
  }
}
