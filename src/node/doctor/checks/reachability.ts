import { checkOf, type DoctorCheck } from '../check.ts'
import type { NodeFacts } from '../facts.ts'

type Facts = Pick<NodeFacts, 'listen' | 'fabric' | 'membership'>

/** Who can connect to this node, and how it is known; whether its gRPC port can be reached, or only the tunnel. */
export function reachabilityCheck({ listen, fabric, membership }: Facts): DoctorCheck {
  const { ok, skipped, warn } = checkOf('reachability', 'Reachability')
  const { now } = fabric.reachability
  if (listen.isLoopback)
    return warn(
      `Listens on ${listen.host} only: programs on this machine can connect, nobody else.`,
      'To let others in: shoal config set grpcHost 0.0.0.0, then restart the node.',
    )
  if (now === 'unknown')
    return skipped(
      'Not decided yet whether others can connect: no peer outside has tried.',
      'Ask again in ten seconds: shoal doctor',
    )
  const isLeaf = membership?.role === 'leaf'
  if (now === 'private')
    return warn(
      `${evidence(fabric.reachability)} It is behind a NAT or a firewall; others reach it with the help of relays.`,
      forward(listen),
    )
  const seen =
    now === 'public'
      ? evidence(fabric.reachability)
      : 'Knows no peer outside the local network; those inside can connect.'
  if (isLeaf)
    return warn(
      `${seen} The gRPC port ${listen.grpcPort} cannot be reached, so files go through the slower tunnel over libp2p.`,
      `Open TCP port ${listen.grpcPort} in the firewall of this machine, and forward it in the router.`,
    )
  const grpc = membership
    ? ` The gRPC port ${listen.grpcPort} can be reached, as far as neighbours have tried.`
    : ''
  return ok(`${seen}${grpc}`)
}

function evidence({
  now,
  publicPeers,
  hasInbound,
  isConfirmed,
}: NodeFacts['fabric']['reachability']): string {
  if (now === 'private')
    return publicPeers
      ? `Talks with ${publicPeers} outside, and none of them can connect to this node.`
      : 'Nobody outside can connect.'
  if (isConfirmed) return 'A peer outside has dialled this node when it was asked to (AutoNAT).'
  if (hasInbound) return 'A peer outside has connected by itself.'
  return 'Peers outside have been able to connect.'
}

/** How to let others in by hand. */
export function forward({ grpcPort, p2pPorts }: Pick<NodeFacts['listen'], 'grpcPort' | 'p2pPorts'>): string {
  const ports = [...new Set([grpcPort, ...p2pPorts])].filter((port) => port > 0).join(', ')
  return `Switch on UPnP in the router, or forward the TCP ports ${ports} in it to this machine and open them in its firewall. A port that is forwarded under another number goes into the setting announce.`
}
