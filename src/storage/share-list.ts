import { readFileSync } from 'node:fs'
import { writeFileAtomic } from '../base/atomic-file.ts'
import type { Logger } from '../base/log.ts'
import type { EntryKind } from '../content/entry.ts'
import type { ShareOrigin } from './catalogue-types.ts'

/** What scanning cannot find again: what the user shares and what of it not. */
export interface ListedShare {
  id: number
  path: string
  kind: EntryKind
  origin: ShareOrigin
  addedMs: number
  excludes: string[]
}

const FORMAT = 1

/**
 * The list of shares in a file of its own, shares.json beside the database: when that is damaged, the library comes back by scanning what
 * stands here.
 */
export class ShareList {
  readonly #path: string
  readonly #log: Logger

  constructor(path: string, log: Logger) {
    this.#path = path
    this.#log = log
  }

  /** Atomic and durable. Throws system errors. */
  write(shares: readonly ListedShare[]): void {
    writeFileAtomic(this.#path, `${JSON.stringify({ format: FORMAT, shares }, null, 1)}\n`, 0o600)
  }

  /** Empty when there is none or it makes no sense: the shares of the configuration still come back then. */
  read(): ListedShare[] {
    try {
      const { format, shares } = JSON.parse(readFileSync(this.#path, 'utf8')) as {
        format: number
        shares: ListedShare[]
      }
      if (format !== FORMAT) throw new Error(`unknown format ${format}`)
      return shares.filter(isListedShare)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#log.warn({ path: this.#path, err: error }, 'the list of shares cannot be read')
      }
      return []
    }
  }
}

function isListedShare(value: unknown): value is ListedShare {
  const share = value as Partial<ListedShare> | null
  return (
    typeof share === 'object' &&
    share !== null &&
    Number.isSafeInteger(share.id) &&
    typeof share.path === 'string' &&
    (share.kind === 'file' || share.kind === 'folder') &&
    (share.origin === 'config' || share.origin === 'user' || share.origin === 'download') &&
    typeof share.addedMs === 'number' &&
    Array.isArray(share.excludes) &&
    share.excludes.every((path) => typeof path === 'string')
  )
}
