import { sleep } from '../../base/clock.ts'
import type { Core } from './core.ts'
import { newsMessage } from './news.ts'

/** Zone-mates who are told by a call each; the others hear it from neighbours. */
const MAX_CALLS = 64

/** Tells neighbours and zone-mates the last record; takes `leaveMs` at most. */
export async function farewell(core: Core): Promise<void> {
  const { neighbours, caller, setup, options, record } = core
  const last = newsMessage([record.signed])
  for (const neighbour of neighbours.list) neighbour.send(last)
  const mates = core.zoneMates().filter(({ peerId }) => neighbours.get(peerId) === undefined)
  const calls = mates.slice(0, MAX_CALLS).map((mate) => caller.ping(mate, options.leaveMs))
  const done = new AbortController()
  const late = sleep(setup.clock, options.leaveMs, done.signal).catch(() => {})
  await Promise.race([Promise.allSettled(calls), late])
  done.abort()
}
