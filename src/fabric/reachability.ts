/**
 * Who can connect to this node. `local`: it knows nobody outside its own network, and those inside can. `public`: others from outside
 * can. `private`: it talks to others outside, and they cannot connect to it: it is behind a NAT or a firewall. `unknown`: not decided yet.
 */
export type Reachability = 'unknown' | 'local' | 'public' | 'private'

/** What speaks for the one or the other. */
export interface Evidence {
  /** Direct connections with peers at public addresses. */
  readonly publicPeers: number
  /** One of them was dialled by the other side. */
  readonly hasInbound: boolean
  /** A peer has confirmed that it could dial a public address of this node (AutoNAT). */
  readonly isConfirmed: boolean
  /** ms since there is a public peer. */
  readonly sinceMs: number
}

/**
 * Decides. Who was found reachable once stays so while it has public peers: a connection that somebody else made may be closed for other
 * reasons than that nobody could make it again.
 */
export function reachabilityOf(
  evidence: Evidence,
  before: Reachability,
  decideAfterMs: number,
): Reachability {
  if (evidence.hasInbound || evidence.isConfirmed) return 'public'
  if (evidence.publicPeers === 0) return before === 'unknown' || before === 'local' ? 'local' : before
  if (before === 'public') return 'public'
  return evidence.sinceMs >= decideAfterMs ? 'private' : before === 'private' ? 'private' : 'unknown'
}
