import { create } from '@bufbuild/protobuf'
import { inBatches } from '../../base/batches.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import {
  FilterUpdateSchema,
  NeighbourMessageSchema,
  type PeerFilter,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { filterNews, oneHopFurther } from './filter-wire.ts'
import type { Horizon } from './horizon.ts'
import type { FloodMembership, FloodNeighbour } from './ports.ts'

/** Most filters, and bytes of them, in one message. */
const MAX_FILTERS = 200
const MAX_BYTES = 256 * 1024

export interface FilterExchangeSetup {
  readonly membership: Pick<FloodMembership, 'neighbours' | 'record'>
  readonly horizon: Horizon
  /** Own filter, when there is one. */
  readonly own: () => PeerFilter | undefined
  readonly clock: Clock
  readonly tellDelayMs: number
}

/** What one neighbour was told, and of which points something new is to be said. */
interface Listener {
  readonly told: Map<number, PeerFilter>
  readonly due: Set<number>
}

/**
 * Tells each neighbour the filters of this node and of peers up to two hops away, as they change: a distance vector bounded at three hops.
 * Nobody is told what comes from him (split horizon).
 */
export class FilterExchange {
  readonly #setup: FilterExchangeSetup
  readonly #listeners = new Map<string, Listener>()
  /** Each filter as neighbours are told it: one object for all of them. */
  readonly #further = new WeakMap<PeerFilter, PeerFilter>()
  #timer: Timer | undefined
  #isOver = false

  constructor(setup: FilterExchangeSetup) {
    this.#setup = setup
  }

  /** A neighbour has come: it is told everything. */
  welcome({ peerId }: FloodNeighbour): void {
    const { horizon, membership } = this.#setup
    const due = horizon.points()
    due.add(membership.record.point)
    this.#listeners.set(peerId, { told: new Map(), due })
    this.#wait()
  }

  /** A neighbour has gone. */
  forget(peerId: string): void {
    this.#listeners.delete(peerId)
  }

  /** Something is new about these points. */
  changed(points: readonly number[]): void {
    if (points.length === 0) return
    for (const { due } of this.#listeners.values()) for (const point of points) due.add(point)
    this.#wait()
  }

  /** Says at once what is due. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const neighbour of this.#setup.membership.neighbours()) {
      const listener = this.#listeners.get(neighbour.peerId)
      if (listener && listener.due.size > 0) this.#tell(neighbour, listener)
    }
  }

  /** Takes back all that was told: nothing is passed on by this node any more. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const { told, due } of this.#listeners.values()) for (const point of told.keys()) due.add(point)
    this.flush()
    this.#timer?.cancel()
    this.#listeners.clear()
  }

  #wait(): void {
    this.#timer ??= this.#setup.clock.schedule(() => this.flush(), this.#setup.tellDelayMs)
  }

  #tell(neighbour: FloodNeighbour, { told, due }: Listener): void {
    const changes: { point: number; now: PeerFilter | undefined; news: PeerFilter }[] = []
    for (const point of due) {
      const before = told.get(point)
      const now = this.#toTell(point, neighbour)
      if (now !== before) changes.push({ point, now, news: filterNews(before, now) })
    }
    due.clear()
    for (const chunk of inBatches(changes, sizeOf, { items: MAX_FILTERS, size: MAX_BYTES })) {
      const update = create(FilterUpdateSchema, { filters: chunk.map(({ news }) => news) })
      const message = create(NeighbourMessageSchema, { message: { case: 'filters', value: update } })
      const isSent = neighbour.send(message)
      for (const { point, now } of chunk) {
        // What was not sent was not told; the difference to what was is sent the next time.
        if (!isSent) due.add(point)
        else if (now) told.set(point, now)
        else told.delete(point)
      }
    }
    if (due.size > 0 && !this.#isOver) this.#wait()
  }

  #toTell(point: number, { peerId, point: itself }: FloodNeighbour): PeerFilter | undefined {
    const { horizon, membership, own } = this.#setup
    if (this.#isOver || point === itself) return undefined
    if (point === membership.record.point) return own()
    const nearest = horizon.nearest(point, peerId)
    if (!nearest) return undefined
    const known = this.#further.get(nearest)
    if (known) return known
    const further = oneHopFurther(nearest)
    this.#further.set(nearest, further)
    return further
  }
}

function sizeOf({ news: { content } }: { readonly news: PeerFilter }): number {
  return content.case === 'bits' ? content.value.length : 5 * (content.value?.flips.length ?? 0)
}
