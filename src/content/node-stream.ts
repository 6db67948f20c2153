import { ShoalError } from '../base/errors.ts'
import type { ManifestLimits } from './limits.ts'
import { sameBytes, sha256 } from './verify.ts'

interface Arrived {
  readonly bytes: Uint8Array
  readonly digest: Uint8Array
}

/**
 * The nodes of a manifest as they come from somebody who is not trusted, one at a time. A node leaves here only after
 * its hash was found to be the expected one.
 */
export class NodeStream implements AsyncDisposable {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #limits: ManifestLimits
  readonly #signal: AbortSignal | undefined
  #ahead: Arrived | undefined
  #receivedBytes = 0
  #ended = false

  constructor(nodes: AsyncIterable<Uint8Array>, limits: ManifestLimits, signal?: AbortSignal) {
    this.#iterator = nodes[Symbol.asyncIterator]()
    this.#limits = limits
    this.#signal = signal
  }

  /** The next node, which must have this digest. @throws ShoalError BAD_BLOCK when it has not, BAD_RESPONSE when none comes */
  async take(digest: Uint8Array): Promise<Uint8Array> {
    const node = await this.takeIf(digest)
    if (node) return node
    if (!this.#ahead) throw new ShoalError('BAD_RESPONSE', 'The manifest ends too early.')
    throw new ShoalError('BAD_BLOCK', 'A node of the manifest does not match its hash.')
  }

  /** The next node if it has this digest; it stays for the next call when it has not. */
  async takeIf(digest: Uint8Array): Promise<Uint8Array | undefined> {
    const next = await this.#peek()
    if (!next || !sameBytes(next.digest, digest)) return undefined
    this.#ahead = undefined
    return next.bytes
  }

  /** Checks that nothing more comes. @throws ShoalError BAD_RESPONSE when something does */
  async end(): Promise<void> {
    if (await this.#peek())
      throw new ShoalError('BAD_RESPONSE', 'The manifest has a node that does not belong to it.')
  }

  async #peek(): Promise<Arrived | undefined> {
    if (this.#ahead || this.#ended) return this.#ahead
    this.#signal?.throwIfAborted()
    const { done, value } = await this.#iterator.next()
    this.#signal?.throwIfAborted()
    if (done) {
      this.#ended = true
      return undefined
    }
    this.#receivedBytes += value.length
    if (value.length > this.#limits.maxNodeBytes) {
      throw new ShoalError('BAD_RESPONSE', `A node of the manifest has ${value.length} bytes.`)
    }
    if (this.#receivedBytes > this.#limits.maxManifestBytes) {
      throw new ShoalError('TOO_LARGE', `The manifest has more than ${this.#limits.maxManifestBytes} bytes.`)
    }
    this.#ahead = { bytes: value, digest: sha256(value) }
    return this.#ahead
  }

  /** Tells the sender to stop, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    // What the sender says to a goodbye changes nothing for us.
    await this.#iterator.return?.().catch(() => undefined)
  }
}
