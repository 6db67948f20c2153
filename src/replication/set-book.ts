import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { ReplicaSetSchema } from '../contract/gen/shoal/v1/replica_pb.ts'
import type { FormerHolder, ReplicaStore } from '../storage/replica-store.ts'
import { MAX_SETS } from './options.ts'
import type { HolderFacts } from './plan.ts'
import type { Verify } from './ports.ts'
import { type ReplicaKey, type ReplicaSet, replicaKey } from './replica-set.ts'
import { setFromWire, setToWire } from './set-wire.ts'
import type { HolderStatus } from './status.ts'

/** What a peer last said of a replica; not kept over a restart. */
export interface Heard {
  readonly status: HolderStatus
  readonly doneBytes: number
  /** When it last got further, ms since the Unix epoch. */
  readonly advancedMs: number
  /** It could not give a block that it has to have. */
  readonly hasFailed?: boolean
}

/** A set, and what this node knows of it beside. */
export interface BookEntry {
  readonly set: ReplicaSet
  readonly createdMs: number
  /** PeerIds that the owner wants first. */
  readonly preferred: readonly string[]
  /** When holders last proved their copies, ms since the Unix epoch. */
  readonly proved: Readonly<Record<string, number>>
  /** Holders that were replaced while they were away: once they are back they have to hear of it. */
  readonly former: readonly FormerHolder[]
  readonly heard: ReadonlyMap<string, Heard>
}

/** Former holders remembered, the latest, and how long, ms. */
const MAX_FORMER = 16
const FORMER_MS = 30 * 24 * 3_600_000

interface Entry extends BookEntry {
  set: ReplicaSet
  preferred: readonly string[]
  proved: Record<string, number>
  former: readonly FormerHolder[]
  readonly heard: Map<string, Heard>
}

export interface SetBookSetup {
  readonly store: ReplicaStore
  readonly verify: Verify
  readonly clock: Clock
  readonly log: Logger
}

/** The sets that this node is concerned with, as owner or holder. What is put is on the disk when that returns. */
export class SetBook {
  /** A set, or what is known of its holders, is another one. */
  readonly changes = new Emitter<ReplicaKey>()
  readonly #setup: SetBookSetup
  readonly #entries = new Map<ReplicaKey, Entry>()

  constructor(setup: SetBookSetup) {
    this.#setup = setup
    for (const row of setup.store.sets()) {
      try {
        const set = setFromWire(fromBinary(ReplicaSetSchema, row.body), setup.verify)
        const { createdMs, preferred, former } = row
        this.#entries.set(replicaKey(row), {
          ...{ set, createdMs, preferred, former, proved: { ...row.proved }, heard: new Map() },
        })
      } catch (error) {
        setup.log.warn({ err: error, cid: row.cid }, 'an order for replicas cannot be read and is forgotten')
        setup.store.removeSet(row.owner, row.cid)
      }
    }
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: ReplicaKey): BookEntry | undefined {
    return this.#entries.get(key)
  }

  entries(): Iterable<[ReplicaKey, BookEntry]> {
    return this.#entries
  }

  /** Adds a set, or replaces the one with the same owner and CID. @throws ShoalError BUSY when there are too many; what the store says */
  put(set: ReplicaSet, { preferred }: { preferred?: readonly string[] } = {}): void {
    const key = replicaKey(set.order)
    const before = this.#entries.get(key)
    if (!before && this.#entries.size >= MAX_SETS)
      throw new ShoalError('BUSY', `This node knows ${MAX_SETS} orders for copies, and that is the most.`)
    const entry: Entry = before ?? {
      ...{ set, preferred: [], proved: {}, former: [], heard: new Map() },
      createdMs: this.#setup.clock.now(),
    }
    const now = { set, preferred: preferred ?? entry.preferred, former: this.#formerOf(entry, set) }
    this.#save({ ...entry, ...now })
    Object.assign(entry, now)
    this.#entries.set(key, entry)
    this.changes.emit(key)
  }

  /** The same; false when it could not be noted, which is logged. */
  tryPut(set: ReplicaSet): boolean {
    try {
      this.put(set)
      return true
    } catch (error) {
      this.#setup.log.warn({ err: error }, 'a set of replicas could not be noted')
      return false
    }
  }

  remove(key: ReplicaKey): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    const { owner, cid } = entry.set.order
    this.#setup.store.removeSet(owner, cid)
    this.#entries.delete(key)
    this.changes.emit(key)
  }

  /** A peer has said what it has. */
  heard(key: ReplicaKey, peerId: string, { status, doneBytes }: Pick<Heard, 'status' | 'doneBytes'>): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    const before = entry.heard.get(peerId)
    if (before?.status === status && before.doneBytes === doneBytes) return
    const hasFailed = before?.hasFailed && status === before.status
    const advancedMs = this.#setup.clock.now()
    entry.heard.set(peerId, { status, doneBytes, advancedMs, ...(hasFailed && { hasFailed }) })
    if (status === 'none') entry.former = entry.former.filter((former) => former.peerId !== peerId)
    this.changes.emit(key)
  }

  /** Nobody who is not concerned any more is remembered. */
  forgetHeard(key: ReplicaKey, peerIds: readonly string[]): void {
    for (const peerId of peerIds) this.#entries.get(key)?.heard.delete(peerId)
  }

  /** A holder gave a block that was right, or could not. */
  proved(key: ReplicaKey, peerId: string, isRight: boolean): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    if (isRight) {
      const proved = { ...entry.proved, [peerId]: this.#setup.clock.now() }
      for (const other of Object.keys(proved))
        if (!entry.set.holders.some((holder) => holder.peerId === other)) delete proved[other]
      this.#save({ ...entry, proved })
      entry.proved = proved
    }
    const before = entry.heard.get(peerId)
    const facts = before ?? { status: 'kept', doneBytes: 0, advancedMs: this.#setup.clock.now() }
    entry.heard.set(peerId, { ...facts, hasFailed: !isRight })
    this.changes.emit(key)
  }

  /** What is known of each holder of a set. */
  facts(
    { set, heard }: BookEntry,
    { isGone, isSilent }: Record<'isGone' | 'isSilent', (peerId: string) => boolean>,
  ): HolderFacts[] {
    return set.holders.map(({ peerId, lease, addedMs }) => {
      const said = heard.get(peerId)
      return {
        ...{ peerId, addedMs, isGone: isGone(peerId), isSilent: isSilent(peerId) },
        status: said?.status,
        ...{ leaseExpiresMs: lease?.expiresMs, advancedMs: said?.advancedMs },
        hasFailed: said?.hasFailed ?? false,
      }
    })
  }

  /** Holders that are none any more, and have not said that they have nothing. */
  #formerOf({ set: before, former, heard }: BookEntry, set: ReplicaSet): FormerHolder[] {
    const now = this.#setup.clock.now()
    const isIn = (peerId: string) => set.holders.some((holder) => holder.peerId === peerId)
    const left = before.holders
      .filter(({ peerId }) => heard.get(peerId)?.status !== 'none')
      .map(({ peerId, name, addresses }) => ({ peerId, name, addresses, sinceMs: now }))
    const all = new Map([...former, ...left].map((each) => [each.peerId, each]))
    return [...all.values()]
      .filter(({ peerId, sinceMs }) => !isIn(peerId) && now - sinceMs < FORMER_MS)
      .slice(-MAX_FORMER)
  }

  #save({ set, createdMs, preferred, proved, former }: BookEntry): void {
    const { owner, cid } = set.order
    const body = toBinary(ReplicaSetSchema, setToWire(set))
    this.#setup.store.putSet({ owner, cid, body, createdMs, preferred, proved, former })
  }
}
