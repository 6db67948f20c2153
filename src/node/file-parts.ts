import { Limiter } from '../base/limiter.ts'
import { cidOfDigest, DAG_PB, DIGEST_SIZE, digestOfCid, isRawCid, MAX_LINKS } from '../content/cid.ts'
import { FileDag, indexOfDigest } from '../content/file-dag.ts'
import type { Catalogue } from '../storage/catalogue.ts'

/** Inner nodes that are remembered: those of 64 TiB of files larger than 1 GiB. The ones learnt first go. */
const MAX_INNER_NODES = 65_536

export type PartsCatalogue = Pick<Catalogue, 'find' | 'filesWithDigest' | 'filesLargerThan'>

/**
 * Finds the shared file that a single block, or a node between a file's root and its blocks, is part of. No table keeps those: a block is
 * looked for in the layouts, which takes a fraction of a second for 100,000 files, and inner nodes are worked out once.
 */
export class FileParts {
  readonly #catalogue: PartsCatalogue
  /** One look at a time: each keeps the process busy. */
  readonly #turn = new Limiter(1)
  /** CID of an inner node to that of its file, the one learnt first at first. */
  readonly #inner = new Map<string, string>()
  readonly #known = new Set<string>()

  constructor(catalogue: PartsCatalogue) {
    this.#catalogue = catalogue
  }

  /** CID of a file that has it; undefined when none has. The signal ends the looking. */
  find(cid: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#turn.run(
      () => (isRawCid(cid) ? this.#fileOfBlock(cid, signal) : this.#fileOfNode(cid, signal)),
      signal,
    )
  }

  async #fileOfBlock(cid: string, signal: AbortSignal): Promise<string | undefined> {
    const digest = digestOfCid(cid)
    for (let after: number | undefined = 0; after !== undefined; await pause(signal)) {
      const { files, next } = this.#catalogue.filesWithDigest(digest, after)
      const found = files.find((file) => {
        const layout = this.#catalogue.find(file)?.layout
        return layout && indexOfDigest(layout.digests, digest) !== undefined
      })
      if (found) return found
      after = next
    }
    return undefined
  }

  async #fileOfNode(cid: string, signal: AbortSignal): Promise<string | undefined> {
    await this.#learnAll(signal)
    const file = this.#inner.get(cid)
    if (file === undefined || this.#catalogue.find(file)) return file
    // It is gone; another file may begin as it did, and have the same node.
    this.#inner.clear()
    this.#known.clear()
    await this.#learnAll(signal)
    return this.#inner.get(cid)
  }

  async #learnAll(signal: AbortSignal): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined; await pause(signal)) {
      const { files, next } = this.#catalogue.filesLargerThan(MAX_LINKS, after)
      for (const file of files) {
        if (!this.#known.has(file)) await this.#learn(file)
        signal.throwIfAborted()
      }
      after = next
    }
  }

  async #learn(file: string): Promise<void> {
    const layout = this.#catalogue.find(file)?.layout
    if (!layout) return
    const digests = await new FileDag(layout).innerDigests()
    for (let at = 0; at < digests.length; at += DIGEST_SIZE)
      this.#inner.set(cidOfDigest(DAG_PB, digests.subarray(at, at + DIGEST_SIZE)), file)
    this.#known.add(file)
    for (const [node, of] of this.#inner) {
      if (this.#inner.size <= MAX_INNER_NODES) break
      this.#inner.delete(node)
      this.#known.delete(of)
    }
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  signal.throwIfAborted()
}
