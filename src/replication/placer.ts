import type { Clock } from '../base/clock.ts'
import { isErrorCode, toShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import { cidToBytes } from '../content/cid.ts'
import type { Claims } from './claims.ts'
import { MAX_HOLDERS, type ReplicationOptions } from './options.ts'
import type { Partners } from './partners.ts'
import type { PeersPort, ReplicaPeer, Signer, Verify } from './ports.ts'
import { type Recruiter, shortageText } from './recruiter.ts'
import type { ReplicaCalls } from './replica-calls.ts'
import {
  holderOf,
  nextVersion,
  type ReplicaKey,
  type ReplicaSet,
  withHolder,
  withoutHolders,
} from './replica-set.ts'
import type { SetBook } from './set-book.ts'
import { leaseFromWire, setToWire } from './set-wire.ts'
import { statusFromWire } from './status.ts'
import type { Tasks } from './tasks.ts'
import type { Teller } from './teller.ts'

export interface PlacerSetup {
  readonly signer: Signer
  readonly verify: Verify
  readonly book: SetBook
  readonly partners: Partners
  readonly claims: Claims
  readonly calls: ReplicaCalls
  readonly recruiter: Recruiter
  readonly teller: Teller
  readonly tasks: Tasks
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
/** A set for which there were too few places is looked at again after this, ms. Answers are remembered, so that this costs nobody anything. */
const RETRY_MS = 2500

/** Finds places for missing copies, and asks those who have some. */
export class Placer {
  readonly #setup: PlacerSetup
  readonly #placing = new Limiter(PLACING)
  readonly #efforts = new Map<ReplicaKey, Effort>()

  constructor(setup: PlacerSetup) {
    this.#setup = setup
  }

  effort(key: ReplicaKey): Effort | undefined {
    return this.#efforts.get(key)
  }

  /** Somebody waits: whoever has refused is asked again. */
  hurry(key: ReplicaKey): void {
    this.#setup.recruiter.again()
    this.rest(key)
  }

  /** Nothing is remembered of sets that are none any more. */
  forgetOthers(): void {
    for (const key of this.#efforts.keys()) if (!this.#setup.book.get(key)) this.#efforts.delete(key)
  }

  /** Nothing is missing. */
  rest(key: ReplicaKey): void {
    if (this.#efforts.get(key)?.isBusy === false) this.#efforts.delete(key)
  }

  /** Looks for places for missing copies in the background, unless that goes on already or was in vain a moment ago. */
  place(key: ReplicaKey, missing: number, signal: AbortSignal): void {
    const { tasks, clock, options } = this.#setup
    const effort = this.#efforts.get(key)
    if (effort?.isBusy) return
    // Who has refused is asked again later; whoever is new is found by then, too.
    const pauseMs = Math.min(RETRY_MS, options.checkMs)
    if (effort?.reason !== undefined && clock.monotonic() - effort.atMs < pauseMs) return
    this.#note(key, { isBusy: true, reason: effort?.reason })
    const work = async () => {
      let reason: string | undefined
      try {
        reason = await this.#placing.run(() => this.#find(key, missing, signal), signal)
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
    tasks.run(work())
  }

  /** @returns why there are still too few; undefined when all were placed */
  async #find(key: ReplicaKey, count: number, signal: AbortSignal): Promise<string | undefined> {
    const { book, signer, recruiter, teller, log, clock } = this.#setup
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
      if (!book.tryPut(nextVersion(next, signer.peerId))) return 'The holders could not be noted.'
      const taken = await Promise.all(chosen.map((peer) => this.#ask(key, peer, signal)))
      const refused = chosen.filter((_, i) => !taken[i]).map(({ peerId }) => peerId)
      const after = book.get(key)?.set
      if (after && refused.length > 0) book.tryPut(nextVersion(withoutHolders(after, refused), signer.peerId))
      const now = book.get(key)?.set
      if (now) teller.noteHolders(key, now)
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
    const { signer, claims, book, calls, partners, tasks } = this.#setup
    const set = book.get(key)?.set
    if (claims.holder(key) !== signer.peerId || !set) return
    claims.release(key, signer.peerId)
    const request = { ...claimOf(set), release: true }
    for (const other of set.holders) {
      if (other.peerId === signer.peerId || partners.isGone(other.peerId)) continue
      tasks.run(calls.call(other, 'claim', request, signal))
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
      if (lease && holder) book.tryPut(nextVersion(withHolder(now, { ...holder, lease }), signer.peerId))
      return true
    } catch (error) {
      if (signal.aborted) throw error
      const { code, message } = toShoalError(error)
      log.info({ peerId: peer.peerId, code, message }, 'a peer does not keep a copy')
      recruiter.refused(set.order, peer.peerId, code)
      return false
    }
  }

  #note(key: ReplicaKey, effort: Omit<Effort, 'atMs'>): void {
    const { book, clock } = this.#setup
    this.#efforts.set(key, { ...effort, atMs: clock.monotonic() })
    book.changes.emit(key)
  }
}

const claimOf = ({ order: { owner, cid } }: ReplicaSet) => ({ owner, cid: cidToBytes(cid) })
