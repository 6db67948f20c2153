import { BLOCK_SIZE, cidOfDigest, DAG_PB, DIGEST_SIZE, digestOfCid, isRawCid, MAX_LINKS, RAW } from './cid.ts'
import { childrenOf, encodeFileNode, rootOf, type Subtree } from './file-node.ts'
import { turnEvery } from './folder-node.ts'
import { fullNode } from './full-node.ts'
import { type BlockSpan, blockCount, blockDigest, type FileLayout } from './layout.ts'
import { sha256 } from './verify.ts'

/** A block of the DAG: a node that is here, or block `index` of the file, which is not. */
export type DagStep =
  | { readonly cid: string; readonly bytes: Uint8Array }
  | { readonly cid: string; readonly index: number }

/** Inner nodes hashed before other work of the process gets a turn: some 5 ms on a slow core. */
const NODES_PER_TURN = 16

/**
 * The DAG of a file, made again from its layout: the nodes that whoever walks it asks for one by one.
 *
 * A file has at most 1 TiB, so there are at most two levels: a root, and inner nodes below it that link 1024 blocks each. The layout may also be
 * that of an inner node, which is a file of its own (see {@link partOfFile}).
 */
export class FileDag {
  readonly layout: FileLayout
  readonly #root: Subtree
  readonly #isBlock: boolean
  #inner: Promise<Uint8Array> | undefined
  #innerDigests: Uint8Array | undefined

  constructor(layout: FileLayout) {
    this.layout = layout
    this.#root = rootOf(layout.sizeBytes)
    this.#isBlock = isRawCid(layout.cid)
  }

  /** How many nodes there are between the root and the blocks. */
  get innerCount(): number {
    return this.#root.height > 1 ? Math.ceil(blockCount(this.layout) / MAX_LINKS) : 0
  }

  /** The root node; undefined when the file is one block. */
  async root(): Promise<Uint8Array | undefined> {
    if (this.#isBlock) return undefined
    const below = this.innerCount > 0 ? await this.innerDigests() : this.layout.digests
    return encodeFileNode(this.#root, split(below))
  }

  /** Inner node `index`, which links blocks `index * 1024` and on. */
  inner(index: number): Uint8Array {
    const first = index * MAX_LINKS * DIGEST_SIZE
    const digests = this.layout.digests.subarray(first, first + MAX_LINKS * DIGEST_SIZE)
    if (digests.length === MAX_LINKS * DIGEST_SIZE && !this.#endsIn(index)) return fullNode(digests)
    return encodeFileNode(childrenOf(this.#root)[index]!, split(digests))
  }

  /** SHA-256 of each inner node, 32 bytes each; worked out once. */
  innerDigests(): Promise<Uint8Array> {
    this.#inner ??= this.#hashInner()
    return this.#inner
  }

  /** The nodes of the manifest, the root first, one by one: never more than one of them is in memory. None for a file of one block. */
  async *nodes(): AsyncGenerator<Uint8Array> {
    const root = await this.root()
    if (root) yield root
    for (let index = 0; index < this.innerCount; index++) yield this.inner(index)
  }

  /**
   * The blocks of the DAG, depth first: all, or the nodes and blocks that prove the blocks of `span` (the root alone for an empty one).
   */
  async *walk(span: BlockSpan = { first: 0, end: blockCount(this.layout) }): AsyncGenerator<DagStep> {
    const root = await this.root()
    if (root) yield { cid: this.layout.cid, bytes: root }
    else yield { cid: this.layout.cid, index: 0 }
    if (!root || span.first >= span.end) return
    if (this.innerCount === 0) {
      yield* this.#blocks(span.first, span.end)
      return
    }
    const digests = await this.innerDigests()
    for (let i = Math.floor(span.first / MAX_LINKS); i * MAX_LINKS < span.end; i++) {
      yield { cid: cidOfDigest(DAG_PB, at(digests, i)), bytes: this.inner(i) }
      yield* this.#blocks(Math.max(span.first, i * MAX_LINKS), Math.min(span.end, (i + 1) * MAX_LINKS))
    }
  }

  /** The blocks below the node or block `cid` that is part of this file; undefined when it is none, as far as is known without working out inner nodes. */
  find(cid: string, startAt = 0): BlockSpan | undefined {
    const digest = digestOfCid(cid)
    if (isRawCid(cid)) {
      const index = indexOfDigest(this.layout.digests, digest, startAt)
      return index === undefined ? undefined : { first: index, end: index + 1 }
    }
    const index = this.#innerDigests && indexOfDigest(this.#innerDigests, digest)
    if (index === undefined) return undefined
    const first = index * MAX_LINKS
    return { first, end: Math.min(first + MAX_LINKS, blockCount(this.layout)) }
  }

  *#blocks(first: number, end: number): Generator<DagStep> {
    for (let index = first; index < end; index++)
      yield { cid: cidOfDigest(RAW, blockDigest(this.layout, index)), index }
  }

  /** The last block, which may be shorter, is below inner node `index`. */
  #endsIn(index: number): boolean {
    return index === this.innerCount - 1
  }

  async #hashInner(): Promise<Uint8Array> {
    const digests = new Uint8Array(this.innerCount * DIGEST_SIZE)
    const turn = turnEvery(NODES_PER_TURN)
    for (let index = 0; index < this.innerCount; index++) {
      digests.set(sha256(this.inner(index)), index * DIGEST_SIZE)
      await turn()
    }
    this.#innerDigests = digests
    return digests
  }
}

/** The layout of the part of a file that an inner node, or a single block, stands for. @param span all blocks below it */
export function partOfFile(cid: string, layout: FileLayout, { first, end }: BlockSpan): FileLayout {
  const sizeBytes = Math.min(layout.sizeBytes - first * BLOCK_SIZE, (end - first) * BLOCK_SIZE)
  return { cid, sizeBytes, digests: layout.digests.subarray(first * DIGEST_SIZE, end * DIGEST_SIZE) }
}

/**
 * Which of the `digests` (32 bytes each) it is. Whoever walks a file asks for one after the other, so that the place after the last one, given as
 * `startAt`, is looked at first.
 */
export function indexOfDigest(digests: Uint8Array, digest: Uint8Array, startAt = 0): number | undefined {
  const all = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength)
  const from = startAt * DIGEST_SIZE
  return seek(all, digest, from) ?? (from > 0 ? seek(all, digest, 0) : undefined)
}

function seek(all: Buffer, digest: Uint8Array, from: number): number | undefined {
  for (let found = all.indexOf(digest, from); found >= 0; found = all.indexOf(digest, found + 1))
    if (found % DIGEST_SIZE === 0) return found / DIGEST_SIZE
  return undefined
}

const at = (digests: Uint8Array, index: number) =>
  digests.subarray(index * DIGEST_SIZE, (index + 1) * DIGEST_SIZE)

function split(digests: Uint8Array): Uint8Array[] {
  return Array.from({ length: digests.length / DIGEST_SIZE }, (_, index) => at(digests, index))
}
