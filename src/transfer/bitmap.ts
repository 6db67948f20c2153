/**
 * A set of block indices, one bit each; block 0 is the highest bit of the first byte, as on the wire and in the journal.
 */
export class Bitmap {
  readonly length: number
  readonly bytes: Uint8Array
  #count = 0

  /** @param length number of blocks @param bytes taken over, not copied; RangeError when its length does not fit */
  constructor(length: number, bytes: Uint8Array = new Uint8Array(Math.ceil(length / 8))) {
    if (bytes.length !== Math.ceil(length / 8)) throw new RangeError('bitmap of a wrong length')
    this.length = length
    this.bytes = bytes
    // Spare bits at the end mean nothing; left set, they would be counted.
    if (length % 8 !== 0) bytes[bytes.length - 1]! &= 0xff << (8 - (length % 8))
    for (const byte of bytes) this.#count += BITS_SET[byte]!
  }

  static full(length: number): Bitmap {
    return new Bitmap(length, new Uint8Array(Math.ceil(length / 8)).fill(0xff))
  }

  /** Number of blocks in the set. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.length
  }

  has(index: number): boolean {
    return ((this.bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0
  }

  /** True when that changed the set. An index that does not exist changes nothing. */
  add(index: number): boolean {
    if (index < 0 || index >= this.length || this.has(index)) return false
    this.bytes[index >> 3]! |= 0x80 >> (index & 7)
    this.#count++
    return true
  }

  /** True when that changed the set. */
  delete(index: number): boolean {
    if (!this.has(index)) return false
    this.bytes[index >> 3]! &= ~(0x80 >> (index & 7))
    this.#count--
    return true
  }

  copy(): Bitmap {
    return new Bitmap(this.length, this.bytes.slice())
  }

  /** Indices in the set, ascending. */
  *indices(): Generator<number> {
    for (let byte = 0; byte < this.bytes.length; byte++) {
      if (this.bytes[byte] === 0) continue
      for (let index = byte * 8; index < byte * 8 + 8; index++) if (this.has(index)) yield index
    }
  }
}

const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)
