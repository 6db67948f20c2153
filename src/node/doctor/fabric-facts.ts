import type { Fabric } from '../../fabric/fabric.ts'
import type { FabricFacts } from './facts.ts'

/** What of the libp2p host is looked at. */
export type FabricSource = Pick<
  Fabric,
  'reachability' | 'peers' | 'upnp' | 'mdns' | 'relays' | 'relay' | 'observed' | 'getDebugState'
> & {
  readonly dht: Pick<Fabric['dht'], 'mode' | 'size'>
}

/** The libp2p host as the checks want it. `notPeers`: PeerIds that are no nodes, such as index servers. */
export function fabricFacts(fabric: FabricSource, notPeers: ReadonlySet<string>): FabricFacts {
  const { publicPeers, hasInbound, isConfirmed } = (fabric.getDebugState().reachability ?? {}) as Partial<
    FabricFacts['reachability']
  >
  return {
    reachability: {
      now: fabric.reachability,
      ...(publicPeers !== undefined && { publicPeers }),
      ...(hasInbound !== undefined && { hasInbound }),
      ...(isConfirmed !== undefined && { isConfirmed }),
    },
    connected: fabric.peers().filter(({ peerId }) => !notPeers.has(peerId)).length,
    dht: { mode: fabric.dht.mode(), contacts: fabric.dht.size() },
    upnp: fabric.upnp,
    mdns: fabric.mdns,
    observed: fabric.observed(),
    relay: relayFacts(fabric),
  }
}

function relayFacts({ relays, relay }: FabricSource): NonNullable<FabricFacts['relay']> {
  const { wanted, reservations, notices } = relays
  const notice = notices.at(-1)
  return { wanted, reservations, ...(relay && { serving: relay }), ...(notice && { notice }) }
}
