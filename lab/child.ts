/** Runs the world that its parent sends, and sends back what came out. */
import type { ChildMessage } from './jobs.ts'
import { run } from './run.ts'
import { slowTime } from './sim/slow-time.ts'
import type { RunSpec } from './spec.ts'

// Millions of calls are cancelled; where each was is not worth the time.
Error.stackTraceLimit = 1

const answer = (message: ChildMessage) => process.send?.(message, () => process.disconnect())

// A parent that has ended, however it did, wants no result any more.
process.once('disconnect', () => process.exit())

process.once('message', (spec: RunSpec) => {
  if (spec.slowdown) slowTime(spec.slowdown)
  run(spec).then(
    (result) => answer({ result }),
    (error) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
