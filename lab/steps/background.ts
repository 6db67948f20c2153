import type { BackgroundMeasure } from '../measures.ts'
import type { BackgroundStep } from '../spec.ts'
import type { World } from '../world.ts'

/** Counts what is said while nobody searches. */
export async function runBackground(world: World, { label, ms }: BackgroundStep): Promise<BackgroundMeasure> {
  const { network, clock } = world
  const living = world.living()
  const kindsBefore = new Map(network.sent)
  const before = living.map(({ host }) => host.sent)
  await clock.run(ms)
  const nodeSeconds = (living.length * ms) / 1000
  const sent = living.map(({ host }, i) => host.sent - before[i]!)
  const kinds = [...network.sent]
    .map(([kind, count]) => [kind, (count - (kindsBefore.get(kind) ?? 0)) / nodeSeconds] as const)
    .filter(([, rate]) => rate > 0)
    .sort(([, a], [, b]) => b - a)
  return {
    do: 'background',
    label,
    perNodeSecond: sent.reduce((sum, count) => sum + count, 0) / nodeSeconds,
    busiestPerSecond: (Math.max(...sent) / ms) * 1000,
    kinds: Object.fromEntries(kinds),
  }
}
