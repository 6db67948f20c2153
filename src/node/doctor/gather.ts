import type { Clock } from '../../base/clock.ts'
import type { Interfaces } from '../../base/interfaces.ts'
import { withDeadline } from '../../base/signals.ts'
import type { PeerBook } from '../../discovery/peer-book.ts'
import type { LinkPool } from '../../link/pool.ts'
import type { Road } from '../../link/roads.ts'
import type { Discovery, Self } from '../discovery.ts'
import type { Network } from '../network.ts'
import type { NodeConfig } from '../settings.ts'
import { askIndex } from './ask-index.ts'
import { askPeers, MAX_ASKED } from './ask-peers.ts'
import { askTime, sampleOfRecord } from './clock-samples.ts'
import { type FabricSource, fabricFacts } from './fabric-facts.ts'
import type { ClockSample, NodeFacts, PeersFacts } from './facts.ts'
import { configuredIndexes, indexFacts, isOnline, type Sessions, sessionsOf } from './index-facts.ts'

/** Nothing that is asked of others is waited for any longer, ms. */
const ASK_MS = 5000
/** What the facts are gathered from. */
export interface FactParts {
  readonly config: NodeConfig
  readonly uptimeMs: number
  readonly fabric: FabricSource & { listening(): string[]; roadTo(peerId: string): Road | undefined }
  readonly pool: Pick<LinkPool, 'connect' | 'roadTo' | 'peers'>
  readonly discovery: Pick<Discovery, 'getDebugState'> & {
    readonly peers: Pick<PeerBook, 'list'>
    readonly network:
      | (Pick<Network, 'view'> & { readonly membership: Pick<Network['membership'], 'list'> })
      | undefined
  }
  readonly self: () => Self
  readonly interfaces: () => Interfaces
  readonly clock: Clock
}

/** Looks at the parts of the node, and asks configured peers and index servers. Takes some seconds at most; never rejects but for the signal. */
export async function gatherFacts(parts: FactParts, signal: AbortSignal): Promise<NodeFacts> {
  const { config, fabric, discovery, self, clock } = parts
  using life = withDeadline(clock, ASK_MS, signal)
  const before = sessionsOf(discovery.getDebugState())
  const [configured, index] = await Promise.all([
    askPeers(config.peers, parts, life.signal),
    Promise.all(
      configuredIndexes(config.index).map(async (server) => {
        const isAsked = server.label in before && !isOnline(before[server.label])
        const [probe, time] = await Promise.all([
          isAsked ? askIndex(server, parts.pool, life.signal) : undefined,
          server.kind === 'http' ? askTime(server, clock, life.signal) : undefined,
        ])
        return { server, probe, time }
      }),
    ),
  ])
  signal.throwIfAborted()
  const sessions = sessionsOf(discovery.getDebugState())
  const indexIds = new Set([
    ...Object.values(sessions).flatMap(({ peerId }) => (peerId ? [peerId] : [])),
    ...index.flatMap(({ probe }) => (probe?.answered ? [probe.answered] : [])),
  ])
  const facts = fabricFacts(fabric, indexIds)
  return {
    uptimeMs: parts.uptimeMs,
    listen: {
      host: config.grpcHost,
      isLoopback: isLoopback(config.grpcHost),
      grpcPort: self().grpcPort,
      p2pPorts: portsOf(fabric.listening()),
    },
    settings: { upnp: config.upnp, mdns: config.mdns, dht: config.discovery.includes('dht') },
    fabric: facts,
    membership: discovery.network?.view(),
    index: index.map(({ server, probe, time }) => indexFacts(server, sessions[server.label], probe, time)),
    peers: {
      ...peersFacts(parts, indexIds),
      configured,
      unasked: Math.max(0, config.peers.length - MAX_ASKED),
    },
    addresses: {
      own: Object.values(parts.interfaces()).flatMap((infos) => (infos ?? []).map(({ address }) => address)),
      observed: [...observedBy(sessions), ...(facts.observed ?? [])],
    },
    ...(config.dialects.length > 0 && {
      dialects: {
        host: config.dialectHost,
        isLoopback: isLoopback(config.dialectHost),
        names: config.dialects.map((text) => text.split(':', 1)[0]!),
      },
    }),
    clocks: [...index.flatMap(({ time }) => (time ? [time] : [])), ...neighbourClocks(parts)],
  }
}

function peersFacts(
  { pool, fabric, discovery }: FactParts,
  notPeers: ReadonlySet<string>,
): Pick<PeersFacts, 'known' | 'connected'> {
  const watched = discovery.network?.membership.list() ?? []
  const gone = new Set(
    watched.flatMap(({ record, state }) => (state === 'dead' || state === 'left' ? [record.peerId] : [])),
  )
  const known = new Set(
    [
      ...discovery.peers.list().map(({ peerId }) => peerId),
      ...watched.map(({ record }) => record.peerId),
    ].filter((peerId) => !gone.has(peerId)),
  )
  const open = new Set([
    ...pool.peers().flatMap(({ peerId, road }) => (peerId && road ? [peerId] : [])),
    ...fabric.peers().map(({ peerId }) => peerId),
    ...watched.flatMap(({ record, isNeighbour }) => (isNeighbour ? [record.peerId] : [])),
  ])
  const connected = { direct: 0, tunnel: 0, relayed: 0 }
  // A neighbour that is called by neither has called this node itself, at its gRPC port.
  for (const peerId of open)
    if (!notPeers.has(peerId)) connected[pool.roadTo(peerId) ?? fabric.roadTo(peerId) ?? 'direct']++
  return { known: known.size, connected }
}

function neighbourClocks({ discovery, clock }: FactParts): ClockSample[] {
  return (discovery.network?.membership.list() ?? []).flatMap(({ record, isNeighbour }) => {
    const sample = isNeighbour ? sampleOfRecord(record, clock.now()) : undefined
    return sample ? [sample] : []
  })
}

/** The hosts at which index servers see this node. */
function observedBy(sessions: Sessions): string[] {
  return Object.values(sessions).flatMap(({ terms }) => (terms?.observedHost ? [terms.observedHost] : []))
}

/** TCP ports of multiaddrs that lead to this machine without a relay. */
export function portsOf(multiaddrs: readonly string[]): number[] {
  const own = multiaddrs.filter((address) => !address.includes('/p2p-circuit'))
  return [
    ...new Set(
      own.flatMap((address) => [...address.matchAll(/\/tcp\/(\d+)/g)].map(([, port]) => Number(port))),
    ),
  ]
}

/** As in fabric.ts: there nobody else could use what the node tells. */
const isLoopback = (host: string): boolean => /^(127\.|::1$|localhost$)/.test(host)
