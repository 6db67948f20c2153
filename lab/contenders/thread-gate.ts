import { Thread } from '../../src/index/thread.ts'
import type { LabClock } from '../sim/clock.ts'

interface Waiting {
  readonly run: () => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

const immediate = () => new Promise<void>((resolve) => setImmediate(resolve))
let isGated = false

/**
 * Makes the index server's database threads part of a simulation: while one works, virtual time stands still, and calls are carried out one at
 * a time in the order in which they were made, so that the same seed gives the same run. Holds for all index servers of this process until
 * the returned function is called.
 */
export function gateThreads(clock: LabClock): () => void {
  if (isGated) throw new Error('One world with an index server at a time.')
  isGated = true
  const queue: Waiting[] = []
  let isRunning = false
  const release = async () => {
    await immediate()
    for (let next = queue.shift(); next; next = queue.shift()) {
      try {
        next.resolve(await next.run())
      } catch (error) {
        next.reject(error)
      }
      await immediate()
    }
    isRunning = false
  }
  const original = Thread.prototype.call as (...args: unknown[]) => Promise<unknown>
  const gated = function (this: Thread<never>, ...args: unknown[]) {
    return new Promise((resolve, reject) => {
      queue.push({ run: () => original.apply(this, args), resolve, reject })
      if (isRunning) return
      isRunning = true
      void clock.outside(release())
    })
  }
  Object.assign(Thread.prototype, { call: gated })
  return () => {
    Object.assign(Thread.prototype, { call: original })
    isGated = false
  }
}
