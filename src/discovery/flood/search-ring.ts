import { BoundedQueue } from '../../base/queue.ts'
import type { FloodAnswer } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type LocateContext, type LocatorHit, noteRoute } from '../locator.ts'
import type { HitReader } from './hit-reader.ts'
import type { Asked, Deliver } from './query-run.ts'

export interface SearchRingSetup {
  /** Asks the network. */
  readonly start: (deliver: Deliver) => Asked
  readonly hits: HitReader
  readonly context: LocateContext
}

/** Answers that wait for a slow reader; what comes beyond is lost. */
const MAX_WAITING = 4096

/**
 * Asks once, and gives hits until the end, an abort, or until the reader leaves: then it is cancelled everywhere, and what
 * that has cost is waited for. Notes the cost.
 *
 * @returns whether somebody did not answer
 */
export async function* searchRing({
  start,
  hits,
  context: { signal, cost },
}: SearchRingSetup): AsyncGenerator<LocatorHit, boolean, undefined> {
  const queue = new BoundedQueue<{ answer: FloodAnswer; through: string | undefined }>(MAX_WAITING)
  const close = () => queue.close()
  signal.addEventListener('abort', close, { once: true })
  const asked = start((answer, end, through) => {
    if (answer) queue.tryPush({ answer, through })
    if (end) close()
  })
  try {
    for await (const { answer, through } of queue) {
      for (const hit of hits.read(answer)) {
        if (signal.aborted) return true
        const { hops } = answer
        cost.firstHitHops ??= hops
        for (const { peerId } of hit.providers)
          noteRoute(cost, peerId, { hops, ...(through !== undefined && { through }) })
        yield hit
      }
    }
  } finally {
    signal.removeEventListener('abort', close)
    asked.cancel()
    await asked.ended
    const { messages, bytes, peers } = asked.conclude()
    cost.messages += messages
    cost.bytes += bytes
    cost.asked += peers
  }
  return asked.conclude().partial
}
