import { randomInt } from '../../base/random.ts'
import type { Preference } from './closest.ts'
import { type Core, SKEW_MS } from './core.ts'

/** Live members; those that did not fail lately first, then those with a low latency, with a little chance. */
export function preferenceOf({ notes, suspects, setup }: Core): Preference {
  const nowMs = setup.clock.monotonic()
  const oldest = setup.clock.now() - SKEW_MS
  const salt = randomInt(setup.random, 2 ** 32)
  return {
    accepts: (record) => record.role !== 'leaf' && record.expiresMs > oldest,
    rank: ({ peerId, point }) => {
      const note = notes.peek(peerId)
      if ((note && note.avoidUntilMs > nowMs) || suspects.has(peerId)) return -1e9
      // One random number a call is enough: it puts peers in another order each time.
      return -(note?.latencyMs ?? 100) - (Math.imul(point ^ salt, 0x9e3779b1) >>> 0) * (20 / 2 ** 32)
    },
  }
}
