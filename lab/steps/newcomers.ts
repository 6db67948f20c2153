import { sleep } from '../../src/base/clock.ts'
import type { NewcomersMeasure } from '../measures.ts'
import type { LabNode } from '../node.ts'
import { search } from '../search.ts'
import type { NewcomersStep } from '../spec.ts'
import { spread } from '../stats.ts'
import { labFile } from '../workload/catalogue.ts'
import type { World } from '../world.ts'

const DEFAULT_SEEKERS = 10
const DEFAULT_PATIENCE_MS = 60_000
/** Between two newcomers, and between two tries of one seeker, ms. */
const EVERY_MS = 2_000
const AGAIN_MS = 500

/** Nodes join, each with one file that nobody else has, and random others look for its CID until they find it. */
export async function runNewcomers(world: World, step: NewcomersStep): Promise<NewcomersMeasure> {
  const { clock } = world
  const patienceMs = step.patienceMs ?? DEFAULT_PATIENCE_MS
  const firsts: number[] = []
  const alls: number[] = []
  let done = 0
  for (let i = 0; i < step.count; i++) {
    clock.schedule(() => {
      void follow(world, step, patienceMs).then((times) => {
        done++
        const found = times.filter((ms) => ms !== undefined)
        if (found.length > 0) firsts.push(Math.min(...found))
        if (found.length === times.length) alls.push(Math.max(...found))
      })
    }, i * EVERY_MS)
  }
  await clock.runUntil(() => done === step.count, step.count * EVERY_MS + 2 * patienceMs)
  return {
    do: 'newcomers',
    label: step.label,
    count: step.count,
    foundByAll: alls.length,
    firstMs: spread(firsts),
    allMs: spread(alls),
  }
}

/** For each seeker the time from the newcomer's start until it found the file, ms. */
async function follow(
  world: World,
  { label, seekers = DEFAULT_SEEKERS }: NewcomersStep,
  patienceMs: number,
): Promise<(number | undefined)[]> {
  const others = new Set<LabNode>()
  while (others.size < Math.min(seekers, world.living().length)) others.add(world.randomLiving())
  const index = world.nodes.length
  const file = labFile(-1 - index, ['newcomer', label.replaceAll(/\W/g, ''), `n${index}`], 'txt')
  const node = world.addNode([file])
  world.oracle.add(node.index, [file])
  const beginMs = world.clock.monotonic()
  node.start()
  node.share()
  return Promise.all([...others].map((seeker) => seek(world, seeker, file.entry.cid, beginMs, patienceMs)))
}

async function seek(
  world: World,
  seeker: LabNode,
  cid: string,
  beginMs: number,
  patienceMs: number,
): Promise<number | undefined> {
  const rules = { counts: (node: LabNode) => node.isAlive, faults: new Map<string, number>() }
  const query = { kind: 'exact' as const, query: { cid, limit: 1 } }
  while (world.clock.monotonic() - beginMs < patienceMs) {
    const { found } = await search(world, seeker, query, rules)
    if (found > 0) return world.clock.monotonic() - beginMs
    await sleep(world.clock, AGAIN_MS)
  }
  return undefined
}
