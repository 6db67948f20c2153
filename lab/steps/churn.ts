import type { Random } from '../../src/base/random.ts'
import type { QueryMeasure } from '../measures.ts'
import type { LabNode } from '../node.ts'
import type { ChurnStep } from '../spec.ts'
import type { World } from '../world.ts'
import { runQueries } from './queries.ts'

/** Session lengths of peers: Weibull with this shape and scale (minutes). Stutzbach and Rejaie, Understanding Churn, IMC 2006. */
const SHAPE = 0.59
const SCALE_MIN = 41.9
const DEFAULT_GOODBYE = 0.5

/** A session's length, ms, `scale` times as fast as measured. */
export function sessionMs(random: Random, scale: number): number {
  return ((SCALE_MIN * 60_000) / scale) * (-Math.log(1 - random.float())) ** (1 / SHAPE)
}

/**
 * Nodes come and go while others search. All are there at the beginning; pauses are drawn as sessions are, so that the number of living nodes
 * falls towards a half.
 */
export async function runChurn(world: World, step: ChurnStep): Promise<QueryMeasure> {
  const { clock, random } = world
  const { scale = 1, goodbye = DEFAULT_GOODBYE, forMs } = step
  const endMs = clock.monotonic() + forMs
  const wait = (then: () => void) => {
    const ms = sessionMs(random, scale)
    if (clock.monotonic() + ms < endMs) clock.schedule(then, ms)
  }
  const live = (node: LabNode) =>
    wait(() => {
      // Somebody has to be there to join through, and to ask.
      if (world.living().length <= 2) return
      if (random.float() < goodbye) void node.leave().then(() => rest(node))
      else {
        node.kill()
        rest(node)
      }
    })
  const rest = (node: LabNode) =>
    wait(() => {
      node.restart()
      live(node)
    })
  for (const node of world.living()) live(node)
  const measure = await runQueries(world, { ...step, overMs: forMs })
  return { ...measure, do: 'churn', living: world.living().length }
}
