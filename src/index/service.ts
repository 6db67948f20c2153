import { ShoalError } from '../base/errors.ts'
import { cidFromBytes } from '../content/cid.ts'
import type { SharedEntry } from '../content/entry.ts'
import { entryFromWire, entryToWire, queryFromWire } from '../content/entry-wire.ts'
import type { Entry } from '../contract/gen/shoal/v1/common_pb.ts'
import type { IndexService, PublishRequest, WithdrawRequest } from '../contract/gen/shoal/v1/index_pb.ts'
import type { CallContext, ServiceImpl } from '../link/rpc.ts'
import type { PublishBatch } from './publication.ts'
import type { WithdrawBatch } from './publish.ts'
import type { IndexRegistry } from './registry.ts'
import type { Asker, IndexPeer } from './registry-types.ts'

/**
 * The gRPC face of the registry. Who calls is what the TLS certificate proved and nothing else: no message has a field for it, so
 * nobody can act for another peer.
 */
export function indexServiceImpl(
  registry: IndexRegistry,
  multiaddrs: () => readonly string[] = () => [],
): ServiceImpl<typeof IndexService> {
  return {
    async login({ name, addresses, version, grpcPort }, { peerId, remoteAddress }) {
      const caller = { peerId, host: remoteAddress }
      const session = await registry.login(caller, { name, addresses, version, grpcPort })
      return { ...session, multiaddrs: [...multiaddrs()] }
    },

    heartbeat: (_request, { peerId }) => registry.heartbeat(peerId),

    async logout(_request, { peerId }) {
      await registry.logout(peerId)
      return {}
    },

    publish: (requests, { peerId, signal }) => registry.publish(peerId, publishBatches(requests), signal),

    async *withdraw(requests, { peerId, signal }) {
      for await (const removed of registry.withdraw(peerId, withdrawBatches(requests), signal))
        yield { removed }
    },

    async *search({ query }, context) {
      if (!query) throw new ShoalError('INVALID_ARGUMENT', 'Search for words, a SHA-256 or a CID.')
      const hits = await registry.search(queryFromWire(query), askerOf(context), context.signal)
      for (const { entry, providers } of hits) {
        yield { entry: entryToWire(entry), providers: providers.map(providerToWire) }
      }
    },

    async getProviders({ cid, limit }, context) {
      const query = { cid: cidFromBytes(cid), limit }
      const providers = await registry.providers(query, askerOf(context), context.signal)
      return { providers: providers.map(providerToWire) }
    },

    listPeers(request, context) {
      const { peers, cursor } = registry.peers(request, askerOf(context))
      return { peers: peers.map(peerToWire), cursor }
    },
  }
}

const askerOf = ({ peerId, remoteAddress }: CallContext): Asker => ({ key: peerId, host: remoteAddress })

const providerToWire = ({ peerId, name, addresses }: IndexPeer['peer']) => ({
  peerId,
  name,
  addresses: [...addresses],
})

const peerToWire = ({ peer, lastSeenMs, entries }: IndexPeer) => ({
  peer: providerToWire(peer),
  lastSeenMs: BigInt(lastSeenMs),
  entries: BigInt(entries),
})

async function* publishBatches(requests: AsyncIterable<PublishRequest>): AsyncGenerator<PublishBatch> {
  for await (const { entries, replace, revision } of requests) {
    yield { ...readEntries(entries), replace, revision }
  }
}

/** The entries that can be read; one that cannot spoils itself alone. */
function readEntries(wire: readonly Entry[]): Pick<PublishBatch, 'entries' | 'unreadable'> {
  const entries: SharedEntry[] = []
  let reason = ''
  for (const entry of wire) {
    try {
      entries.push(entryFromWire(entry))
    } catch (error) {
      if (!(error instanceof ShoalError)) throw error
      reason ||= error.message
    }
  }
  const count = wire.length - entries.length
  return { entries, ...(count > 0 && { unreadable: { count, reason } }) }
}

async function* withdrawBatches(requests: AsyncIterable<WithdrawRequest>): AsyncGenerator<WithdrawBatch> {
  for await (const { keys, revision } of requests) {
    yield { keys: keys.flatMap(readKey), revision }
  }
}

/** A key whose CID cannot be read names nothing that was ever published. */
function readKey({ cid, path }: WithdrawRequest['keys'][number]): { cid: string; path: string }[] {
  try {
    return [{ cid: cidFromBytes(cid), path }]
  } catch {
    return []
  }
}
