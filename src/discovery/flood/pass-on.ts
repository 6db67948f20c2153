import { create } from '@bufbuild/protobuf'
import type { Random } from '../../base/random.ts'
import { FloodQuerySchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { Horizon } from './horizon.ts'
import { neighbourMessage, sizeOf } from './messages.ts'
import type { FloodOptions } from './options.ts'
import type { FloodMembership } from './ports.ts'
import type { Branch, QueryRun } from './query-run.ts'
import { route } from './route.ts'

export interface PassOnSetup {
  readonly membership: Pick<FloodMembership, 'neighbours' | 'record'>
  readonly horizon: Horizon
  readonly random: Random
  readonly options: Pick<FloodOptions, 'enough'>
}

/** How a query goes on from here. */
export interface Step {
  /** Hops that a message sent now may make. */
  readonly ttl: number
  /** Hops made so far. */
  readonly hops: number
  readonly timeoutMs: number
  readonly explore: boolean
  readonly targets: readonly number[]
  readonly skip: readonly number[]
  readonly fanout: number
  /** Peers that match and are taken care of already. */
  readonly promised: number
}

/** A child has so much of its parent's time, so that its end comes before the parent gives up. */
const CHILD_SHARE = 0.8
const CHILD_MARGIN_MS = 100
const MIN_TIMEOUT_MS = 20

/** Sends a query to whom it goes next; `branch` waits for their ends. No neighbour gets the same query from here twice. */
export function passOn(
  { membership, horizon, random, options }: PassOnSetup,
  run: QueryRun,
  branch: Branch,
  step: Step,
): void {
  if (step.ttl < 1) return
  if (step.explore) run.isExplored = true
  const except = new Set(run.sent)
  if (branch.from) except.add(branch.from.peerId)
  for (const { from } of run.branches) if (from) except.add(from.peerId)
  const neighbours = new Map(membership.neighbours().map((each) => [each.peerId, each]))
  for (const peerId of except) neighbours.delete(peerId)
  const skip = new Set(step.skip)
  skip.add(membership.record.point)
  for (const point of run.passed) skip.add(point)
  const { keys, shape } = run
  const next = route({
    ...{ ...step, horizon, random, except, skip, keys, enough: Math.ceil(options.enough * shape.limit) },
    neighbours: [...neighbours.values()],
  })
  const timeoutMs = Math.floor(step.timeoutMs * CHILD_SHARE - CHILD_MARGIN_MS)
  if (next.hops.length > 0 && timeoutMs < MIN_TIMEOUT_MS) {
    branch.totals.partial = true
    return
  }
  for (const { peerId, targets, explore } of next.hops) {
    const neighbour = neighbours.get(peerId)!
    const message = neighbourMessage(
      'query',
      create(FloodQuerySchema, {
        ...{ id: run.id, query: run.wire, ttl: step.ttl - 1, hops: step.hops + 1, timeoutMs },
        ...{ blind: !keys, targets: [...targets], explore, skip: explore ? [...next.skip] : [] },
        ...{ promised: explore ? next.promised : 0 },
      }),
    )
    run.sent.add(peerId)
    run.passed.add(neighbour.point)
    for (const target of targets) run.passed.add(target)
    if (neighbour.send(message)) {
      branch.countSent(sizeOf(message))
      branch.expect(peerId)
    } else branch.totals.partial = true
  }
}
