import type { Libp2p, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { ShoalError } from '../../base/errors.ts'

/** kad-dht's routing table, as far as Shoal looks into it. Public in its class, though not in its interface. */
export interface RoutingTable
  extends TypedEventTarget<{ 'peer:add': CustomEvent<PeerId>; 'peer:remove': CustomEvent<PeerId> }> {
  readonly size: number
  closestPeers(position: Uint8Array, options: { count: number }): PeerId[]
  remove(peerId: PeerId): Promise<void>
}

/** A running kad-dht. Its `network` fires `peer` for each peer that an answer names. */
export type Kad = KadDHT & {
  readonly routingTable: RoutingTable
  readonly network: Pick<EventTarget, 'dispatchEvent'>
  readonly protocol: string
}

/** The service `dht` of a host. @throws ShoalError INTERNAL when it has none, or one of another make: better at the start than at the first search */
export function kadOf(libp2p: Libp2p): Kad {
  const service = (libp2p.services as Record<string, unknown>).dht as Partial<Kad> | undefined
  const table = service?.routingTable
  const fits =
    typeof service?.getClosestPeers === 'function' &&
    typeof service.protocol === 'string' &&
    typeof service.network?.dispatchEvent === 'function' &&
    typeof table?.closestPeers === 'function' &&
    typeof table.remove === 'function' &&
    typeof table.addEventListener === 'function'
  if (!fits) throw new ShoalError('INTERNAL', 'The libp2p host has no service `dht` made by kadService().')
  return service as Kad
}
