import { create } from '@bufbuild/protobuf'
import type { Clock } from '../base/clock.ts'
import type { ErrorCode } from '../base/errors.ts'
import { SignedValueRecordSchema } from '../contract/gen/shoal/v1/kv_pb.ts'
import type { ValueFacts, ValueStore, ValueTotals } from '../storage/value-store.ts'
import { distance } from './key.ts'
import type { KvLimits } from './options.ts'
import { compareRecords, type ValueHead } from './order.ts'
import { parseValue, refusalOf, sizeOf, type ValueRecord } from './record.ts'
import { type Room, roomFor } from './room.ts'

/** What came of a record. */
export type Outcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'same' }
  /** One with this version is kept. */
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'refused'; readonly code: ErrorCode }

export interface HolderSetup {
  readonly store: ValueStore
  /** PeerId of this node. */
  readonly self: string
  readonly limits: KvLimits
  readonly clock: Clock
}

/** Most records that make room for one: enough for the largest in place of small ones. */
const MAX_EVICTED = 512
const NO_DISTANCE = new Uint8Array(32)

/** The records that this node keeps: the newest of each key, within the limits. */
export class Holder {
  readonly #setup: HolderSetup
  evicted = 0
  refused = 0

  constructor(setup: HolderSetup) {
    this.#setup = setup
  }

  /** The record of a key, unless it is void. */
  get(key: string): ValueRecord | undefined {
    const facts = this.facts(key)
    return facts && this.record(facts)
  }

  /** What is known of the record of a key, unless it is void. */
  facts(key: string): ValueFacts | undefined {
    const facts = this.#setup.store.facts(key)
    return facts && facts.expiresMs > this.#setup.clock.now() ? facts : undefined
  }

  /** The record that belongs to facts, void or not; undefined when it has gone meanwhile. */
  record({ key }: Pick<ValueFacts, 'key'>): ValueRecord | undefined {
    const body = this.#setup.store.body(key)
    return body && parseValue(create(SignedValueRecordSchema, { ...body }))
  }

  /** Keeps records whose signatures were checked, as far as they are newer and there is room. */
  accept(records: readonly ValueRecord[], { own = false }: { own?: boolean } = {}): Outcome[] {
    const { store } = this.#setup
    const outcomes = store.transaction(() => records.map((record) => this.#accept(record, own)))
    this.refused += outcomes.filter(({ kind }) => kind === 'refused').length
    return outcomes
  }

  /** What {@link accept} would make of a record with this head, as far as that can be told without it. */
  judge(head: ValueHead): Outcome {
    const { clock, self } = this.#setup
    const code = refusalOf(head, clock.now())
    if (code) return { kind: 'refused', code }
    const present = this.#present(head.key)
    const older = present && this.#against(head, present)
    if (older) return older
    const room = this.#room(head, { sizeBytes: 1, distance: distance(head.key, self) }, present)
    return room.fits ? { kind: 'stored' } : { kind: 'refused', code: 'NO_SPACE' }
  }

  /** Whether an own record of this size would find room in what one writer may have. */
  hasOwnRoom(key: string, sizeBytes: number): boolean {
    const { self } = this.#setup
    const head = { key, writer: self }
    return this.#room(head, { sizeBytes, distance: NO_DISTANCE }, this.#present(key)).fits
  }

  totals(): ValueTotals {
    return this.#setup.store.totals()
  }

  #accept(record: ValueRecord, own: boolean): Outcome {
    const { store, clock, self } = this.#setup
    const code = refusalOf(record, clock.now())
    if (code) return { kind: 'refused', code }
    const present = this.#present(record.key)
    const older = present && this.#against(record, present)
    // Another node may have brought it here before this one, which wrote it, was done with putting it.
    if (older?.kind === 'same' && own && !present!.own) store.own(record.key)
    if (older) return older
    const sizeBytes = sizeOf(record)
    const away = distance(record.key, self)
    // Somebody else's newer value ends the renewing; what comes back of this node's own does not.
    const staysOwn = own || (present?.own === true && present.writer === record.writer)
    const room = this.#room(record, { sizeBytes, distance: staysOwn ? NO_DISTANCE : away }, present)
    if (!room.fits) return { kind: 'refused', code: 'NO_SPACE' }
    for (const key of room.evict) store.remove(key)
    this.evicted += room.evict.length
    const { key, writer, version, valueSha256, expiresMs, signed } = record
    store.put(
      { key, writer, version, valueSha256, expiresMs, sizeBytes, distance: away, own: staysOwn },
      { record: signed.record, signature: signed.signature },
    )
    return { kind: 'stored' }
  }

  /** What a new record has to be newer than. An own one that ended while the node was off is about to be renewed, so it counts. */
  #present(key: string): ValueFacts | undefined {
    const { store, clock } = this.#setup
    const facts = store.facts(key)
    return facts && (facts.own || facts.expiresMs > clock.now()) ? facts : undefined
  }

  #against(head: ValueHead, present: ValueFacts): Outcome | undefined {
    const order = compareRecords(head, present)
    if (order > 0) return undefined
    return order === 0 ? { kind: 'same' } : { kind: 'newer', version: present.version }
  }

  #room(
    { key, writer }: Pick<ValueHead, 'key' | 'writer'>,
    need: { sizeBytes: number; distance: Uint8Array },
    present: ValueFacts | undefined,
  ): Room {
    const { store, limits } = this.#setup
    // A void record of the key is replaced, too.
    const replaced = present ?? store.facts(key)
    const without = (held: ValueTotals, counts: boolean): ValueTotals =>
      replaced && counts
        ? { records: held.records - 1, sizeBytes: held.sizeBytes - replaced.sizeBytes }
        : held
    return roomFor({
      limits,
      sizeBytes: need.sizeBytes,
      all: without(store.totals(), true),
      ofWriter: without(store.totalsOf(writer), replaced?.writer === writer),
      farther: {
        // Asked only when it is full.
        *[Symbol.iterator]() {
          for (const each of store.farthest(need.distance, MAX_EVICTED)) if (each.key !== key) yield each
        },
      },
    })
  }
}
