import type { Clock } from '../base/clock.ts'
import { isErrorCode, toShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import { cidToBytes } from '../content/cid.ts'
import type { ReplicaHead } from '../contract/gen/shoal/v1/replica_pb.ts'
import type { Claims } from './claims.ts'
import type { Exchange } from './exchange.ts'
import type { Keeper } from './keeper.ts'
import { MAX_HOLDERS, type ReplicationOptions } from './options.ts'
import type { Partners } from './partners.ts'
import { planSet, type SetPlan } from './plan.ts'
import type { FilesPort, PeersPort, ReplicaPeer, Signer, Verify } from './ports.ts'
import type { Prover } from './prover.ts'
import { type Recruiter, shortageText } from './recruiter.ts'
import type { ReplicaCalls } from './replica-calls.ts'
import {
  holderOf,
  nextVersion,
  type ReplicaKey,
  type ReplicaSet,
  type SetHolder,
  withHolder,
  withoutHolders,
} from './replica-set.ts'
import type { BookEntry, SetBook } from './set-book.ts'
import { leaseFromWire, setToWire } from './set-wire.ts'
import { statusFromWire } from './status.ts'
import { Teller } from './teller.ts'

export interface CoordinatorSetup {
  readonly signer: Signer
  readonly verify: Verify
  readonly book: SetBook
  readonly keeper: Keeper
  readonly partners: Partners
  readonly claims: Claims
  readonly calls: ReplicaCalls
  readonly exchange: () => Exchange
  readonly recruiter: Recruiter
  readonly prover: Prover
  readonly files: Pick<FilesPort, 'randomBlock'>
  readonly peers: PeersPort
  readonly clock: Clock
  readonly log: Logger
  readonly options: ReplicationOptions
}

/** How placing copies of a set goes, as seen here. */
export interface Effort {
  /** Peers are being asked now. */
  readonly isBusy: boolean
  /** Why there were too few the last time. */
  readonly reason: string | undefined
  /** When it was last tried, ms of the steady clock. */
  readonly atMs: number
}

/** Sets for which places are looked for at once. */
const PLACING = 8
/** Holders asked for blocks at once. */
const PROVING = 2
/** A set for which there were too few places is looked at again after this, ms. Answers are remembered, so that this costs nobody anything. */
const RETRY_MS = 2500
/** Those who fetch are asked how far they are this often, ms. */
const PROGRESS_MS = 1000

/** Looks after the sets that are this node's to look after: makes missing copies again, lets go of what is too much, has copies proved. */
export class Coordinator {
  readonly #setup: CoordinatorSetup
  readonly #teller: Teller
  readonly #placing = new Limiter(PLACING)
  readonly #proving = new Limiter(PROVING)
  readonly #efforts = new Map<ReplicaKey, Effort>()
  readonly #busy = new Set<string>()
  readonly #background = new Set<Promise<unknown>>()
  /** Sets in which nothing is under way, and until when nobody looks at them unless something is heard, ms of the steady clock. */
  readonly #calm = new Map<ReplicaKey, number>()
  #progressMs = 0

  constructor(setup: CoordinatorSetup) {
    this.#setup = setup
    this.#teller = new Teller(setup)
    for (const changes of [setup.book.changes, setup.keeper.changes])
      changes.on((key) => this.#calm.delete(key))
  }

  effort(key: ReplicaKey): Effort | undefined {
    return this.#efforts.get(key)
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
    const { book, signer, clock, options } = this.#setup
    const asked = new Map<string, ReplicaKey[]>()
    const now = clock.monotonic()
    for (const [key, entry] of [...book.entries()]) {
      if (now < (this.#calm.get(key) ?? 0) || this.#isOver(key, entry)) continue
      const plan = this.plan(entry)
      if (plan.pending.length + plan.missing === 0) this.#calm.set(key, now + options.checkMs / 2)
      if (plan.coordinator !== signer.peerId || !this.#mayCoordinate(key, entry)) continue
      this.#signOwn(key)
      this.#tidy(key, entry, plan)
      if (plan.missing > 0) this.#placeSoon(key, plan.missing, signal)
      else this.#forgetEffort(key)
      this.#proveSome(key, entry, plan, signal)
      for (const peerId of plan.pending) asked.set(peerId, [...(asked.get(peerId) ?? []), key])
    }
    for (const known of [this.#efforts, this.#calm])
      for (const key of known.keys()) if (!book.get(key)) known.delete(key)
    for (const told of this.#teller.flush(signal)) this.#soon(told)
    if (asked.size === 0 || now - this.#progressMs < PROGRESS_MS) return
    this.#progressMs = now
    for (const [peerId, keys] of asked) this.#soon(this.#setup.exchange().about(peerId, keys, signal))
  }

  /** Somebody waits for copies of this set: whoever has refused is asked again. */
  hurry(key: ReplicaKey, signal: AbortSignal): void {
    this.#setup.recruiter.again()
    this.#forgetEffort(key)
    this.#calm.delete(key)
    this.look(signal)
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
    if (this.#put(next)) this.#tellOthers(key, next)
  }

  /** Asks every live holder of a set for a block now. */
  async proveAll(key: ReplicaKey, signal: AbortSignal): Promise<void> {
    const entry = this.#setup.book.get(key)
    if (!entry) return
    const { live } = this.plan(entry)
    await Promise.all(live.map((peerId) => this.#proving.run(() => this.#prove(key, peerId, signal), signal)))
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#background)
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
      this.#put(nextVersion(withHolder(set, { ...holder, lease }), signer.peerId))
  }

  #tidy(key: ReplicaKey, { set }: BookEntry, { release, forget }: SetPlan): void {
    const { signer, book } = this.#setup
    const leaving = [...release, ...forget]
    if (leaving.length === 0) {
      if (set.order.replicas === 0) this.#tellOthers(key, set)
      return
    }
    const told = set.holders.filter(({ peerId }) => leaving.includes(peerId) && peerId !== signer.peerId)
    const next = nextVersion(withoutHolders(set, leaving), signer.peerId)
    if (!this.#put(next)) return
    book.forgetHeard(key, leaving)
    for (const holder of told) this.#teller.note(holder, key)
    this.#tellOthers(key, next)
    this.#setup.keeper.review(key)
  }

  /** Those who keep a copy; of an order that has ended again and again, until they say that they have nothing. */
  #tellOthers(key: ReplicaKey, { holders }: ReplicaSet): void {
    const { signer } = this.#setup
    for (const holder of holders) if (holder.peerId !== signer.peerId) this.#teller.note(holder, key)
  }

  #placeSoon(key: ReplicaKey, missing: number, signal: AbortSignal): void {
    const { clock, options } = this.#setup
    const effort = this.#efforts.get(key)
    if (effort?.isBusy) return
    // Who has refused is asked again later; whoever is new is found by then, too.
    const pauseMs = Math.min(RETRY_MS, options.checkMs)
    if (effort?.reason !== undefined && clock.monotonic() - effort.atMs < pauseMs) return
    this.#note(key, { isBusy: true, reason: effort?.reason })
    const work = async () => {
      let reason: string | undefined
      try {
        reason = await this.#placing.run(() => this.#place(key, missing, signal), signal)
      } catch (error) {
        if (signal.aborted) return
        reason = toShoalError(error).message
        this.#setup.log.warn({ err: error }, 'placing copies failed')
      } finally {
        // It may be another one's turn by now.
        this.#unclaim(key, signal)
      }
      this.#note(key, { isBusy: false, reason })
    }
    this.#soon(work())
  }

  /** @returns why there are still too few; undefined when all were placed */
  async #place(key: ReplicaKey, count: number, signal: AbortSignal): Promise<string | undefined> {
    const { book, signer, recruiter, log, clock } = this.#setup
    let missing = count
    const out = new Set<string>()
    for (;;) {
      const entry = book.get(key)
      if (!entry || entry.set.order.replicas === 0) return undefined
      if (entry.set.order.owner !== signer.peerId && !(await this.#claim(key, entry.set, signal)))
        return 'Another holder makes the missing copies.'
      const wish = { count: missing, preferred: entry.preferred, isOut: (id: string) => out.has(id) }
      const found = await recruiter.find(entry.set, wish, signal)
      const { chosen } = found
      if (chosen.length === 0) return shortageText(found, missing)
      const before = book.get(key)?.set
      if (!before) return undefined
      let next = before
      for (const { peerId, name, addresses } of chosen) {
        out.add(peerId)
        next = withHolder(next, { peerId, name, addresses, lease: undefined, addedMs: clock.now() })
      }
      if (next.holders.length > MAX_HOLDERS) return 'There are too many holders that cannot be reached.'
      if (!this.#put(nextVersion(next, signer.peerId))) return 'The holders could not be noted.'
      const taken = await Promise.all(chosen.map((peer) => this.#ask(key, peer, signal)))
      const refused = chosen.filter((_, i) => !taken[i]).map(({ peerId }) => peerId)
      const after = book.get(key)?.set
      if (after && refused.length > 0) this.#put(nextVersion(withoutHolders(after, refused), signer.peerId))
      const now = book.get(key)?.set
      if (now) this.#tellOthers(key, now)
      log.info(
        { cid: before.order.cid, wanted: missing, placed: chosen.length - refused.length },
        'copies are being made',
      )
      missing -= chosen.length - refused.length
      if (missing <= 0) return undefined
    }
  }

  /** Whether all other live holders let this node make copies. */
  async #claim(key: ReplicaKey, set: ReplicaSet, signal: AbortSignal): Promise<boolean> {
    const { signer, partners, claims, calls } = this.#setup
    const isSilent = (peerId: string) => partners.isSilent(peerId)
    if (!isSilent(set.order.owner) || !claims.take(key, signer.peerId, isSilent)) return false
    const others = set.holders.filter(
      ({ peerId, lease }) => peerId !== signer.peerId && lease && !isSilent(peerId),
    )
    const request = claimOf(set)
    const answers = await Promise.all(
      others.map(async (other) => {
        try {
          return (await calls.call(other, 'claim', request, signal)).granted
        } catch {
          // It may be there all the same, and do the same.
          return isSilent(other.peerId)
        }
      }),
    )
    return answers.every(Boolean)
  }

  #unclaim(key: ReplicaKey, signal: AbortSignal): void {
    const { signer, claims, book, calls, partners } = this.#setup
    const set = book.get(key)?.set
    if (claims.holder(key) !== signer.peerId || !set) return
    claims.release(key, signer.peerId)
    const request = { ...claimOf(set), release: true }
    for (const other of set.holders) {
      if (other.peerId === signer.peerId || partners.isGone(other.peerId)) continue
      this.#soon(calls.call(other, 'claim', request, signal))
    }
  }

  /** @returns whether the peer keeps it, or will */
  async #ask(key: ReplicaKey, peer: ReplicaPeer, signal: AbortSignal): Promise<boolean> {
    const { book, calls, peers, recruiter, verify, signer, log } = this.#setup
    const set = book.get(key)?.set
    if (!set) return false
    const addresses = [...peers.ownAddresses()]
    const wire = setToWire(set, set.order.owner === signer.peerId ? addresses : undefined)
    try {
      const answer = await calls.call(peer, 'keep', { set: wire, addresses }, signal)
      const status = statusFromWire(answer.status)
      if (status !== 'fetching' && status !== 'kept') {
        recruiter.refused(
          set.order,
          peer.peerId,
          isErrorCode(answer.errorCode) ? answer.errorCode : 'PERMISSION_DENIED',
        )
        return false
      }
      book.heard(key, peer.peerId, { status, doneBytes: 0 })
      const lease = leaseFromWire(answer.lease, { order: set.order, holder: peer.peerId, verify })
      const now = book.get(key)?.set
      const holder = now && holderOf(now, peer.peerId)
      if (lease && holder) this.#put(nextVersion(withHolder(now, { ...holder, lease }), signer.peerId))
      return true
    } catch (error) {
      if (signal.aborted) throw error
      const { code, message } = toShoalError(error)
      log.info({ peerId: peer.peerId, code, message }, 'a peer does not keep a copy')
      recruiter.refused(set.order, peer.peerId, code)
      return false
    }
  }

  #proveSome(key: ReplicaKey, entry: BookEntry, { live }: SetPlan, signal: AbortSignal): void {
    const { signer, clock, options } = this.#setup
    const isOwn = entry.set.order.owner === signer.peerId
    for (const peerId of live) {
      if (peerId === signer.peerId) continue
      // The owner wants to know at once, and gives the first block away; who repairs has just seen it fetched.
      const holder = holderOf(entry.set, peerId)
      const since = entry.proved[peerId] ?? (isOwn ? 0 : (holder?.addedMs ?? 0))
      if (clock.now() - since < options.proofMs * spread(key, peerId)) continue
      if (this.#proving.waiting > PROVING) return
      this.#once(`prove ${key} ${peerId}`, () =>
        this.#proving.run(() => this.#prove(key, peerId, signal), signal),
      )
    }
  }

  async #prove(key: ReplicaKey, peerId: string, signal: AbortSignal): Promise<void> {
    const { book, files, prover, calls, log, partners } = this.#setup
    const set = book.get(key)?.set
    const holder = set && holderOf(set, peerId)
    if (!holder || peerId === this.#setup.signer.peerId) return
    const block = await files.randomBlock(set.order.cid)
    if (!block) return
    const proof = await prover.prove(calls.reach(holder), block, signal)
    if (proof === 'unknown') return
    partners.heard(peerId)
    if (proof === 'wrong') log.warn({ cid: set.order.cid, peerId }, 'a holder could not prove its copy')
    book.proved(key, peerId, proof === 'right')
  }

  #peer(peerId: string): ReplicaPeer {
    return this.#setup.peers.get(peerId) ?? { peerId, name: '', addresses: [] }
  }

  #put(set: ReplicaSet): boolean {
    try {
      this.#setup.book.put(set)
      return true
    } catch (error) {
      this.#setup.log.warn({ err: error }, 'a set of replicas could not be noted')
      return false
    }
  }

  #note(key: ReplicaKey, effort: Omit<Effort, 'atMs'>): void {
    const { book, clock } = this.#setup
    this.#efforts.set(key, { ...effort, atMs: clock.monotonic() })
    book.changes.emit(key)
  }

  #forgetEffort(key: ReplicaKey): void {
    if (this.#efforts.get(key)?.isBusy === false) this.#efforts.delete(key)
  }

  #once(id: string, work: () => Promise<unknown>): void {
    if (this.#busy.has(id)) return
    this.#busy.add(id)
    this.#soon(work().finally(() => this.#busy.delete(id)))
  }

  #soon(work: Promise<unknown>): void {
    const task = work.catch(() => {}).finally(() => this.#background.delete(task))
    this.#background.add(task)
  }
}

const claimOf = ({ order: { owner, cid } }: ReplicaSet) => ({ owner, cid: cidToBytes(cid) })

/** Each holder at a time of its own, between half and one and a half of the interval. */
function spread(key: ReplicaKey, peerId: string): number {
  let sum = 0
  for (const char of `${key}${peerId}`) sum = (sum * 31 + char.charCodeAt(0)) % 1009
  return 0.5 + sum / 1009
}

/** The lease that is known already: no need to check it again. */
function sameLease(holder: SetHolder | undefined, { lease }: ReplicaHead): boolean {
  if (!lease || !holder?.lease) return false
  return Buffer.compare(lease.lease, holder.lease.signed.lease) === 0
}
