import { BLOCK_SIZE, digestOfCid, isRawCid } from '../content/cid.ts'
import { blockCount, blockDigest, blockSize, type FileLayout, layoutOfRawCid } from '../content/manifest.ts'
import { sameBytes, sha256, verifyBlock } from '../content/verify.ts'

/**
 * The file that is fetched: what its blocks must be. A file that is one raw block has no manifest, so its size is known only when the
 * block is there; a size that somebody tells is never believed, or honest sources would be blamed for a lie.
 */
export class FetchTarget {
  readonly cid: string
  #layout: FileLayout | undefined

  private constructor(cid: string, layout: FileLayout | undefined) {
    this.cid = cid
    this.#layout = layout
  }

  static ofLayout(layout: FileLayout): FetchTarget {
    return new FetchTarget(layout.cid, layout)
  }

  /** A file of one raw block. An empty one is known at once: its hash is that of nothing. @throws INVALID_CID for another kind of CID */
  static ofRawCid(cid: string): FetchTarget {
    const empty = sameBytes(digestOfCid(cid), EMPTY_DIGEST)
    const layout = layoutOfRawCid(cid, 0)
    return new FetchTarget(cid, empty ? layout : undefined)
  }

  /** What can be fetched with the CID alone; undefined for a CID that needs a manifest. */
  static ofCid(cid: string): FetchTarget | undefined {
    return isRawCid(cid) ? FetchTarget.ofRawCid(cid) : undefined
  }

  /** Undefined while the size is not known. */
  get layout(): FileLayout | undefined {
    return this.#layout
  }

  get blockCount(): number {
    return this.#layout ? blockCount(this.#layout) : 1
  }

  /** Bytes of a block; undefined while not known. */
  readonly sizeOf = (index: number): number | undefined =>
    this.#layout ? blockSize(this.#layout, index) : undefined

  /** Bytes that a block has at most: what is planned with. */
  readonly plannedSizeOf = (index: number): number => this.sizeOf(index) ?? BLOCK_SIZE

  readonly digestOf = (index: number): Uint8Array =>
    this.#layout ? blockDigest(this.#layout, index) : digestOfCid(this.cid)

  /**
   * Whether these are the bytes of a block; hashed on the main thread, so for small ones. The layout of a file whose size was not
   * known is known after its block was verified.
   */
  verify(index: number, bytes: Uint8Array): boolean {
    if (this.#layout) return verifyBlock(this.#layout, index, bytes)
    if (index !== 0 || bytes.length > BLOCK_SIZE || !sameBytes(sha256(bytes), digestOfCid(this.cid)))
      return false
    this.learnSize(bytes.length)
    return true
  }

  /** The one block of the file was verified: its bytes are the file's, if that was not known. */
  learnSize(bytes: number): void {
    this.#layout ??= layoutOfRawCid(this.cid, bytes)
  }
}

const EMPTY_DIGEST = sha256(new Uint8Array())
