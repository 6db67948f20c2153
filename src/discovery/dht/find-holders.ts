import type { Clock, Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import type { DhtPeer } from '../../fabric/dht/dht.ts'
import type { LocateContext } from '../locator.ts'
import { type KeyDigest, keyBytes } from './keys.ts'
import { MAX_KEY_PROVIDERS } from './options.ts'
import type { LocatorDht } from './ports.ts'

export interface HolderSetup {
  readonly dht: LocatorDht
  readonly clock: Clock
  /** After the first key was looked up, the others are waited for so long, ms. */
  readonly graceMs: number
  /** Told how many provide a key. */
  readonly onTotal: (key: KeyDigest, total: number) => void
}

/**
 * Who may have what all of `keys` stand for. Of one key the providers come as they are found. Of several those of the key that the
 * fewest provide, when all have been looked up: first those that provide the others, too.
 *
 * @throws ShoalError UNAVAILABLE when nobody near the keys answers
 */
export async function* findHolders(
  setup: HolderSetup,
  keys: readonly KeyDigest[],
  context: LocateContext,
): AsyncGenerator<DhtPeer, void, undefined> {
  const [only] = keys
  if (only !== undefined && keys.length === 1) yield* holdersOf(setup, only, context)
  else yield* fewest(await lookUpAll(setup, keys, context))
}

async function* holdersOf(
  { dht, onTotal }: HolderSetup,
  key: KeyDigest,
  context: LocateContext,
): AsyncGenerator<DhtPeer, void, undefined> {
  const found = dht.providers(keyBytes(key), context)
  let total = 0
  for (;;) {
    const { value, done } = await found.next()
    if (done) {
      // Nobody near the key answered, and this node kept nothing of it itself.
      if (value === 0 && total === 0 && !context.signal.aborted) throw new ShoalError('UNAVAILABLE', NOBODY)
      break
    }
    yield value
    if (++total >= MAX_KEY_PROVIDERS) {
      await found.return(0)
      break
    }
  }
  if (!context.signal.aborted) onTotal(key, total)
}

const NOBODY = 'No peer of the DHT that should know answered.'

/** The providers of each key; those whose look-up failed or took too long beside the others are left out. */
async function lookUpAll(
  setup: HolderSetup,
  keys: readonly KeyDigest[],
  context: LocateContext,
): Promise<DhtPeer[][]> {
  using life = linkSignals(context.signal)
  const lists: DhtPeer[][] = []
  let failure: unknown
  let patience: Timer | undefined
  const lookUp = async (key: KeyDigest) => {
    const list: DhtPeer[] = []
    try {
      const given = { signal: life.signal, cost: context.cost }
      for await (const peer of holdersOf(setup, key, given)) list.push(peer)
      if (life.signal.aborted) return
      lists.push(list)
      patience ??= setup.clock.schedule(() => life.abort(), setup.graceMs)
    } catch (error) {
      failure ??= error
    }
  }
  await Promise.all(keys.map(lookUp))
  patience?.cancel()
  if (lists.length === 0 && failure !== undefined && !context.signal.aborted) throw failure
  return lists
}

/** The shortest list, those first that stand in the most lists. */
export function fewest(lists: readonly (readonly DhtPeer[])[]): DhtPeer[] {
  const shortest = [...lists].sort((a, b) => a.length - b.length)[0] ?? []
  const seen = new Map<string, number>()
  for (const list of lists) for (const { peerId } of list) seen.set(peerId, (seen.get(peerId) ?? 0) + 1)
  return [...shortest].sort((a, b) => seen.get(b.peerId)! - seen.get(a.peerId)!)
}
