import { hash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { BLOCK_SIZE } from '../../content/cid.ts'
import type { SharedEntry } from '../../content/entry.ts'
import type { FolderDag } from '../../content/folder.ts'
import { buildManifest } from '../../content/manifest.ts'
import type { FilePlace, Located } from '../../storage/catalogue-types.ts'
import type { FileIngestor, IngestedFile } from '../ports.ts'
import type { ServedCatalogue } from '../serve.ts'

/** A catalogue in memory. */
export class TestCatalogue implements ServedCatalogue {
  readonly #files = new Map<string, Located>()
  readonly #nodes = new Map<string, Uint8Array>()

  addFile(absPath: string, { cid, sha256, sizeBytes, digests, stat }: IngestedFile): void {
    const entry = {
      cid,
      sha256,
      name: basename(absPath),
      path: basename(absPath),
      sizeBytes,
      kind: 'file',
      modifiedMs: 0,
    } as const
    this.#files.set(cid, { entry, absPath, layout: { cid, sizeBytes, digests }, stat, others: [] })
  }

  addFolder(dag: FolderDag): void {
    for (const [cid, node] of dag.nodes) this.#nodes.set(cid, node)
  }

  find(cid: string): Located | undefined {
    return this.#files.get(cid)
  }

  placesOf(sha256s: readonly string[]): (FilePlace | undefined)[] {
    const small = [...this.#files.values()].filter(({ entry }) => entry.sizeBytes <= BLOCK_SIZE)
    const places = new Map(small.map(({ entry, absPath, stat }) => [entry.sha256, { absPath, stat }]))
    return sha256s.map((sha256) => places.get(sha256))
  }

  entry(cid: string): SharedEntry | undefined {
    return this.#files.get(cid)?.entry
  }

  node(cid: string): Uint8Array | undefined {
    return this.#nodes.get(cid)
  }

  search({ words }: { words?: string | undefined }): SharedEntry[] {
    return [...this.#files.values()]
      .map(({ entry }) => entry)
      .filter(({ name }) => name.includes(words ?? ''))
  }

  totals(): { files: number; folders: number; sizeBytes: number } {
    const sizes = [...this.#files.values()].map(({ entry }) => entry.sizeBytes)
    return { files: sizes.length, folders: 0, sizeBytes: sizes.reduce((a, b) => a + b, 0) }
  }
}

/** Hashes on the main thread. */
export const plainIngestor: FileIngestor = {
  async ingest(path) {
    const bytes = await readFile(path)
    const { size, mtimeMs, ino } = await stat(path)
    const digests: Uint8Array[] = []
    for (let at = 0; at === 0 || at < bytes.length; at += BLOCK_SIZE)
      digests.push(hash('sha256', bytes.subarray(at, at + BLOCK_SIZE), 'buffer'))
    const joined = new Uint8Array(Buffer.concat(digests))
    const { cid, totalBytes } = buildManifest(joined, bytes.length)
    const sha256 = hash('sha256', bytes)
    return { cid, sha256, sizeBytes: bytes.length, digests: joined, totalBytes, stat: { size, mtimeMs, ino } }
  },
}

/** Content that is different in every block, the same for the same seed. */
export function content(sizeBytes: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4))
  let state = (seed * 2654435761) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state >>>= 0
  }
  return new Uint8Array(words.buffer, 0, sizeBytes)
}
