import { createHash } from 'node:crypto'
import { cidFromBytes } from '../../content/cid.ts'
import type { EntryKey, SharedEntry } from '../../content/entry.ts'
import type { EntrySource } from '../locator.ts'

/** What a peer shares, held in memory: the source of a locator in tests and simulations. */
export class SharedSet implements EntrySource {
  #entries = new Map<string, SharedEntry>()
  #changes = 0

  /** Makes `entries` all that is shared; returns what has to be announced and withdrawn. */
  set(entries: readonly SharedEntry[]): { added: SharedEntry[]; removed: EntryKey[] } {
    const next = new Map(entries.map((entry) => [keyOf(entry), entry]))
    const added = [...next].filter(([key]) => !this.#entries.has(key)).map(([, entry]) => entry)
    const removed = [...this.#entries]
      .filter(([key]) => !next.has(key))
      .map(([, { cid, path }]) => ({ cid, path }))
    this.#entries = next
    this.#changes++
    return { added, removed }
  }

  revision(): string {
    return `set:${this.#changes}`
  }

  *batches(): Generator<SharedEntry[]> {
    const all = [...this.#entries.values()]
    for (let at = 0; at < all.length; at += 1000) yield all.slice(at, at + 1000)
  }
}

const keyOf = ({ cid, path }: EntryKey) => `${cid}\0${path}`

/** A small file called `path`, its last part the name; other `content` gives another CID and SHA-256. */
export function fileEntry(path: string, content = path): SharedEntry {
  const digest = createHash('sha256').update(content).digest()
  return {
    cid: cidFromBytes(Uint8Array.of(0x01, 0x55, 0x12, 0x20, ...digest)),
    sha256: digest.toString('hex'),
    name: path.split('/').at(-1)!,
    path,
    sizeBytes: Buffer.byteLength(content),
    kind: 'file',
    modifiedMs: 1_700_000_000_000,
  }
}
