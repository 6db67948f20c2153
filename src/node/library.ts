import type { LibraryListOptions, LibraryPage, LibraryPort, ShareView } from '../api/node-port.ts'
import type { SharedEntry } from '../content/entry.ts'
import type { Library } from '../library/library.ts'
import type { Catalogue } from '../storage/catalogue.ts'

/** The library as the API wants it. */
export class NodeLibrary implements LibraryPort {
  readonly #library: Library
  readonly #catalogue: Catalogue

  constructor({ library, catalogue }: { library: Library; catalogue: Catalogue }) {
    this.#library = library
    this.#catalogue = catalogue
  }

  list(options: LibraryListOptions): LibraryPage {
    return this.#catalogue.list(options)
  }

  add(
    path: string,
    options: { signal: AbortSignal; onAdded(entry: SharedEntry): void },
  ): Promise<SharedEntry[]> {
    return this.#library.addNow(path, options)
  }

  async remove(target: string): Promise<number> {
    return this.#library.remove(target)
  }

  shares(): ShareView[] {
    return this.#catalogue.shares().map(({ id, path, kind, origin, files, sizeBytes }) => ({
      id: String(id),
      path,
      kind,
      origin,
      files,
      sizeBytes,
    }))
  }
}
