import { ipOf, isRelayed, readableMultiaddrs, scopeOf } from '../fabric/multiaddrs.ts'
import type { Reachability } from '../fabric/reachability.ts'
import { isMultiaddr, parseAddress } from '../link/address.ts'

/** Addresses of one peer in a link that is made: with more of them its QR code gets too fine for a terminal. */
const MAX_ADDRESSES = 6

/**
 * The addresses of a peer for a link, those first by which others far away reach it: public ones and names, relays (before all, when nobody
 * outside can connect), those of the local network. Loopback only when there is nothing else.
 *
 * @param addresses HOST:PORTs and multiaddrs; what is neither is left out
 */
export function linkAddresses(
  addresses: readonly string[],
  reachability: Reachability = 'unknown',
): string[] {
  const ranked = [...new Set(addresses)].flatMap((address) => {
    const reach = reachOf(address)
    return reach
      ? [{ address, rank: RANKS[reach] - (reach === 'relay' && reachability === 'private' ? 2 : 0) }]
      : []
  })
  const sorted = ranked.sort((a, b) => a.rank - b.rank)
  const others = sorted.filter(({ rank }) => rank < RANKS.loopback)
  return (others.length > 0 ? others : sorted).slice(0, MAX_ADDRESSES).map(({ address }) => address)
}

const RANKS = { public: 0, relay: 1, local: 2, loopback: 3 } as const

function reachOf(address: string): keyof typeof RANKS | undefined {
  if (isMultiaddr(address)) {
    const [multiaddr] = readableMultiaddrs([address])
    if (!multiaddr) return undefined
    return isRelayed(multiaddr) ? 'relay' : reachOfHost(ipOf(multiaddr) ?? '')
  }
  try {
    return reachOfHost(parseAddress(address).host)
  } catch {
    return undefined
  }
}

/** Of a name nobody knows; whoever announces one means others to use it. */
const reachOfHost = (host: string) =>
  host === 'localhost' ? 'loopback' : /[:]|^[\d.]+$/.test(host) ? scopeOf(host) : 'public'
