import { createHash } from 'node:crypto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Clock } from '../base/clock.ts'
import { toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { withDeadline } from '../base/signals.ts'
import { cidToBytes } from '../content/cid.ts'
import { type GetBlocksRequestSchema, PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { Links } from '../link/rpc.ts'
import type { BlockToProve, ReplicaPeer } from './ports.ts'

/** right: it gave the block; wrong: it gave another one, or says that it has none; unknown: it could not be asked, or is too busy to answer. */
export type Proof = 'right' | 'wrong' | 'unknown'

export interface ProverSetup {
  readonly links: Links
  readonly clock: Clock
  readonly log: Logger
  /** Longest wait for a block, in its queue too, ms. */
  readonly timeoutMs: number
}

/** Asks holders for blocks and compares them with their digests. */
export class Prover {
  readonly #setup: ProverSetup

  constructor(setup: ProverSetup) {
    this.#setup = setup
  }

  /** Asks one holder for one block. Rejects only with the signal's reason. */
  async prove(peer: ReplicaPeer, block: BlockToProve, signal: AbortSignal): Promise<Proof> {
    const { clock, timeoutMs, log } = this.#setup
    using deadline = withDeadline(clock, timeoutMs, signal)
    try {
      const bytes = await this.#fetch(peer, block, deadline.signal)
      if (bytes === undefined) return 'wrong'
      return createHash('sha256').update(bytes).digest().equals(block.digest) ? 'right' : 'wrong'
    } catch (error) {
      signal.throwIfAborted()
      const { code, message } = toShoalError(error)
      log.debug({ peerId: peer.peerId, code, message }, 'a holder could not be asked for a block')
      return 'unknown'
    }
  }

  /** Undefined when the peer says that it does not have it. */
  async #fetch(peer: ReplicaPeer, block: BlockToProve, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { cid, index, sizeBytes } = block
    const over = Promise.withResolvers<void>()
    const requests = async function* (): AsyncGenerator<MessageInitShape<typeof GetBlocksRequestSchema>> {
      yield { request: { case: 'open' as const, value: { cid: cidToBytes(cid) } }, file: 1 }
      yield { request: { case: 'showAll' as const, value: {} }, file: 1 }
      yield { request: { case: 'want' as const, value: { indices: [index] } }, file: 1 }
      // What has been asked for comes while the client has not ended.
      await over.promise
    }
    const parts: Uint8Array[] = []
    let length = 0
    try {
      const client = this.#setup.links.connect(PeerService, peer)
      for await (const { response } of client.getBlocks(requests(), { signal })) {
        if (response.case === 'refused')
          return response.value.code === 'NOT_FOUND' ? undefined : Promise.reject(response.value)
        if (response.case === 'missing' && response.value.indices.includes(index)) return undefined
        if (response.case !== 'block' || response.value.index !== index) continue
        const { data, offset } = response.value
        if (offset !== length || length + data.length > sizeBytes) return new Uint8Array()
        parts.push(data)
        length += data.length
        if (length === sizeBytes) return Buffer.concat(parts)
      }
      throw new Error('the answer ended')
    } finally {
      over.resolve()
    }
  }
}
