import { shuffled } from '../src/base/random.ts'
import type { Measure, RunResult } from './measures.ts'
import { runReplicas } from './replicas/run.ts'
import type { RunSpec, Step } from './spec.ts'
import { runBackground } from './steps/background.ts'
import { runChurn } from './steps/churn.ts'
import { runNewcomers } from './steps/newcomers.ts'
import { runQueries } from './steps/queries.ts'
import { World } from './world.ts'

/** Builds the world of `spec`, lets its nodes join and share, and goes through the steps. The same spec gives the same, but for `real`. */
export async function run(spec: RunSpec, onPhase: (name: string) => void = () => {}): Promise<RunResult> {
  const begin = realMs()
  const phases: Record<string, number> = {}
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    onPhase(name)
    const start = realMs()
    const result = await work()
    phases[name] = (phases[name] ?? 0) + realMs() - start
    return result
  }
  const { replicas } = spec
  if (replicas) {
    const result = await runReplicas({ ...spec, replicas }, timed)
    return { spec, ...result, real: realOf(begin, phases) }
  }
  const world = await timed('build', () => World.open(spec))
  try {
    await timed('join', () => world.join())
    await timed('share', () => world.share())
    const measures: Measure[] = []
    for (const step of spec.steps) {
      const measure = await timed(step.do, () => take(world, step))
      if (measure) measures.push(measure)
    }
    return {
      spec,
      measures,
      sent: Object.fromEntries([...world.network.sent].sort(([a], [b]) => (a < b ? -1 : 1))),
      virtualMs: world.clock.monotonic(),
      events: world.clock.events,
      real: realOf(begin, phases),
    }
  } finally {
    await world.close()
  }
}

const realOf = (begin: number, phases: Readonly<Record<string, number>>): RunResult['real'] => ({
  wallMs: realMs() - begin,
  peakRssMiB: process.resourceUsage().maxRSS / 1024,
  phases,
})

/** Ms, also where time is made to go slowly. */
const realMs = (): number => Number(process.hrtime.bigint()) / 1e6

async function take(world: World, step: Step): Promise<Measure | undefined> {
  switch (step.do) {
    case 'queries':
      return runQueries(world, step)
    case 'background':
      return runBackground(world, step)
    case 'newcomers':
      return runNewcomers(world, step)
    case 'churn':
      return runChurn(world, step)
    case 'wait':
      await world.clock.run(step.ms)
      return undefined
    case 'kill': {
      const living = world.living()
      const victims = shuffled(world.random, living).slice(0, Math.round(step.share * living.length))
      for (const victim of victims) victim.kill({ silent: step.silent ?? false })
      return undefined
    }
    case 'partition':
      world.partition()
      return undefined
    case 'heal':
      world.heal()
      return undefined
  }
}
