import { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from '../../content/cid.ts'
import { FileDag } from '../../content/file-dag.ts'
import { buildFolder } from '../../content/folder.ts'
import { blocksOfSize, type FileLayout } from '../../content/layout.ts'
import { buildManifest } from '../../content/manifest.ts'
import { sha256 } from '../../content/verify.ts'
import type { ContentPort, OpenContent, OpenFile, OpenFolder, OpenOptions } from '../content-port.ts'

/** A file's content: its bytes, or how to get a block of them. */
type Blocks = (index: number) => Uint8Array | Promise<Uint8Array>

/** Content in memory, which notes what it was asked for. */
export class FakeContent implements ContentPort {
  /** CIDs that were opened, in order. */
  readonly opened: string[] = []
  readonly options: OpenOptions[] = []
  /** Blocks that were read, in order, as they were asked for. */
  readonly read: number[] = []
  readonly hints: { offset: number; length: number }[] = []
  /** Of those who gave the hints. */
  readonly hintSignals: AbortSignal[] = []
  /** How many contents are open. */
  openCount = 0
  isCurrent = true
  isRemote = false
  /** Before content is opened. */
  beforeOpen: (options: OpenOptions) => void = () => undefined
  /** Before a block is given. */
  beforeRead: (index: number) => Promise<void> = async () => undefined
  readonly #files = new Map<string, { layout: FileLayout; blocks: Blocks }>()
  readonly #nodes = new Map<string, Uint8Array>()
  readonly #parts = new Map<string, string>()

  /** @returns its CID */
  addFile(bytes: Uint8Array): string {
    const pieces = Array.from({ length: blocksOfSize(bytes.length) }, (_, index) =>
      bytes.subarray(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE),
    )
    const digests = new Uint8Array(Buffer.concat(pieces.map(sha256)))
    return this.addLayout(digests, bytes.length, (index) => pieces[index]!)
  }

  /** A file that is too large to have in memory. */
  addLayout(digests: Uint8Array, sizeBytes: number, blocks: Blocks): string {
    const { cid } = buildManifest(digests, sizeBytes)
    this.#files.set(cid, { layout: { cid, sizeBytes, digests }, blocks })
    return cid
  }

  /** @param files CIDs by their paths. @returns CIDs of all folders by their paths, '' for the whole */
  async addFolder(files: Record<string, string>, emptyFolders: string[] = []): Promise<Map<string, string>> {
    const rows = Object.entries(files).map(([path, cid]) => ({
      ...{ path, cid },
      totalBytes: this.#files.get(cid)?.layout.sizeBytes ?? 0,
    }))
    const { nodes, folders } = await buildFolder(rows, emptyFolders)
    for (const [cid, bytes] of nodes) this.#nodes.set(cid, bytes)
    return new Map([...folders].map(([path, { cid }]) => [path, cid]))
  }

  /** Makes the blocks and inner nodes of a file known as parts of it. */
  async addParts(of: string): Promise<void> {
    for await (const { cid } of new FileDag(this.#files.get(of)!.layout).walk())
      if (cid !== of) this.#parts.set(cid, of)
  }

  node(cid: string): Uint8Array | undefined {
    return this.#nodes.get(cid)
  }

  async open(cid: string, options: OpenOptions): Promise<OpenContent> {
    this.opened.push(cid)
    this.options.push(options)
    this.beforeOpen(options)
    const file = this.#files.get(cid)
    if (file) return this.#openFile(file)
    if (this.#nodes.has(cid)) return this.#openFolder(cid)
    const of = this.#parts.get(cid)
    if (of) return { kind: 'part', of }
    throw new ShoalError('NOT_FOUND', `Nobody has ${cid}.`)
  }

  #openFile({ layout, blocks }: { layout: FileLayout; blocks: Blocks }): OpenFile {
    this.openCount++
    return {
      ...{ kind: 'file', layout, isRemote: this.isRemote },
      readBlock: async (index, signal) => {
        this.read.push(index)
        await this.beforeRead(index)
        signal.throwIfAborted()
        return blocks(index)
      },
      hint: (range, signal) => {
        this.hints.push(range)
        this.hintSignals.push(signal)
      },
      isCurrent: () => this.isCurrent,
      close: () => this.openCount--,
    }
  }

  #openFolder(cid: string): OpenFolder {
    this.openCount++
    return {
      ...{ kind: 'folder', cid },
      node: (each) => this.#nodes.get(each),
      isCurrent: () => this.isCurrent,
      close: () => this.openCount--,
    }
  }
}

/** Digests for a file of so many blocks, none of which is there. */
export const madeUpDigests = (blocks: number, fill: (index: number) => Uint8Array): Uint8Array =>
  new Uint8Array(
    Buffer.concat(Array.from({ length: blocks }, (_, index) => fill(index).subarray(0, DIGEST_SIZE))),
  )
