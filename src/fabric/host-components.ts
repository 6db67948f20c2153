import type { AddressManager, TransportManager } from '@libp2p/interface-internal'

/** Parts of libp2p that it hands to its services only. */
export interface HostComponents {
  readonly addressManager: AddressManager
  readonly transportManager: TransportManager
}

/** A service that does nothing but show the parts that the fabric needs. */
export function componentsService(): (components: HostComponents) => HostComponents {
  return ({ addressManager, transportManager }) => ({ addressManager, transportManager })
}
