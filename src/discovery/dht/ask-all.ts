import { Limiter } from '../../base/limiter.ts'
import { BoundedQueue } from '../../base/queue.ts'
import { linkSignals } from '../../base/signals.ts'
import type { DhtPeer } from '../../fabric/dht/dht.ts'
import type { LocateContext, LocatorHit } from '../locator.ts'
import { reasonOf } from '../reason.ts'

export interface AskAllOptions {
  /** Peers asked at the same time. */
  readonly atOnce: number
  /** Peers asked in all. */
  readonly most: number
}

/** What became of the peers. */
export interface Asked {
  readonly asked: number
  readonly failed: number
  /** There were more than may be asked. */
  readonly isCut: boolean
}

/** Hits that wait for the reader; when it is slow, peers wait too. */
const QUEUE_CAPACITY = 64

/**
 * Asks the peers as they come, some at the same time, and gives their hits as they come. One that does not answer holds up and spoils
 * nothing; how many there were, and why the first did not, is noted in `cost.problems`. Ends with the last of them, or when `context.signal` aborts.
 */
export async function* askAll(
  peers: AsyncIterable<DhtPeer>,
  ask: (peer: DhtPeer, context: LocateContext) => AsyncIterable<LocatorHit>,
  { atOnce, most }: AskAllOptions,
  { signal, cost }: LocateContext,
): AsyncGenerator<LocatorHit, Asked, undefined> {
  const queue = new BoundedQueue<LocatorHit>(QUEUE_CAPACITY)
  using life = linkSignals(signal)
  const close = () => queue.close()
  life.signal.addEventListener('abort', close, { once: true })
  const limiter = new Limiter(atOnce)
  let asked = 0
  let failed = 0
  let isCut = false
  let reason: unknown
  const askOne = async (peer: DhtPeer) => {
    try {
      for await (const hit of ask(peer, { signal: life.signal, cost })) if (!(await queue.push(hit))) return
    } catch (error) {
      if (life.signal.aborted) return
      failed++
      reason ??= error
    }
  }
  const feed = async () => {
    const running: Promise<void>[] = []
    try {
      for await (const peer of peers) {
        if (asked >= most) {
          isCut = true
          break
        }
        asked++
        running.push(limiter.run(() => askOne(peer), life.signal).catch(() => {}))
      }
    } finally {
      await Promise.all(running)
    }
  }
  const fed = feed().then(close, (error) => queue.fail(error))
  try {
    for await (const hit of queue) yield hit
  } finally {
    life.abort()
    await fed
  }
  if (failed > 0)
    cost.problems.push(`dht: ${failed} of ${asked} peers could not be asked (${reasonOf(reason)})`)
  return { asked, failed, isCut }
}
