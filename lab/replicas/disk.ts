import { createHash } from 'node:crypto'
import { type Clock, sleep } from '../../src/base/clock.ts'
import { cidOfDigest, RAW } from '../../src/content/cid.ts'
import type {
  BlockToProve,
  CopyToFetch,
  FilesPort,
  OrderedContent,
  ReplicaPeer,
} from '../../src/replication/ports.ts'

/** What a node has, whole or in part, by CID. It survives the node's process. */
export class Disk {
  readonly whole = new Map<string, { readonly path: string; readonly sizeBytes: number }>()
  readonly parts = new Map<string, number>()
  /** Bytes fetched of each file, also of what was never finished. */
  readonly fetched = new Map<string, number>()
}

export interface DiskFilesSetup {
  readonly disk: Disk
  /** The node's own: nothing is fetched when it is gone. */
  readonly clock: Clock
  /** Of one fetch, whatever else goes on. */
  readonly bytesPerSecond: number
  /** Whether a peer is there and has the file whole. */
  readonly isSource: (peer: ReplicaPeer, cid: string) => boolean
}

/** Fetching goes on in steps of this, ms; a source that has gone is noticed after one. */
const STEP_MS = 5000
const FREE_BYTES = 2 ** 40

/** Files without bytes: a fetch takes its size divided by the bandwidth, and goes on where it was when a source or the node itself has been away. */
export class DiskFiles implements FilesPort {
  readonly #setup: DiskFilesSetup

  constructor(setup: DiskFilesSetup) {
    this.#setup = setup
  }

  has(cid: string): { path: string; sizeBytes: number } | undefined {
    return this.#setup.disk.whole.get(cid)
  }

  async fetch({ cid, name, sizeBytes, peers }: CopyToFetch, signal: AbortSignal): Promise<{ path: string }> {
    const { disk, clock, bytesPerSecond, isSource } = this.#setup
    for (;;) {
      signal.throwIfAborted()
      const done = disk.parts.get(cid) ?? 0
      const leftMs = ((sizeBytes - done) * 1000) / bytesPerSecond
      const ms = Math.min(STEP_MS, Math.ceil(leftMs))
      await sleep(clock, ms, signal)
      if (!peers.some((peer) => isSource(peer, cid))) continue
      const more = Math.min(sizeBytes - done, (ms * bytesPerSecond) / 1000)
      disk.fetched.set(cid, (disk.fetched.get(cid) ?? 0) + more)
      if (done + more < sizeBytes) {
        disk.parts.set(cid, done + more)
        continue
      }
      const path = `/replicas/${name}`
      disk.parts.delete(cid)
      disk.whole.set(cid, { path, sizeBytes })
      return { path }
    }
  }

  async cancel(cid: string): Promise<void> {
    this.#setup.disk.parts.delete(cid)
  }

  doneBytes(cid: string): number {
    return Math.trunc(this.#setup.disk.parts.get(cid) ?? 0)
  }

  async remove(cid: string, path: string): Promise<void> {
    const { whole } = this.#setup.disk
    if (whole.get(cid)?.path === path) whole.delete(cid)
  }

  async freeBytes(): Promise<number> {
    return FREE_BYTES
  }

  async randomBlock(cid: string): Promise<BlockToProve | undefined> {
    if (!this.has(cid)) return undefined
    const bytes = blockOf(cid)
    return { cid, index: 0, sizeBytes: bytes.length, digest: sha256(bytes) }
  }
}

/** A file that exists in name only. */
export function makeContent(name: string, sizeBytes: number): OrderedContent {
  return { cid: cidOfDigest(RAW, sha256(name)), name, kind: 'file', sizeBytes }
}

/** The block that proves a copy; undefined when there is none. */
export const proofOf = (disk: Disk, cid: string): Uint8Array | undefined =>
  disk.whole.has(cid) ? blockOf(cid) : undefined

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()
const blockOf = (cid: string) => sha256(`block of ${cid}`)
