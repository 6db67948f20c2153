import type { ReplicasMeasure, RunResult } from '../measures.ts'
import type { ReplicasSpec, RunSpec } from '../spec.ts'
import { Observer } from './observer.ts'
import { ReplicaWorld } from './world.ts'

const PLACING_MS = 1_800_000
/** Disks are looked at this often, ms. */
const LOOK_MS = 60_000
/** Sets are, ms: that is more work. */
const SETS_MS = 10 * LOOK_MS

/** Has copies placed, lets the owners leave and the nodes come and go, and looks at what is there. */
export async function runReplicas(
  spec: RunSpec & { readonly replicas: ReplicasSpec },
  timed: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Promise<Pick<RunResult, 'measures' | 'sent' | 'virtualMs' | 'events'>> {
  const { warmUpMs, forMs } = spec.replicas
  const world = await timed('build', async () => new ReplicaWorld(spec))
  try {
    const { clock, network } = world
    const placedMs = await timed('place', () => placeIn(world, spec.replicas))
    await timed('warm up', () => clock.run(warmUpMs))
    const before = new Map(network.sent)
    const observer = new Observer(world.nodes, world.files, LOOK_MS)
    let mostHolders = 0
    await timed('replicas', async () => {
      for (let ms = LOOK_MS; ms <= forMs; ms += LOOK_MS) {
        await clock.run(LOOK_MS)
        observer.look()
        if (ms % SETS_MS === 0) mostHolders = Math.max(mostHolders, holdersOf(world))
      }
    })
    const nodeSeconds = (observer.up * world.nodes.length * forMs) / 1000
    const kinds = Object.fromEntries(
      [...network.sent]
        .map(([kind, count]) => [kind, (count - (before.get(kind) ?? 0)) / nodeSeconds] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
    const measure: ReplicasMeasure = {
      ...{ do: 'replicas', up: observer.up, placedMs, copies: observer.measures(), mostHolders, kinds },
      perNodeSecond: Object.values(kinds).reduce((sum, each) => sum + each, 0),
      warnings: Object.fromEntries([...world.warnings].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
    const sent = Object.fromEntries([...network.sent].sort(([a], [b]) => (a < b ? -1 : 1)))
    return { measures: [measure], sent, virtualMs: clock.monotonic(), events: clock.events }
  } finally {
    await world.close()
  }
}

/**
 * Where copies are made again, nodes come and go from the beginning. Where they are not, all are there until the copies are placed, and come and go from then on: who
 * keeps what has nothing to do with who is there.
 */
async function placeIn(world: ReplicaWorld, { graceMs, warmUpMs, forMs }: ReplicasSpec): Promise<number> {
  if (graceMs !== 'never') world.churn(PLACING_MS + warmUpMs + forMs)
  await world.start(graceMs === 'never' ? 'all' : 'owners')
  const placedMs = await world.place(PLACING_MS)
  if (graceMs === 'never') world.churn(warmUpMs + forMs)
  return placedMs
}

/** Most holders that one set names, as anybody knows it who is there. */
function holdersOf({ nodes }: ReplicaWorld): number {
  const views = nodes.filter(({ isUp }) => isUp).flatMap(({ replication }) => replication.list())
  return views.reduce((most, { holders }) => Math.max(most, holders.length), 0)
}
