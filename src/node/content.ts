import type { ContentPort, OpenContent, OpenFile, OpenFolder, OpenOptions } from '../api/node-port.ts'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { Located } from '../storage/catalogue-types.ts'
import { OpenFiles } from '../transfer/open-files.ts'
import { SharedFile } from '../transfer/served-file.ts'
import { FileParts, type PartsCatalogue } from './file-parts.ts'

/** Files kept open for reading; those read longest ago are closed. */
const MAX_OPEN_FILES = 64

export interface LibraryContentSetup {
  readonly catalogue: PartsCatalogue & Pick<Catalogue, 'entry' | 'node' | 'revision'>
  /** A shared file is not what the catalogue says any more. */
  readonly onStale: (absPath: string, cid: string) => void
  /** Absolute paths of shared files whose bytes turn out to be wrong though their stat is right. */
  readonly damaged?: Emitter<string>
  readonly clock: Clock
}

/** What the library has, by CID: files, folders, and the blocks and nodes that they are made of. */
export class LibraryContent implements ContentPort {
  readonly #setup: LibraryContentSetup
  readonly #files: OpenFiles
  readonly #parts: FileParts

  constructor(setup: LibraryContentSetup) {
    this.#setup = setup
    this.#files = new OpenFiles(MAX_OPEN_FILES, setup.clock)
    this.#parts = new FileParts(setup.catalogue)
  }

  async open(cid: string, { signal }: OpenOptions): Promise<OpenContent> {
    const { catalogue } = this.#setup
    const located = catalogue.find(cid)
    if (located?.layout) return this.#openFile(cid, located)
    // A folder inside a share, or a node of its trie, has a CID of its own, whether or not it is an entry.
    if (catalogue.node(cid)) return this.#openFolder(cid)
    const of = await this.#parts.find(cid, signal)
    if (of !== undefined) return { kind: 'part', of }
    throw new ShoalError('NOT_FOUND', `This node has no ${cid}.`)
  }

  close(): void {
    this.#files.close()
  }

  #openFile(cid: string, { layout, absPath, stat, others }: Located): OpenFile {
    const { catalogue, onStale, damaged } = this.#setup
    const file = new SharedFile({
      layout: layout!,
      places: [{ absPath, stat }, ...others],
      files: this.#files,
      onStale: (path) => onStale(path, cid),
      damaged,
    })
    const isShared = sinceRevision(catalogue, () => catalogue.entry(cid) !== undefined)
    let isRight = true
    return {
      ...{ kind: 'file', layout: layout! },
      async readBlock(index) {
        const bytes = isShared() ? await file.read(index) : undefined
        isRight = bytes !== undefined
        if (bytes) return bytes
        throw new ShoalError('NOT_FOUND', `The file ${cid} is not shared any more as it was.`)
      },
      hint() {},
      // Opened anew, it may be found at another place.
      isCurrent: () => isRight && isShared(),
      close: () => file.release(),
    }
  }

  #openFolder(cid: string): OpenFolder {
    const { catalogue } = this.#setup
    return {
      ...{ kind: 'folder', cid },
      node: (each) => catalogue.node(each),
      isCurrent: () => catalogue.node(cid) !== undefined,
      close() {},
    }
  }
}

/** Asks `holds` only when something changed in the catalogue: what is withdrawn is not read any more. */
function sinceRevision(catalogue: Pick<Catalogue, 'revision'>, holds: () => boolean): () => boolean {
  let seen = catalogue.revision()
  let answer = true
  return () => {
    const now = catalogue.revision()
    if (now !== seen) [seen, answer] = [now, holds()]
    return answer
  }
}
