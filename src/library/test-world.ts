import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { Ingestor } from '../content/ingest.ts'
import { Catalogue } from '../storage/catalogue.ts'
import { openStateDatabase, type StateDatabase } from '../storage/state-database.ts'
import { Library } from './library.ts'
import type { LibraryOptions } from './options.ts'

/** How long a test waits for something before it fails, ms: far more than a loaded machine needs. */
const PATIENCE_MS = 20_000

type Ingest = Ingestor['ingest']
type Check = Ingestor['check']

export interface TestWorldOptions extends Partial<LibraryOptions> {
  /** Stands between the library and the hashing. */
  readonly around?: (ingest: Ingest) => Ingest
  /** Stands between verifying and the hashing threads. */
  readonly aroundCheck?: (check: Check) => Check
  readonly verifyBytesPerSecond?: () => number
  readonly isServing?: () => boolean
}

/** A library over real folders, and what somebody knows who heard all its changes. */
export class TestWorld {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'shoal-library-')))
  readonly dataDir = join(this.folder, 'data')
  readonly ingestor = new Ingestor({ threads: 1, log: silentLogger })
  /** Path -> CID of what is shared. */
  readonly told = new Map<string, string>()
  /** Paths that were hashed, in order. */
  readonly hashed: string[] = []
  readonly #options: TestWorldOptions
  #catalogue: Catalogue
  #state: StateDatabase
  #library: Library

  constructor(t: TestContext, options: TestWorldOptions = {}) {
    mkdirSync(this.dataDir)
    this.#options = options
    this.#catalogue = this.#openCatalogue()
    this.#state = this.#openState()
    this.#library = this.#makeLibrary()
    t.after(async () => {
      await this.#library.stop()
      await this.ingestor.close()
      this.#catalogue.close()
      this.#state.close()
      rmSync(this.folder, { recursive: true })
    })
  }

  get library(): Library {
    return this.#library
  }

  get catalogue(): Catalogue {
    return this.#catalogue
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  /** Writes files, relative to the world's folder, and gives the folder. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(path)), { recursive: true })
      writeFileSync(this.path(path), content)
    }
  }

  /** Ends the library and begins a new one on the same data. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    await this.#library.stop()
    this.#catalogue.close()
    this.#state.close()
    meanwhile()
    this.#catalogue = this.#openCatalogue()
    this.#state = this.#openState()
    this.#library = this.#makeLibrary()
    this.#library.start()
  }

  /** Resolves as soon as `holds` does, which is asked after every change. */
  async until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const patience = setTimeout(() => {
      reject(new Error(`waited in vain until ${what}; shared: ${JSON.stringify([...this.told.keys()])}`))
    }, PATIENCE_MS)
    const stop = this.#library.changes.on(() => {
      if (holds()) resolve()
    })
    await promise.finally(() => {
      clearTimeout(patience)
      stop()
    })
  }

  /** Paths that are shared, sorted. */
  get paths(): string[] {
    return [...this.told.keys()].sort()
  }

  #openCatalogue(): Catalogue {
    return Catalogue.open(join(this.dataDir, 'catalogue.db'), { log: silentLogger }).catalogue
  }

  #openState(): StateDatabase {
    return openStateDatabase(join(this.dataDir, 'state.db'), { log: silentLogger })
  }

  #makeLibrary(): Library {
    const { around = (ingest: Ingest) => ingest, aroundCheck = (check: Check) => check } = this.#options
    const { verifyBytesPerSecond, isServing, ...options } = this.#options
    const check: Check = (checks, more) => this.ingestor.check(checks, more)
    const counted: Ingest = (path, more) => {
      this.hashed.push(path.slice(this.folder.length + 1))
      return this.ingestor.ingest(path, more)
    }
    const library = new Library({
      catalogue: this.#catalogue,
      ingestor: { ingest: around(counted), check: aroundCheck(check) },
      verifyStore: this.#state.verify,
      ...(verifyBytesPerSecond && { verifyBytesPerSecond }),
      ...(isServing && { isServing }),
      clock: systemClock,
      log: silentLogger,
      dataDir: this.dataDir,
      downloadsDir: () => join(this.dataDir, 'downloads'),
      options: { settleMs: 100, rescanMs: 3_600_000, folderDelayMs: 10, ...options },
    })
    library.changes.on(({ added, removed }) => {
      for (const { cid, path } of removed) if (this.told.get(path) === cid) this.told.delete(path)
      for (const { cid, path } of added) this.told.set(path, cid)
    })
    return library
  }
}
