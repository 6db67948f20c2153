import { BoundedQueue } from '../../base/queue.ts'
import type { FloodAnswer } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { LocateContext, LocatorHit } from '../locator.ts'
import type { HitReader } from './hit-reader.ts'
import type { Deliver, Totals } from './query-run.ts'

export interface SearchRingSetup {
  /** Asks the network; what it returns ends that. */
  readonly start: (deliver: Deliver) => () => Totals
  readonly hits: HitReader
  readonly context: LocateContext
}

/** Answers that wait for a slow reader; what comes beyond is lost. */
const MAX_WAITING = 4096

/**
 * Asks once, and gives hits until the end, an abort, or until the reader leaves: then it is cancelled everywhere. Notes the cost.
 *
 * @returns whether somebody did not answer
 */
export async function* searchRing({
  start,
  hits,
  context: { signal, cost },
}: SearchRingSetup): AsyncGenerator<LocatorHit, boolean, undefined> {
  const queue = new BoundedQueue<FloodAnswer>(MAX_WAITING)
  const close = () => queue.close()
  signal.addEventListener('abort', close, { once: true })
  const stop = start((answer, end) => {
    if (answer) queue.tryPush(answer)
    if (end) close()
  })
  try {
    for await (const answer of queue) {
      for (const hit of hits.read(answer)) {
        if (signal.aborted) return true
        cost.firstHitHops ??= answer.hops
        yield hit
      }
    }
  } finally {
    signal.removeEventListener('abort', close)
    const { messages, bytes, peers } = stop()
    cost.messages += messages
    cost.bytes += bytes
    cost.asked += peers
  }
  return stop().partial
}
