import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Clock } from '../base/clock.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import { cidFromBytes, cidToBytes } from '../content/cid.ts'
import type {
  ExchangeRequest,
  ExchangeResponseSchema,
  ReplicaHead,
  ReplicaHeadSchema,
} from '../contract/gen/shoal/v1/replica_pb.ts'
import type { Keeper } from './keeper.ts'
import { MAX_HEADS, MAX_SETS_SENT, type ReplicationOptions } from './options.ts'
import type { Partners } from './partners.ts'
import type { ReplicaPeer, Signer, Verify } from './ports.ts'
import { isBeyond } from './records.ts'
import type { ReplicaCalls } from './replica-calls.ts'
import {
  concerned,
  holderOf,
  isLater,
  mergeSets,
  type ReplicaKey,
  type ReplicaSet,
  replicaKey,
  type SetHolder,
} from './replica-set.ts'
import type { SetBook } from './set-book.ts'
import { setFromWire, setToWire } from './set-wire.ts'
import { statusToWire } from './status.ts'

type HeadInit = MessageInitShape<typeof ReplicaHeadSchema>

export interface ExchangeSetup {
  readonly signer: Signer
  readonly verify: Verify
  readonly book: SetBook
  readonly keeper: Keeper
  readonly partners: Partners
  readonly calls: ReplicaCalls
  readonly ownAddresses: () => readonly string[]
  /** A peer has said what it has of a set, with its lease if it keeps a copy. */
  readonly onHead: (key: ReplicaKey, peerId: string, head: ReplicaHead) => void
  /** A set that came has left out a holder that this node knew. */
  readonly onOut: (holder: SetHolder, set: ReplicaSet) => void
  readonly clock: Clock
  readonly log: Logger
  readonly options: ReplicationOptions
}

/** Who is gone is called less and less often, down to this, ms. */
const MAX_RETRY_MS = 5 * 60_000

/** Tells those concerned with the same sets what this node knows and has of them, and hears the same of them. */
export class Exchange {
  readonly #setup: ExchangeSetup
  readonly #calling: Limiter
  /** Partners that did not answer: when they are called next, ms of the steady clock. */
  readonly #retries = new Map<string, { atMs: number; waitMs: number }>()
  /** Where the next round begins in what is shared with a partner. */
  readonly #cursors = new Map<string, number>()

  constructor(setup: ExchangeSetup) {
    this.#setup = setup
    this.#calling = new Limiter(setup.options.callsAtOnce)
  }

  /** One exchange with everybody concerned; those who are gone now and then only. */
  async round(signal: AbortSignal): Promise<void> {
    const shared = this.#shared()
    for (const known of [this.#retries, this.#cursors])
      for (const peerId of known.keys()) if (!shared.has(peerId)) known.delete(peerId)
    const now = this.#setup.clock.monotonic()
    const due = [...shared].filter(([peerId]) => (this.#retries.get(peerId)?.atMs ?? 0) <= now)
    await Promise.all(due.map(([peerId, keys]) => this.#with(peerId, this.#turn(peerId, keys), signal)))
  }

  /** Exchanges with one peer, about these sets only. */
  async about(peerId: string, keys: readonly ReplicaKey[], signal: AbortSignal): Promise<void> {
    await this.#with(peerId, keys.slice(0, MAX_HEADS), signal)
  }

  /** Tells a peer sets as they are now, also of those in which it is no holder any more. */
  async tell(peer: ReplicaPeer, sets: readonly ReplicaSet[], signal: AbortSignal): Promise<void> {
    for (let i = 0; i < sets.length; i += MAX_SETS_SENT) {
      const some = sets.slice(i, i + MAX_SETS_SENT)
      await this.#calling.run(() => this.#exchange(peer, [], some, signal), signal).catch(() => {})
    }
  }

  /** What this peer answers to a caller. */
  answer(request: ExchangeRequest, caller: string): MessageInitShape<typeof ExchangeResponseSchema> {
    const { book } = this.#setup
    const sets: ReplicaSet[] = []
    const wanted: number[] = []
    const told = request.sets.slice(0, MAX_SETS_SENT).map((wire) => this.#take(wire, caller))
    const heads = request.heads.slice(0, MAX_HEADS).map((head, i) => {
      const key = keyOf(head)
      if (key === undefined) return {}
      const entry = book.get(key)
      if (!entry) return this.#headOf(key)
      this.#setup.onHead(key, caller, head)
      // What it said may have changed the set.
      const set = book.get(key)?.set
      if (set && !this.#isConcerned(set, caller)) return {}
      if (set && isOlder(head, set)) sets.push(set)
      else if (set && isNewer(head, set)) wanted.push(i)
      return this.#headOf(key)
    })
    return {
      heads: [...heads, ...told.map((key) => (key === undefined ? {} : this.#headOf(key)))],
      sets: sets.slice(0, MAX_SETS_SENT).map((set) => this.#toWire(set)),
      wanted,
    }
  }

  /** Takes in what a peer knows of a set. False when that is none of its business, or none of this node's. */
  intake(set: ReplicaSet, from: string): boolean {
    const { book, keeper, signer, clock, log } = this.#setup
    const key = replicaKey(set.order)
    const mine = book.get(key)?.set
    // Of what is neither ordered nor kept here, nothing is known, and nothing is to be known.
    if (!mine || !this.#isConcerned(mine, from) || isBeyond(set.order, clock.now())) return false
    if (set.order.owner === signer.peerId && set.order.version > mine.order.version) return false
    const merged = mergeSets(mine, set)
    if (merged === mine) return true
    try {
      book.put(merged)
    } catch (error) {
      log.warn({ err: error }, 'a set of replicas could not be noted')
      return false
    }
    // Those whom only this node has known have to hear of it from this node.
    const isOut = ({ peerId }: SetHolder) => peerId !== signer.peerId && !holderOf(merged, peerId)
    for (const holder of mine.holders.filter(isOut)) this.#setup.onOut(holder, merged)
    keeper.review(key)
    return true
  }

  #isConcerned(set: ReplicaSet, peerId: string): boolean {
    if (concerned(set).includes(peerId)) return true
    // Holders that were replaced while they were away: they keep what nobody needs any more, or have found others meanwhile.
    const entry = this.#setup.book.get(replicaKey(set.order))
    return entry?.heard.has(peerId) || (entry?.former.some((other) => other.peerId === peerId) ?? false)
  }

  #shared(): Map<string, ReplicaKey[]> {
    const { book, signer } = this.#setup
    const shared = new Map<string, ReplicaKey[]>()
    for (const [key, { set, former }] of book.entries()) {
      const peerIds = new Set([...concerned(set), ...former.map(({ peerId }) => peerId)])
      for (const peerId of peerIds) {
        if (peerId === signer.peerId) continue
        const keys = shared.get(peerId)
        if (keys) keys.push(key)
        else shared.set(peerId, [key])
      }
    }
    return shared
  }

  /** The next of what is shared with a partner, as much as fits a message. */
  #turn(peerId: string, keys: readonly ReplicaKey[]): ReplicaKey[] {
    if (keys.length <= MAX_HEADS) return [...keys]
    const from = (this.#cursors.get(peerId) ?? 0) % keys.length
    this.#cursors.set(peerId, from + MAX_HEADS)
    return [...keys.slice(from), ...keys.slice(0, from)].slice(0, MAX_HEADS)
  }

  async #with(peerId: string, keys: readonly ReplicaKey[], signal: AbortSignal): Promise<void> {
    const peer = this.#peerOf(peerId, keys)
    try {
      await this.#calling.run(() => this.#exchange(peer, keys, [], signal), signal)
      this.#retries.delete(peerId)
    } catch {
      if (signal.aborted) return
      const { clock, options, partners } = this.#setup
      const before = this.#retries.get(peerId)?.waitMs ?? options.checkMs / 2
      const waitMs = partners.isGone(peerId) ? Math.min(before * 2, MAX_RETRY_MS) : options.checkMs / 2
      this.#retries.set(peerId, { atMs: clock.monotonic() + waitMs, waitMs })
    }
  }

  async #exchange(
    peer: ReplicaPeer,
    keys: readonly ReplicaKey[],
    sets: readonly ReplicaSet[],
    signal: AbortSignal,
  ): Promise<void> {
    const { calls, book } = this.#setup
    const heads = keys.map((key) => this.#headOf(key))
    const request = { heads, sets: sets.map((set) => this.#toWire(set)) }
    const answer = await calls.call(peer, 'exchange', request, signal)
    const asked = [...keys, ...sets.map(({ order }) => replicaKey(order))]
    for (const [i, key] of asked.entries()) {
      const head = answer.heads[i]
      if (head) this.#setup.onHead(key, peer.peerId, head)
    }
    for (const wire of answer.sets.slice(0, MAX_SETS_SENT)) this.#take(wire, peer.peerId)
    const missing = answer.wanted.flatMap((i) => book.get(keys[i] ?? '')?.set ?? []).slice(0, MAX_SETS_SENT)
    if (missing.length === 0) return
    await calls.call(peer, 'exchange', { sets: missing.map((set) => this.#toWire(set)) }, signal)
  }

  #take(wire: Parameters<typeof setFromWire>[0], from: string): ReplicaKey | undefined {
    try {
      const set = setFromWire(wire, this.#setup.verify)
      this.intake(set, from)
      return replicaKey(set.order)
    } catch {
      return undefined
    }
  }

  /** What this node knows and has of a set. */
  #headOf(key: ReplicaKey): HeadInit {
    const { book, keeper, signer } = this.#setup
    const [owner = '', cid = ''] = key.split(' ')
    const set = book.get(key)?.set
    const status = owner === signer.peerId ? 'owner' : keeper.status(key)
    const lease = keeper.lease(key)
    return {
      ...{ owner, cid: cidToBytes(cid), status: statusToWire(status) },
      ...(set && {
        orderVersion: BigInt(set.order.version),
        setVersion: BigInt(set.version),
        coordinator: set.coordinator,
      }),
      // Each time: who was replaced while it was away proves by it that this concerns it.
      ...(lease && { lease: lease.signed }),
      doneBytes: BigInt(keeper.doneBytes(key)),
    }
  }

  #toWire(set: ReplicaSet) {
    const { signer, ownAddresses } = this.#setup
    return setToWire(set, set.order.owner === signer.peerId ? ownAddresses() : undefined)
  }

  #peerOf(peerId: string, keys: readonly ReplicaKey[]): ReplicaPeer {
    const addresses = new Set<string>()
    let name = ''
    for (const key of keys) {
      const entry = this.#setup.book.get(key)
      if (!entry) continue
      const { set, former } = entry
      const holder = holderOf(set, peerId) ?? former.find((other) => other.peerId === peerId)
      for (const address of holder?.addresses ?? (set.order.owner === peerId ? set.ownerAddresses : []))
        addresses.add(address)
      name ||= holder?.name ?? ''
    }
    return { peerId, name, addresses: [...addresses].slice(0, 16) }
  }
}

const keyOf = ({ owner, cid }: ReplicaHead): ReplicaKey | undefined => {
  try {
    return replicaKey({ owner, cid: cidFromBytes(cid) })
  } catch {
    return undefined
  }
}

const versionOf = ({ setVersion, coordinator }: ReplicaHead) => ({ version: Number(setVersion), coordinator })

const isOlder = (head: ReplicaHead, set: ReplicaSet): boolean =>
  Number(head.orderVersion) < set.order.version || isLater(set, versionOf(head))

const isNewer = (head: ReplicaHead, set: ReplicaSet): boolean =>
  Number(head.orderVersion) > set.order.version || isLater(versionOf(head), set)
