import type { Timer } from '../../base/clock.ts'
import type { QueryShape } from '../../content/entry-wire.ts'
import type { Query } from '../../contract/gen/shoal/v1/common_pb.ts'
import type { FloodAnswer, FloodEnd } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { KeyHash } from './bloom.ts'
import type { FloodNeighbour } from './ports.ts'

/** What a query did, as far as it was told. */
export interface Totals {
  messages: number
  bytes: number
  peers: number
  partial: boolean
}

const MAX_COUNT = 0xffff_ffff

/** A query as one node knows it; kept for a while after it has ended, so that what comes again is not done again. */
export interface QueryRun {
  readonly id: Uint8Array
  readonly key: string
  readonly wire: Query
  readonly shape: QueryShape
  /** Hashes of its keys; undefined = no filter can tell. */
  readonly keys: readonly KeyHash[] | undefined
  /** Neighbours that have it from this node. */
  readonly sent: Set<string>
  /** Peers towards whom it was passed on. */
  readonly passed: Set<number>
  /** What is under way: usually one branch; more when it came again with other targets. */
  readonly branches: Set<Branch>
  isExplored: boolean
  isCancelled: boolean
}

/** Takes what a branch brings: hits, the end, or both. @param through the neighbour by which the hits came */
export type Deliver = (hits: FloodAnswer | undefined, end: Totals | undefined, through?: string) => void

/** What one neighbour, or this node itself, has asked for: ends when all to whom it was passed on have ended. */
export class Branch {
  /** Who has asked; undefined = this node. */
  readonly from: FloodNeighbour | undefined
  readonly deliver: Deliver
  readonly totals: Totals = { messages: 0, bytes: 0, peers: 0, partial: false }
  timer: Timer | undefined
  /** Hits are not wanted any more; ends are still owed: they tell what the query has cost. */
  isCancelled = false
  /** Entries delivered so far. */
  entries = 0
  /** Peers by the CID of theirs that was delivered. */
  readonly #holders = new Map<string, number>()
  /** Children that owe an end, and what they sent until now: counted in case the end never comes. */
  readonly #pending = new Map<string, Totals>()

  constructor(from: FloodNeighbour | undefined, deliver: Deliver) {
    this.from = from
    this.deliver = deliver
  }

  get isPending(): boolean {
    return this.#pending.size > 0
  }

  get pending(): string[] {
    return [...this.#pending.keys()]
  }

  isWaitingFor(peerId: string): boolean {
    return this.#pending.has(peerId)
  }

  /** Whether hits have an entry of which fewer than `enough` holders were delivered; counts them if so. */
  wants({ entries }: FloodAnswer, enough: number): boolean {
    const cids = entries.map(({ cid }) => keyOf(cid))
    if (!cids.some((cid) => (this.#holders.get(cid) ?? 0) < enough)) return false
    for (const cid of cids) this.#holders.set(cid, (this.#holders.get(cid) ?? 0) + 1)
    this.entries += cids.length
    return true
  }

  /** A message of `bytes` was sent for the query. */
  countSent(bytes: number): void {
    this.totals.messages++
    this.totals.bytes += bytes
  }

  /** The child owes an end from now on. */
  expect(peerId: string): void {
    this.#pending.set(peerId, { messages: 0, bytes: 0, peers: 0, partial: true })
  }

  /** An answer of `bytes` came from a child that owes an end. */
  count(peerId: string, { end }: FloodAnswer, bytes: number): void {
    const so = this.#pending.get(peerId)
    if (!so) return
    if (!end) {
      so.messages++
      so.bytes += bytes
      // One peer a message, and what it cost further off is not known: without an end it cannot be better.
      so.peers++
      return
    }
    this.#pending.delete(peerId)
    add(this.totals, fromEnd(end))
    this.countSent(bytes)
  }

  /** The child, or without one every child, will not end any more. */
  giveUp(peerId?: string): void {
    for (const [child, so] of this.#pending) {
      if (peerId !== undefined && child !== peerId) continue
      this.#pending.delete(child)
      add(this.totals, so)
    }
  }
}

function fromEnd({ messages, bytes, peers, partial }: FloodEnd): Totals {
  return { messages, bytes: Number(bytes), peers, partial }
}

/** Bounded, so that nobody's nonsense becomes a number that does not fit the contract. */
function add(totals: Totals, more: Totals): void {
  totals.messages = Math.min(totals.messages + more.messages, MAX_COUNT)
  totals.bytes = Math.min(totals.bytes + more.bytes, Number.MAX_SAFE_INTEGER)
  totals.peers = Math.min(totals.peers + more.peers, MAX_COUNT)
  totals.partial ||= more.partial
}

/** An id as a key of maps. */
export const keyOf = (id: Uint8Array): string =>
  Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1')

/** A query of this node's own. */
export interface Asked {
  /** Wants no more, and tells everybody so. */
  cancel(): void
  /** Resolves when everybody has told what it has cost, or the time for that is up. */
  readonly ended: Promise<void>
  /** Waits for nothing any more; gives what is known of the cost. */
  conclude(): Totals
}

/** A query that this node has just heard of. */
export function newRun(id: Uint8Array, wire: Query, of: Pick<QueryRun, 'shape' | 'keys'>): QueryRun {
  return {
    ...{ id, key: keyOf(id), wire, ...of },
    ...{ sent: new Set(), passed: new Set(), branches: new Set(), isExplored: false, isCancelled: false },
  }
}
