import { toShoalError } from '../src/base/errors.ts'
import { withDeadline } from '../src/base/signals.ts'
import { newCost } from '../src/discovery/locator.ts'
import type { Outcome } from './measures.ts'
import type { LabNode } from './node.ts'
import { recallOf } from './oracle.ts'
import type { LabQuery } from './workload.ts'
import type { World } from './world.ts'

/** A search is given up after this, ms. */
const SEARCH_TIMEOUT_MS = 15_000

export interface SearchRules {
  /** Nodes whose files count as existing. */
  readonly counts: (node: LabNode) => boolean
  readonly faults: Map<string, number>
}

/** Lets `asker` search, and judges what it finds against what existed when it began. */
export async function search(
  world: World,
  asker: LabNode,
  { kind, query }: LabQuery,
  { counts, faults }: SearchRules,
): Promise<Outcome> {
  const { clock, nodes, oracle } = world
  const isThere = (index: number) => nodes[index] !== asker && counts(nodes[index]!)
  const existing = oracle.answer(query, isThere)
  const living = new Set(nodes.filter((node) => node.isAlive).map(({ peerId }) => peerId))
  const cost = newCost()
  const begin = clock.monotonic()
  const stale = new Set<string>()
  const found = new Set<string>()
  let firstHitMs: number | undefined
  let error: string | undefined
  using deadline = withDeadline(clock, SEARCH_TIMEOUT_MS)
  try {
    for await (const hit of asker.parts.locator.search(query, { signal: deadline.signal, cost })) {
      if (!hit.providers.some(({ peerId }) => living.has(peerId))) {
        if (hit.providers.length > 0) stale.add(hit.entry.cid)
        continue
      }
      firstHitMs ??= clock.monotonic() - begin
      found.add(hit.entry.cid)
    }
    if (deadline.signal.aborted) error = 'TIMED_OUT'
  } catch (thrown) {
    error = toShoalError(thrown).code
  }
  for (const problem of [...cost.problems, ...(error === undefined ? [] : [error])]) {
    const fault = problem.replaceAll(/12D3\w+|\d+\.\d+\.\d+\.\d+:\d+/g, '…')
    faults.set(fault, (faults.get(fault) ?? 0) + 1)
  }
  return {
    kind,
    recall: recallOf(found, existing, query.limit),
    found: found.size,
    stale: [...stale].filter((cid) => !found.has(cid)).length,
    ...{ messages: cost.messages, bytes: cost.bytes, asked: cost.asked, hops: cost.firstHitHops },
    firstHitMs,
    endMs: clock.monotonic() - begin,
    error,
    problems: cost.problems.length,
  }
}
