import type { StreamMessageEvent } from '@libp2p/interface'

/** Bytes as libp2p hands them out: one array, or several in a list that need not be joined. */
export type Chunk = StreamMessageEvent['data']

/** Bytes in order of arrival. Its bound is kept by who fills it. */
export class ChunkQueue {
  readonly #chunks: Chunk[] = []
  /** How much of the first chunk is gone. */
  #offset = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Chunk): void {
    if (chunk.byteLength === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
  }

  /** What is left of the first chunk, bytes: more is not taken at once. */
  get headBytes(): number {
    return this.#chunks.length === 0 ? 0 : this.#chunks[0]!.byteLength - this.#offset
  }

  /** The next bytes, at most `maxBytes`, not copied; undefined when there are none. */
  take(maxBytes: number): Chunk | undefined {
    const bytes = Math.min(maxBytes, this.headBytes)
    if (bytes <= 0) return undefined
    const head = this.#chunks[0]!
    const from = this.#offset
    this.#offset += bytes
    this.#bytes -= bytes
    if (this.#offset === head.byteLength) {
      this.#chunks.shift()
      this.#offset = 0
    }
    if (bytes === head.byteLength) return head
    return head instanceof Uint8Array ? head.subarray(from, from + bytes) : head.sublist(from, from + bytes)
  }

  clear(): void {
    this.#chunks.length = 0
    this.#offset = 0
    this.#bytes = 0
  }
}
