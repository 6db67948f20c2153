import type { Outcome, QueryMeasure } from '../measures.ts'
import type { LabNode } from '../node.ts'
import { search } from '../search.ts'
import type { SimHost } from '../sim/host.ts'
import type { QueriesStep } from '../spec.ts'
import { spread } from '../stats.ts'
import { summarize, summarizeByClass } from '../summary.ts'
import { QUERY_CLASSES } from '../workload.ts'
import type { World } from '../world.ts'

const DEFAULT_LIMIT = 100
/** After the last search has begun, until those that still run are given up, ms. */
const GRACE_MS = 30_000
const FAULTS_TOLD = 3

/** Random living nodes search, begun evenly over the time; resolves when all are done. */
export async function runQueries(world: World, step: Omit<QueriesStep, 'do'>): Promise<QueryMeasure> {
  const { clock, contender } = world
  const faults = new Map<string, number>()
  const living = world.living().length
  const before = new Map(hostsOf(world).map((host) => [host, host.received]))
  const carriedBefore = carried(world)
  const duplicatesBefore = duplicates(world)
  const outcomes: Outcome[] = []
  const queries = world.workload.queries(step.count, step.limit ?? DEFAULT_LIMIT, step.salt)
  let begun = 0
  queries.forEach((query, i) => {
    const begin = async () => {
      begun++
      const asker = world.randomLiving()
      const counts = (node: LabNode) => node.isAlive && (step.among !== 'side' || world.isJoined(asker, node))
      outcomes.push(await search(world, asker, query, { counts, faults }))
    }
    clock.schedule(() => void begin(), (i * step.overMs) / queries.length)
  })
  await clock.runUntil(() => outcomes.length === queries.length, step.overMs + GRACE_MS)
  if (outcomes.length < queries.length) {
    throw new Error(`${begun - outcomes.length} searches of ${contender.name} did not end.`)
  }
  const handled = (host: SimHost) => host.received - (before.get(host) ?? 0)
  return {
    do: 'queries',
    label: step.label,
    living,
    all: summarize(outcomes),
    byClass: summarizeByClass(outcomes, QUERY_CLASSES),
    load: spread(world.living().map(({ host }) => handled(host))),
    busiest: Math.max(...hostsOf(world).map(handled)),
    carried: carried(world) - carriedBefore,
    told: outcomes.reduce((sum, { messages }) => sum + messages, 0),
    duplicates: duplicates(world) - duplicatesBefore,
    faults: [...faults]
      .sort(([, a], [, b]) => b - a)
      .slice(0, FAULTS_TOLD)
      .map(([fault, count]) => `${count} x ${fault}`),
  }
}

function hostsOf(world: World): SimHost[] {
  return [...world.contender.servers, ...world.living().map(({ host }) => host)]
}

function carried({ network, contender }: World): number {
  return contender.searchKinds.reduce((sum, kind) => sum + (network.sent.get(kind) ?? 0), 0)
}

function duplicates({ nodes }: World): number {
  return nodes.reduce((sum, node) => sum + node.parts.duplicates(), 0)
}
