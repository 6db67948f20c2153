import { inBatches } from '../base/batches.ts'
import type { Logger } from '../base/log.ts'
import { OfferReply } from '../contract/gen/shoal/v1/kv_pb.ts'
import type { ValueFacts } from '../storage/value-store.ts'
import type { Copies } from './copies.ts'
import type { Holder } from './holder.ts'
import type { PeerOffer } from './keeper-plan.ts'
import { MAX_OFFERED, STORE_BATCH } from './options.ts'
import { compareRecords } from './order.ts'
import type { KvPeer } from './ports.ts'
import { sizeOf, type ValueRecord } from './record.ts'
import type { ValueCalls } from './value-calls.ts'

export interface CourierSetup {
  readonly holder: Holder
  readonly copies: Copies
  readonly calls: ValueCalls
  readonly log: Logger
}

/** Newer records that are fetched from one peer in one round; the rest comes with the next. */
const MAX_PULLED = 200

/** Brings records to other nodes, and newer ones back. */
export class Courier {
  readonly #setup: CourierSetup
  offered = 0
  sent = 0
  pulled = 0
  failures = 0

  constructor(setup: CourierSetup) {
    this.#setup = setup
  }

  /** Offers records to a peer, sends what it wants and fetches what it has newer. Ends at the first failure: there is a next time. */
  async deliver({ peer, heads }: PeerOffer<ValueFacts>, signal: AbortSignal): Promise<void> {
    const { calls, log } = this.#setup
    let toPull = MAX_PULLED
    try {
      for (const batch of inBatches(heads, () => 0, { items: MAX_OFFERED, size: 1 })) {
        const replies = await calls.offer(peer, batch, signal)
        this.offered += batch.length
        const withReply = (wanted: OfferReply) => batch.filter((_, i) => replies[i] === wanted)
        for (const head of withReply(OfferReply.SAME)) this.#setup.copies.note(head, peer.peerId)
        await this.#send(peer, withReply(OfferReply.WANTED), signal)
        const newer = withReply(OfferReply.NEWER).slice(0, toPull)
        toPull -= newer.length
        for (const { key } of newer) await this.#pull(peer, key, signal)
      }
    } catch (error) {
      this.failures++
      log.debug({ err: error, peerId: peer.peerId }, 'a peer did not take records')
    }
  }

  async #send(peer: KvPeer, wanted: readonly ValueFacts[], signal: AbortSignal): Promise<void> {
    const { holder, calls, copies } = this.#setup
    for (const batch of inBatches(wanted, ({ sizeBytes }) => sizeBytes, STORE_BATCH)) {
      const records = batch.map((facts) => holder.record(facts)).filter((record) => record !== undefined)
      const limited = within(records)
      const outcomes = await calls.store(peer, limited, signal)
      for (const [i, { kind }] of outcomes.entries()) {
        if (kind !== 'stored' && kind !== 'same') continue
        copies.note(limited[i]!, peer.peerId)
        this.sent++
      }
    }
  }

  async #pull(peer: KvPeer, key: string, signal: AbortSignal): Promise<void> {
    const { holder, calls, copies } = this.#setup
    const record = await calls.get(peer, key, signal)
    const mine = holder.facts(key)
    // Not one that is older than ours after all, nor one that we do not keep any more.
    if (!record || !mine || compareRecords(record, mine) <= 0) return
    const [outcome] = holder.accept([record])
    if (outcome?.kind !== 'stored') return
    copies.note(record, peer.peerId)
    this.pulled++
  }
}

/** As many as one message takes: a record may have grown since its size was looked up. */
function within(records: readonly ValueRecord[]): ValueRecord[] {
  const [batch] = inBatches(records, sizeOf, STORE_BATCH)
  return batch ?? []
}
