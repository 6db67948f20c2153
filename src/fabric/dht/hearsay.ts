import type { PeerInfo } from '@libp2p/interface'
import type { Kad } from './inside.ts'

/**
 * kad-dht makes work for each of the 20 peers that an answer names, known or not: it asks for a place in the routing table, and libp2p merges its
 * addresses into the peer store. Between peers who know one another that is half of what an answer costs. What `isNews` says no to is passed over,
 * until the function that is returned is called.
 */
export function onlyNews(kad: Kad, isNews: (peer: PeerInfo) => boolean): () => void {
  const { network } = kad
  const dispatch = network.dispatchEvent.bind(network)
  network.dispatchEvent = (event) => {
    if (event.type === 'peer' && !isNews((event as CustomEvent<PeerInfo>).detail)) return true
    return dispatch(event)
  }
  return () => {
    network.dispatchEvent = dispatch
  }
}
