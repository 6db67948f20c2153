import type { Clock } from '../base/clock.ts'
import type { ReplicaHead } from '../contract/gen/shoal/v1/replica_pb.ts'
import type { Claims } from './claims.ts'
import type { Exchange } from './exchange.ts'
import type { Keeper } from './keeper.ts'
import type { ReplicationOptions } from './options.ts'
import type { Partners } from './partners.ts'
import type { Placer } from './placer.ts'
import { planSet, type SetPlan } from './plan.ts'
import type { PeersPort, ReplicaPeer, Signer, Verify } from './ports.ts'
import type { Proofs } from './proofs.ts'
import {
  holderOf,
  nextVersion,
  type ReplicaKey,
  type SetHolder,
  withHolder,
  withoutHolders,
} from './replica-set.ts'
import type { BookEntry, SetBook } from './set-book.ts'
import { leaseFromWire } from './set-wire.ts'
import { statusFromWire } from './status.ts'
import type { Tasks } from './tasks.ts'
import type { Teller } from './teller.ts'

export interface CoordinatorSetup {
  readonly signer: Signer
  readonly verify: Verify
  readonly book: SetBook
  readonly keeper: Keeper
  readonly partners: Partners
  readonly claims: Claims
  readonly placer: Placer
  readonly proofs: Proofs
  readonly teller: Teller
  readonly tasks: Tasks
  readonly exchange: () => Exchange
  readonly peers: PeersPort
  readonly clock: Clock
  readonly options: ReplicationOptions
}

/** Those who fetch are asked how far they are this often, ms. */
const PROGRESS_MS = 1000

/** Looks after the sets that are this node's to look after: makes missing copies again, lets go of what is too much, has copies proved. */
export class Coordinator {
  readonly #setup: CoordinatorSetup
  readonly #teller: Teller
  /** Sets in which nothing is under way, and until when nobody looks at them unless something is heard, ms of the steady clock. */
  readonly #calm = new Map<ReplicaKey, number>()
  #progressMs = 0

  constructor(setup: CoordinatorSetup) {
    this.#setup = setup
    this.#teller = setup.teller
    for (const changes of [setup.book.changes, setup.keeper.changes])
      changes.on((key) => this.#calm.delete(key))
  }

  plan(entry: BookEntry): SetPlan {
    const { partners, book, clock, options } = this.#setup
    const { order } = entry.set
    const [isGone, isSilent] = [partners.isGone.bind(partners), partners.isSilent.bind(partners)]
    return planSet({
      ...{ owner: order.owner, cid: order.cid },
      isOwnerSilent: isSilent(order.owner),
      wanted: order.expiresMs > clock.now() ? order.replicas : 0,
      holders: book.facts(this.#withSelf(entry), { isGone, isSilent }),
      nowMs: clock.now(),
      fetchPatienceMs: options.fetchPatienceMs,
    })
  }

  /** One look at all sets that there is something to do for, and now and then at the others. What takes long goes on in the background. */
  look(signal: AbortSignal): void {
    const { book, placer, tasks, clock } = this.#setup
    const asked = new Map<string, ReplicaKey[]>()
    const now = clock.monotonic()
    for (const [key, entry] of [...book.entries()]) {
      if (now < (this.#calm.get(key) ?? 0)) continue
      for (const peerId of this.#lookAt(key, entry, signal))
        asked.set(peerId, [...(asked.get(peerId) ?? []), key])
    }
    for (const key of this.#calm.keys()) if (!book.get(key)) this.#calm.delete(key)
    placer.forgetOthers()
    for (const told of this.#teller.flush(signal)) tasks.run(told)
    if (asked.size === 0 || now - this.#progressMs < PROGRESS_MS) return
    this.#progressMs = now
    for (const [peerId, keys] of asked) tasks.run(this.#setup.exchange().about(peerId, keys, signal))
  }

  /** Somebody waits for copies of this set: whoever has refused is asked again. */
  hurry(key: ReplicaKey, signal: AbortSignal): void {
    this.#setup.placer.hurry(key)
    const entry = this.#setup.book.get(key)
    if (entry) this.#lookAt(key, entry, signal)
  }

  /** A peer has said what it has of a set. */
  heard(key: ReplicaKey, peerId: string, head: ReplicaHead): void {
    const { book, signer, verify, clock } = this.#setup
    const entry = book.get(key)
    if (!entry) return
    const { set } = entry
    const status = statusFromWire(head.status)
    if (status === undefined || status === 'owner') return
    const holder = holderOf(set, peerId)
    const lease = sameLease(holder, head)
      ? holder?.lease
      : leaseFromWire(head.lease, { order: set.order, holder: peerId, verify })
    // A stranger, unless it has signed for this very order.
    if (!holder && (!lease || peerId === set.order.owner)) return
    // It was asked just now, and the question may still be on its way.
    if (status === 'none' && holder && !holder.lease && !entry.heard.has(peerId)) return
    book.heard(key, peerId, { status, doneBytes: Number(head.doneBytes) })
    if (status !== 'kept' || !lease || lease === holder?.lease || lease.expiresMs <= clock.now()) return
    const plan = this.plan(book.get(key)!)
    if (plan.coordinator !== signer.peerId) return
    // Who was replaced while it was away, and is back, is welcome only while there are too few.
    if (!holder && plan.missing === 0) return
    const { name, addresses } = holder ?? this.#peer(peerId)
    const addedMs = holder?.addedMs ?? clock.now()
    const next = nextVersion(withHolder(set, { peerId, name, addresses, lease, addedMs }), signer.peerId)
    // Should this node go next, the others have to know who has signed.
    if (this.#setup.book.tryPut(next)) this.#teller.noteHolders(key, next)
  }

  async settled(): Promise<void> {
    await this.#setup.tasks.settled()
  }

  /** Does what there is to do for a set, when it is this node's to do. @returns PeerIds of those who fetch a copy */
  #lookAt(key: ReplicaKey, entry: BookEntry, signal: AbortSignal): readonly string[] {
    const { signer, placer, proofs, clock, options } = this.#setup
    if (this.#isOver(key, entry)) return []
    const plan = this.plan(entry)
    if (plan.pending.length + plan.missing === 0) this.#calm.set(key, clock.monotonic() + options.checkMs / 2)
    if (plan.coordinator !== signer.peerId || !this.#mayCoordinate(key, entry)) return []
    this.#signOwn(key)
    this.#tidy(key, entry, plan)
    if (plan.missing > 0) placer.place(key, plan.missing, signal)
    else placer.rest(key)
    proofs.ask(key, entry, plan, signal)
    return plan.pending
  }

  /** The order has ended, and nobody is left who would have to be told; or its time is over. */
  #isOver(key: ReplicaKey, { set }: BookEntry): boolean {
    const { book, signer, clock, keeper } = this.#setup
    const { order, holders } = set
    const isEnded = order.replicas === 0 && (holders.length === 0 || order.owner !== signer.peerId)
    if (!isEnded && order.expiresMs > clock.now()) return false
    keeper.review(key)
    book.remove(key)
    return true
  }

  /** This node knows of itself what it has. */
  #withSelf(entry: BookEntry): BookEntry {
    const { signer, keeper } = this.#setup
    const { set } = entry
    const holder = holderOf(set, signer.peerId)
    if (!holder) return entry
    const key = `${set.order.owner} ${set.order.cid}`
    const lease = keeper.lease(key) ?? holder.lease
    const heard = new Map(entry.heard)
    heard.set(signer.peerId, { status: keeper.status(key), doneBytes: 0, advancedMs: 0 })
    return { ...entry, heard, set: withHolder(set, { ...holder, lease }) }
  }

  /** As the owner always; as a holder when nobody else has been let. */
  #mayCoordinate(key: ReplicaKey, { set }: BookEntry): boolean {
    const { signer, claims, partners, keeper } = this.#setup
    if (set.order.owner === signer.peerId) return true
    const status = keeper.status(key)
    if (status !== 'kept' && status !== 'leaving') return false
    const other = claims.holder(key)
    return other === undefined || other === signer.peerId || partners.isSilent(other)
  }

  /** Whoever acts for an owner that is away shows by its own lease that it may. */
  #signOwn(key: ReplicaKey): void {
    const { book, signer, keeper } = this.#setup
    const set = book.get(key)?.set
    const holder = set && holderOf(set, signer.peerId)
    const lease = keeper.lease(key)
    if (holder && lease && holder.lease !== lease)
      this.#setup.book.tryPut(nextVersion(withHolder(set, { ...holder, lease }), signer.peerId))
  }

  #tidy(key: ReplicaKey, { set }: BookEntry, { release, forget }: SetPlan): void {
    const { signer, book } = this.#setup
    const leaving = [...release, ...forget]
    if (leaving.length === 0) {
      if (set.order.replicas === 0) this.#teller.noteHolders(key, set)
      return
    }
    const told = set.holders.filter(({ peerId }) => leaving.includes(peerId) && peerId !== signer.peerId)
    const next = nextVersion(withoutHolders(set, leaving), signer.peerId)
    if (!this.#setup.book.tryPut(next)) return
    book.forgetHeard(key, leaving)
    for (const holder of told) this.#teller.note(holder, key)
    this.#teller.noteHolders(key, next)
    this.#setup.keeper.review(key)
  }

  #peer(peerId: string): ReplicaPeer {
    return this.#setup.peers.get(peerId) ?? { peerId, name: '', addresses: [] }
  }
}

/** The lease that is known already: no need to check it again. */
function sameLease(holder: SetHolder | undefined, { lease }: ReplicaHead): boolean {
  if (!lease || !holder?.lease) return false
  return Buffer.compare(lease.lease, holder.lease.signed.lease) === 0
}
