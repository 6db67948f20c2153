import { linkSignals } from '../../base/signals.ts'
import type { Exchange, LookupContext } from './exchange.ts'
import { GET_PROVIDERS } from './message.ts'
import { MAX_ANSWER_CLOSER, MAX_ANSWER_PROVIDERS, MAX_PER_SUBNET } from './options.ts'
import { type DhtPeer, diverse, readPeer } from './peers.ts'
import type { ProviderWalk, WalkAnswer } from './provider-walk.ts'

export interface FindSetup {
  readonly exchange: Exchange
  readonly alpha: number
  /** Told of peers that could not be asked. */
  readonly onFailure: (peerId: string) => void
}

/**
 * Goes on a walk, `alpha` peers at the same time, and gives providers as they are told of. Ends when the walk does or `context.signal` aborts.
 */
export async function* findProviders(
  { exchange, alpha, onFailure }: FindSetup,
  key: Uint8Array,
  walk: ProviderWalk,
  context: LookupContext,
): AsyncGenerator<DhtPeer, void, undefined> {
  using life = linkSignals(context.signal)
  const running = new Map<string, Promise<{ peerId: string; answer?: WalkAnswer }>>()
  const ask = async (peer: DhtPeer) => {
    const { peerId } = peer
    try {
      const request = { type: GET_PROVIDERS, key }
      const { closer = [], providers = [] } = await exchange.ask(peer, request, {
        signal: life.signal,
        cost: context.cost,
      })
      return {
        peerId,
        answer: { closer: read(closer, MAX_ANSWER_CLOSER), providers: read(providers, MAX_ANSWER_PROVIDERS) },
      }
    } catch {
      return { peerId }
    }
  }
  try {
    while (!context.signal.aborted && !walk.isEnough) {
      while (running.size < alpha) {
        const peer = walk.next()
        if (!peer) break
        running.set(peer.peerId, ask(peer))
      }
      if (running.size === 0) return
      const { peerId, answer } = await Promise.race(running.values())
      running.delete(peerId)
      if (answer) yield* walk.answered(peerId, answer)
      else {
        walk.failed(peerId)
        if (!context.signal.aborted) onFailure(peerId)
      }
    }
  } finally {
    life.abort()
  }
}

function read(wire: readonly Parameters<typeof readPeer>[0][], most: number): DhtPeer[] {
  const peers = wire.slice(0, most).flatMap((peer) => readPeer(peer) ?? [])
  return diverse(peers, MAX_PER_SUBNET)
}
