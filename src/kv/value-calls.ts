import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { OfferReply } from '../contract/gen/shoal/v1/kv_pb.ts'
import { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { Links } from '../link/rpc.ts'
import { headToWire } from './head-wire.ts'
import type { Outcome } from './holder.ts'
import type { ValueHead } from './order.ts'
import { outcomeFromWire } from './outcome-wire.ts'
import type { KvPeer, Verify } from './ports.ts'
import { readValue, refusalOf, type ValueRecord } from './record.ts'

export interface ValueCallsSetup {
  readonly links: Links
  readonly verify: Verify
  readonly clock: Clock
  /** ms */
  readonly callTimeoutMs: number
}

/** Asks single peers, and checks what they answer. Errors: those of the link; BAD_RESPONSE. */
export class ValueCalls {
  readonly #setup: ValueCallsSetup

  constructor(setup: ValueCallsSetup) {
    this.#setup = setup
  }

  /** What the peer keeps under a key, undefined when that is nothing. A forged, foreign or void record is a BAD_RESPONSE. */
  async get(peer: KvPeer, key: string, signal: AbortSignal): Promise<ValueRecord | undefined> {
    const { verify, clock } = this.#setup
    const { record } = await this.#client(peer).getValue({ key }, this.#options(signal))
    if (!record) return undefined
    const read = readValue(record, verify)
    if (read.key !== key || refusalOf(read, clock.now()))
      throw new ShoalError('BAD_RESPONSE', 'A peer answered with a record that is not to be had.')
    return read
  }

  /** What came of each record. At most as many as one StoreValues takes. */
  async store(peer: KvPeer, records: readonly ValueRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const request = { records: records.map(({ signed }) => signed) }
    const { results } = await this.#client(peer).storeValues(request, this.#options(signal))
    return records.map((_, i) => outcomeFromWire(results[i]))
  }

  /** What the peer says to each head. At most as many as one OfferValues takes. */
  async offer(
    peer: KvPeer,
    heads: readonly ValueHead[],
    signal: AbortSignal,
  ): Promise<(OfferReply | undefined)[]> {
    const request = { heads: heads.map(headToWire) }
    const { replies } = await this.#client(peer).offerValues(request, this.#options(signal))
    return heads.map((_, i) => replies[i])
  }

  #client({ peerId, addresses }: KvPeer) {
    return this.#setup.links.connect(PeerService, { peerId, addresses })
  }

  #options(signal: AbortSignal) {
    return { signal, timeoutMs: this.#setup.callTimeoutMs }
  }
}
