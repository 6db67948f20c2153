import { compareRecords, type ValueHead } from './order.ts'
import type { KvPeer } from './ports.ts'

/** Which of the closest nodes a newer record should be sent to: those that answered with an older one, or with nothing. */
export function staleOf<T extends ValueHead>(
  best: T,
  closest: readonly KvPeer[],
  answers: ReadonlyMap<string, T | undefined>,
): KvPeer[] {
  return closest.filter(({ peerId }) => {
    if (!answers.has(peerId)) return false
    const theirs = answers.get(peerId)
    return theirs === undefined || compareRecords(best, theirs) > 0
  })
}
