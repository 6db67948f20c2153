import type { ContentPort, OpenContent, OpenFile, OpenFolder, OpenOptions } from '../api/node-port.ts'
import { ShoalError } from '../base/errors.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { ContentReader, ReadFile } from '../transfer/reader/reader.ts'

export interface NodeContentSetup {
  /** What this node has. */
  readonly library: ContentPort
  readonly catalogue: Pick<Catalogue, 'find'>
  readonly reader: ContentReader
}

/** Content by CID from wherever it is: the library, then running downloads, then other peers. */
export class NodeContent implements ContentPort {
  readonly #setup: NodeContentSetup

  constructor(setup: NodeContentSetup) {
    this.#setup = setup
  }

  async open(cid: string, options: OpenOptions): Promise<OpenContent> {
    const { library, reader } = this.#setup
    try {
      return await library.open(cid, options)
    } catch (error) {
      if (!isMissing(error) || options.onlyLocal) throw error
    }
    const content = await reader.open(cid, options.within ?? [], options.signal)
    return content.kind === 'file' ? this.#openFile(content.file) : this.#openFolder(cid, content.nodes)
  }

  #openFile(file: ReadFile): OpenFile {
    const { cid } = file.layout
    const isHere = () => this.#setup.catalogue.find(cid) !== undefined
    return {
      ...{ kind: 'file', layout: file.layout, isRemote: true },
      // A download of it may have been finished meanwhile.
      readBlock: async (index, signal) =>
        (isHere() ? await this.#readHere(cid, index, signal) : undefined) ?? file.read(index, signal),
      hint: (range, signal) => file.hint(range, signal),
      isCurrent: () => !isHere(),
      close() {},
    }
  }

  async #readHere(cid: string, index: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      const content = await this.#setup.library.open(cid, { signal })
      if (content.kind !== 'file') return undefined
      try {
        return await content.readBlock(index, signal)
      } finally {
        content.close()
      }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  #openFolder(cid: string, nodes: ReadonlyMap<string, Uint8Array>): OpenFolder {
    let weightBytes = 0
    for (const { length } of nodes.values()) weightBytes += length
    return {
      ...{ kind: 'folder', cid, weightBytes },
      node: (each) => nodes.get(each),
      isCurrent: () => true,
      close() {},
    }
  }
}

const isMissing = (error: unknown) => error instanceof ShoalError && error.code === 'NOT_FOUND'
