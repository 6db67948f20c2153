import { checkOf, count, type DoctorCheck } from '../check.ts'
import { type NodeFacts, SETTLED_MS } from '../facts.ts'

type Facts = Pick<NodeFacts, 'membership' | 'peers' | 'uptimeMs'>

/** The place of this node in the network without a server. */
export function membershipCheck({ membership, peers, uptimeMs }: Facts): DoctorCheck {
  const { ok, skipped, warn } = checkOf('membership', 'Network without a server')
  if (!membership)
    return skipped(
      'Takes no part: neither zone nor flood is in the setting discovery.',
      'To take part: shoal config set discovery index,zone,flood,dht, then restart the node.',
    )
  const { role, neighbours, zone, zoneSize, size } = membership
  if (neighbours === 0) {
    if (peers.known === 0) return skipped('Alone: no other peer is known; see peers.')
    if (uptimeMs < SETTLED_MS)
      return skipped('Still joins: no neighbours yet.', 'Ask again in a minute: shoal doctor')
    return warn(
      `No neighbours, though ${count(peers.known, 'peer is', 'peers are')} known: searches by zone and flood find nothing.`,
      'None of them can be reached. Name one that runs and whose gRPC port is open: shoal start --peer HOST:9081',
    )
  }
  const where = zone === '' ? 'one zone' : `zone ${zone} with ${count(zoneSize, 'peer')}`
  const as =
    role === 'leaf'
      ? ' A leaf: others cannot call this node, so it keeps no directory; see reachability.'
      : ''
  return ok(`${count(neighbours, 'neighbour')}, ${where}, about ${count(size, 'peer')} in all.${as}`)
}
