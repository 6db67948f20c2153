import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { cidOfDigest, DAG_PB, RAW } from '../content/cid.ts'
import type { SharedEntry } from '../content/entry.ts'
import { peerIdFromPublicKey } from '../link/identity.ts'
import type { IndexOptions } from './options.ts'
import type { PublishBatch } from './publication.ts'
import type { PublishAck } from './publish.ts'
import { IndexRegistry } from './registry.ts'
import type { Asker } from './registry-types.ts'

/** For tests: things to publish, peers to be, and a registry in a temporary folder. */

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** A small file (raw CID) whose content follows from `content`, by default from its path. */
export function fileEntry(path: string, content = path): SharedEntry {
  const hash = digest(content)
  return {
    cid: cidOfDigest(RAW, hash),
    sha256: Buffer.from(hash).toString('hex'),
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    sizeBytes: content.length,
    kind: 'file',
    modifiedMs: 1_700_000_000_000,
  }
}

/** A file of several blocks. */
export function bigEntry(path: string, content = path): SharedEntry {
  const sha256 = Buffer.from(digest(`sha:${content}`)).toString('hex')
  return {
    ...fileEntry(path, content),
    cid: cidOfDigest(DAG_PB, digest(content)),
    sha256,
    sizeBytes: 5_000_000,
  }
}

export function folderEntry(path: string): SharedEntry {
  return { ...bigEntry(path), sha256: undefined, kind: 'folder' }
}

/** A valid PeerId; whose key it is does not matter. */
export const testPeerId = (name: string): string => peerIdFromPublicKey(digest(name))

export const NOBODY: Asker = { key: 'tester', host: '127.0.0.1' }

export const NEVER = new AbortController().signal

export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-index-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export class IndexWorld {
  readonly clock = new ManualClock()
  readonly folder: string
  readonly #remove: () => void
  readonly #options: Partial<IndexOptions>
  registry!: IndexRegistry

  private constructor(options: Partial<IndexOptions>) {
    const { folder, remove } = temporaryFolder()
    this.folder = folder
    this.#remove = remove
    this.#options = options
  }

  static async open(options: Partial<IndexOptions> = {}): Promise<IndexWorld> {
    const world = new IndexWorld(options)
    await world.start()
    return world
  }

  async start(): Promise<void> {
    this.registry = await IndexRegistry.open({
      path: join(this.folder, 'index.db'),
      clock: this.clock,
      log: silentLogger,
      random: seededRandom(1),
      options: this.#options,
    })
  }

  async restart(): Promise<void> {
    await this.registry.close()
    await this.start()
  }

  async close(): Promise<void> {
    await this.registry.close()
    this.#remove()
  }

  /** Logs in and gives the PeerId. */
  async login(name: string, { host = '127.0.0.1', addresses = ['192.0.2.1:9081'] } = {}): Promise<string> {
    const peerId = testPeerId(name)
    await this.registry.login({ peerId, host }, { name, addresses, version: '1.0', grpcPort: 0 })
    return peerId
  }

  /** Logs in again and gives the revision that the server holds. */
  async revision(name: string): Promise<string> {
    const facts = { name, addresses: [], version: '', grpcPort: 0 }
    return (await this.registry.login({ peerId: testPeerId(name), host: '' }, facts)).revision
  }

  async publish(peerId: string, ...batches: PublishBatch[]): Promise<PublishAck[]> {
    return Array.fromAsync(this.registry.publish(peerId, streamOf(batches), NEVER))
  }

  /** Publishes everything anew. */
  replace(peerId: string, entries: readonly SharedEntry[], revision = 'r1'): Promise<PublishAck[]> {
    return this.publish(peerId, { entries, replace: true, revision })
  }

  async withdraw(peerId: string, entries: readonly SharedEntry[], revision = ''): Promise<number[]> {
    return Array.fromAsync(this.registry.withdraw(peerId, streamOf([{ keys: entries, revision }]), NEVER))
  }

  /** Paths found by words, in alphabetical order. */
  async paths(words: string): Promise<string[]> {
    const hits = await this.registry.search({ words, limit: 1000 }, NOBODY)
    return hits.map((hit) => hit.entry.path).sort()
  }

  /** Waits until cleared shelves are gone. */
  async settled(): Promise<void> {
    while (((await this.registry.getDebugState()).shelvesToClear as number) > 0) {}
  }
}

export async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}
