import { xsalsa20 } from '@noble/ciphers/salsa.js'
import { ShoalError } from '../../base/errors.ts'

const BLOCK_BYTES = 64
/** The cipher counts blocks in 32 bits here: 256 GiB. */
const MAX_BLOCKS = 2 ** 32 - 2

/** One direction of a connection, XORed with the key stream of XSalsa20: what goes in encrypts or decrypts where the last bytes ended. */
export class KeyStream {
  readonly #key: Uint8Array
  readonly #nonce: Uint8Array
  /** Bytes so far. */
  #done = 0

  /** @param nonce 24 bytes, never used twice with the key */
  constructor(key: Uint8Array, nonce: Uint8Array) {
    this.#key = Uint8Array.from(key)
    this.#nonce = Uint8Array.from(nonce)
  }

  /** A new array with `bytes` XORed. @throws ShoalError UNAVAILABLE when the key stream is used up: a new connection has to be made */
  xor(bytes: Uint8Array): Uint8Array {
    const skip = this.#done % BLOCK_BYTES
    const block = (this.#done - skip) / BLOCK_BYTES
    if (block + Math.ceil((skip + bytes.length) / BLOCK_BYTES) > MAX_BLOCKS)
      throw new ShoalError('UNAVAILABLE', 'The connection has carried 256 GiB; a new one takes its place.')
    const rest = skip === 0 ? 0 : Math.min(BLOCK_BYTES - skip, bytes.length)
    // What comes behind the rest of the last block lies at a multiple of four, where the cipher takes words.
    const lead = (4 - (rest % 4)) % 4
    const out = new Uint8Array(lead + bytes.length).subarray(lead)
    if (rest > 0) {
      const started = new Uint8Array(BLOCK_BYTES)
      started.set(bytes.subarray(0, rest), skip)
      out.set(xsalsa20(this.#key, this.#nonce, started, undefined, block).subarray(skip, skip + rest))
    }
    if (bytes.length > rest) {
      const first = rest > 0 ? block + 1 : block
      xsalsa20(this.#key, this.#nonce, bytes.subarray(rest), out.subarray(rest), first)
    }
    this.#done += bytes.length
    return out
  }
}
