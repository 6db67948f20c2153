import type { MessageInitShape } from '@bufbuild/protobuf'
import type { GetBlocksRequestSchema } from '../contract/gen/shoal/v1/peer_pb.ts'

export type BlocksRequest = MessageInitShape<typeof GetBlocksRequestSchema>

/** Most indices in one message, of the contract. */
export const MAX_INDICES = 4096

/**
 * What still has to be said on one block stream. Requests that pile up while the line is busy go out as one message; a block that is taken
 * back before it was asked for is not mentioned at all. Holds no more than what is asked for.
 */
export class Outbox {
  readonly #open: Uint8Array
  readonly #want = new Set<number>()
  readonly #cancel = new Set<number>()
  #wake: (() => void) | undefined
  #closed = false

  /** @param cid binary CID of the file */
  constructor(cid: Uint8Array) {
    this.#open = cid
  }

  want(indices: readonly number[]): void {
    for (const index of indices) this.#want.add(index)
    this.#wake?.()
  }

  cancel(indices: readonly number[]): void {
    for (const index of indices) if (!this.#want.delete(index)) this.#cancel.add(index)
    this.#wake?.()
  }

  /** Ends the stream of requests. */
  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  /** The requests, for the call; read once. */
  async *requests(): AsyncGenerator<BlocksRequest> {
    yield { request: { case: 'open', value: { cid: this.#open } } }
    while (!this.#closed) {
      // Cancels first: they spare work, and a block that is wanted again must not lose its new request to the old cancel.
      if (this.#cancel.size > 0)
        yield { request: { case: 'cancel', value: { indices: drain(this.#cancel) } } }
      else if (this.#want.size > 0) yield { request: { case: 'want', value: { indices: drain(this.#want) } } }
      else {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#wake = resolve
        await promise
      }
    }
  }
}

function drain(indices: Set<number>): number[] {
  const drained: number[] = []
  for (const index of indices) {
    if (drained.length === MAX_INDICES) break
    drained.push(index)
    indices.delete(index)
  }
  return drained
}
