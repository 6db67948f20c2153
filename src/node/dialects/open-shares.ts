import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { wordsOf } from '../../base/words.ts'
import type { DialectFile } from '../../dialects/dialect.ts'
import { isWithin } from '../../library/share-rules.ts'
import type { Catalogue } from '../../storage/catalogue.ts'

export interface OpenSharesSetup {
  readonly catalogue: Pick<Catalogue, 'list' | 'find' | 'revision'>
  /** Absolute paths of what dialects may give; empty: everything that is shared, but for copies that are kept for others. */
  readonly within: readonly string[]
  /** Where such copies lie, absolute. */
  readonly copies: () => string
  /** Whether a path is that of a file that came from a client. */
  readonly isGuest: (absPath: string) => boolean
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Files that are looked through for a list; in a larger library the others are found by name only. */
const MAX_LISTED = 20_000
const PAGE = 1000
/** Files of one name that are looked through. */
const MAX_NAMED = 1000
/** A library that changes all the time is listed anew this often at most, ms. */
const LIST_MS = 2000

/** What of the library is open to dialects. */
export class OpenShares {
  readonly #setup: OpenSharesSetup
  readonly #folders: readonly string[]
  #listed: { revision: string; atMs: number; files: readonly DialectFile[] } | undefined

  constructor(setup: OpenSharesSetup) {
    this.#setup = setup
    this.#folders = setup.within.map(realOrSame)
  }

  /** By name; of the same content under the same name one. */
  list(): readonly DialectFile[] {
    const { catalogue, clock } = this.#setup
    const revision = catalogue.revision()
    const known = this.#listed
    const isFresh = known && clock.monotonic() - known.atMs < LIST_MS
    if (known && (isFresh || known.revision === revision)) return known.files
    const files = new Map<string, DialectFile>()
    let cursor: string | undefined
    const isOpen = this.#isOpen()
    for (let seen = 0; seen < MAX_LISTED; seen += PAGE) {
      const page = catalogue.list({ limit: PAGE, cursor })
      for (const entry of page.entries) {
        if (isOpen(entry.absPath)) files.set(`${entry.name}/${entry.cid}`, fileOf(entry))
      }
      cursor = page.cursor
      if (cursor === undefined) break
    }
    const sorted = [...files.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    this.#listed = { revision, atMs: clock.monotonic(), files: sorted }
    return sorted
  }

  /** Those of exactly this name, each content once. */
  named(name: string): DialectFile[] {
    const { catalogue } = this.#setup
    const hasWords = wordsOf(name).length > 0
    if (!hasWords) return this.list().filter((file) => file.name === name)
    const { entries } = catalogue.list({ limit: MAX_NAMED, words: name })
    const isOpen = this.#isOpen()
    const found = entries.filter((entry) => entry.name === name && isOpen(entry.absPath))
    return [...new Map(found.map((entry) => [entry.cid, fileOf(entry)])).values()]
  }

  /** The file of a CID, under the name of one of its places that is open. */
  byCid(cid: string): DialectFile | undefined {
    const isOpen = this.#isOpen()
    const entry = this.#setup.catalogue
      .list({ limit: MAX_NAMED, cid })
      .entries.find(({ absPath }) => isOpen(absPath))
    return entry && fileOf(entry)
  }

  /** It is in the library, open or not. */
  isHere(cid: string): boolean {
    return this.#setup.catalogue.find(cid) !== undefined
  }

  /** Whether a path is open, as things are now. */
  #isOpen(): (absPath: string) => boolean {
    const { copies, isGuest } = this.#setup
    const folders = this.#folders
    if (folders.length > 0)
      return (absPath) => isGuest(absPath) || folders.some((folder) => isWithin(absPath, folder))
    const closed = realOrSame(copies())
    return (absPath) => !isWithin(absPath, closed)
  }
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

const fileOf = ({ cid, name, sha256, sizeBytes }: Omit<DialectFile, 'isHere'>): DialectFile => ({
  ...{ cid, name, sha256, sizeBytes },
  isHere: true,
})
