import type { LibraryListOptions, LibraryPage, LibraryPort, ShareView } from '../api/node-port.ts'
import type { Logger } from '../base/log.ts'
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

  add(path: string, options: Parameters<LibraryPort['add']>[1]): Promise<SharedEntry[]> {
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

/** What to do about a shared file whose content is not what the catalogue says: scan again. */
export function rescanStale({ library, log }: { library: Pick<Library, 'rescan'>; log: Logger }) {
  return (path: string, cid: string): void => {
    log.warn({ path, cid }, 'a shared file is not what it was; scans again')
    void library.rescan().catch((error) => log.warn({ err: error }, 'the scan failed'))
  }
}
