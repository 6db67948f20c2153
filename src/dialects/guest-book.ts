import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { SharedEntry } from '../content/entry.ts'
import { guestCid } from '../content/guest-cid.ts'
import { compileQuery, matchText } from '../content/match.ts'
import { isEntryName } from '../content/names.ts'
import type { SearchQuery } from '../discovery/locator.ts'
import type { DialectName, GuestBook, GuestFile } from './dialect.ts'

export interface GuestBookOptions {
  /** Files in all. Default 10,000. */
  readonly maxFiles: number
  /** Files of one owner. Default 1,000. */
  readonly maxPerOwner: number
  /** Files that searches found and nobody registered, kept so that they can be fetched; the oldest is forgotten. Default 1,000. */
  readonly maxSeen: number
}

export const DEFAULT_GUEST_BOOK_OPTIONS: GuestBookOptions = {
  maxFiles: 10_000,
  maxPerOwner: 1000,
  maxSeen: 1000,
}

/** Longest name, owner and holder, bytes. */
const MAX_TEXT_BYTES = 255

/** A file of the book, as searches tell of it. */
export interface GuestRecord {
  /** Of dialect, owner, name and holder: there is one of each. */
  readonly key: string
  /** Of dialect and owner. */
  readonly ownerKey: string
  readonly file: GuestFile
  /** Hex, lower case; checked. */
  readonly md5: string | undefined
  readonly sha256: string | undefined
  readonly entry: SharedEntry
  /** For {@link compileQuery}. */
  readonly text: string
}

export type GuestChange =
  | { readonly type: 'added'; readonly record: GuestRecord }
  /** Registered once more, with the same hashes. */
  | { readonly type: 'renewed'; readonly record: GuestRecord }
  | { readonly type: 'removed'; readonly record: GuestRecord }

/** What clients of dialects hold, as they say. */
export class Guests implements GuestBook {
  readonly changes = new Emitter<GuestChange>()
  readonly #options: GuestBookOptions
  readonly #records = new Map<string, GuestRecord>()
  readonly #owners = new Map<string, Set<string>>()
  readonly #seen = new Map<string, GuestRecord>()

  constructor(options: Partial<GuestBookOptions> = {}) {
    this.#options = { ...DEFAULT_GUEST_BOOK_OPTIONS, ...options }
  }

  get size(): number {
    return this.#records.size
  }

  /** @throws ShoalError NO_SPACE; INVALID_ARGUMENT for texts that are too long and hashes that are none */
  add(file: GuestFile): void {
    const record = recordOf(file)
    const before = this.#records.get(record.key)
    const isSame = before !== undefined && before.md5 === record.md5 && before.sha256 === record.sha256
    if (before && !isSame) this.#drop(before)
    const owned = this.#owners.get(record.ownerKey) ?? new Set<string>()
    if (!isSame) this.#checkRoom(owned)
    this.#records.set(record.key, record)
    owned.add(record.key)
    this.#owners.set(record.ownerKey, owned)
    this.changes.emit({ type: isSame ? 'renewed' : 'added', record })
  }

  remove(dialect: DialectName, owner: string, name?: string): void {
    for (const key of [...(this.#owners.get(ownerKeyOf({ dialect, owner })) ?? [])]) {
      const record = this.#records.get(key)!
      if (name === undefined || record.file.name === name) this.#drop(record)
    }
  }

  list(dialect: DialectName): readonly GuestFile[] {
    return [...this.#records.values()].map(({ file }) => file).filter((file) => file.dialect === dialect)
  }

  has(key: string): boolean {
    return this.#records.has(key)
  }

  /** A file that a search found: it can be fetched for a while. */
  see(file: GuestFile): GuestRecord {
    const record = recordOf(file)
    this.#seen.delete(record.key)
    this.#seen.set(record.key, record)
    if (this.#seen.size > this.#options.maxSeen) this.#seen.delete(this.#seen.keys().next().value!)
    return record
  }

  /** All that match, in the order in which they came. */
  *search(query: Omit<SearchQuery, 'limit'>): Generator<GuestRecord, void, undefined> {
    const matches = compileQuery({ ...query, limit: 1 })
    for (const record of this.#records.values()) if (matches(record.entry, record.text)) yield record
  }

  /** Those that searches show under this CID, registered ones first. */
  byCid(cid: string): GuestRecord[] {
    return [...this.#records.values(), ...this.#seen.values()].filter(({ entry }) => entry.cid === cid)
  }

  #drop(record: GuestRecord): void {
    this.#records.delete(record.key)
    const owned = this.#owners.get(record.ownerKey)
    owned?.delete(record.key)
    if (owned?.size === 0) this.#owners.delete(record.ownerKey)
    this.changes.emit({ type: 'removed', record })
  }

  #checkRoom(owned: ReadonlySet<string>): void {
    const { maxFiles, maxPerOwner } = this.#options
    if (this.#records.size >= maxFiles)
      throw new ShoalError(
        'NO_SPACE',
        `This node keeps note of ${maxFiles} files of others, and that is the most.`,
      )
    if (owned.size >= maxPerOwner)
      throw new ShoalError(
        'NO_SPACE',
        `This node keeps note of ${maxPerOwner} files of one peer, and that is the most.`,
      )
  }
}

const ownerKeyOf = ({ dialect, owner }: Pick<GuestFile, 'dialect' | 'owner'>): string =>
  JSON.stringify([dialect, owner])

function recordOf(file: GuestFile): GuestRecord {
  const { dialect, owner, name, holder } = file
  for (const [what, text] of Object.entries({ name, owner, holder }))
    if (text === '' || Buffer.byteLength(text) > MAX_TEXT_BYTES)
      throw new ShoalError('INVALID_ARGUMENT', `${what}: has 1 to ${MAX_TEXT_BYTES} bytes.`)
  const md5 = checkHex('md5', file.md5, 32)
  const sha256 = checkHex('sha256', file.sha256, 64)
  const shown = shownName(name)
  const entry: SharedEntry = {
    cid: guestCid({ sha256, md5, text: `${dialect}:${name}@${holder}` }),
    ...{ sha256, name: shown, path: shown, sizeBytes: 0, kind: 'file', modifiedMs: 0 },
  }
  return {
    key: JSON.stringify([dialect, owner, name, holder]),
    ownerKey: ownerKeyOf(file),
    ...{ file, md5, sha256, entry, text: matchText(name) },
  }
}

/** A name that a file can have: what others say may be a path, or anything. */
function shownName(name: string): string {
  const last = name.split('/').findLast((part) => part !== '') ?? ''
  return isEntryName(last) ? last : 'unnamed'
}

function checkHex(what: string, text: string | undefined, digits: number): string | undefined {
  if (text === undefined) return undefined
  const hex = text.toLowerCase()
  if (hex.length === digits && /^[0-9a-f]+$/.test(hex)) return hex
  throw new ShoalError('INVALID_ARGUMENT', `${what}: has ${digits} hexadecimal digits.`)
}
