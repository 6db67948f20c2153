import { type Clock, every, type Timer } from '../../base/clock.ts'
import { BLOCK_SIZE, cidOfDigest, DIGEST_SIZE, RAW } from '../../content/cid.ts'
import type { FilePlace } from '../../storage/catalogue-types.ts'
import { sameStat } from '../../storage/catalogue-types.ts'
import type { DiskThreads } from '../disk/disk-threads.ts'
import { HEADROOM_BYTES } from '../line/giver-wire.ts'
import type { ServedFile } from '../served-file.ts'

export interface FileGroupsSetup {
  readonly disk: Pick<DiskThreads, 'readFiles'>
  /** For each SHA-256, hex, of a file of one block where it lies. */
  readonly placesOf: (sha256s: readonly string[]) => (FilePlace | undefined)[]
  /** What this node has of a CID. @throws NOT_FOUND */
  readonly fileOf: (cid: string) => ServedFile
  readonly clock: Clock
}

/** Files that were asked for one after the other, and where each lies, as far as it is known. */
export interface GroupPlan {
  /** 32 bytes each. */
  readonly digests: Uint8Array
  readonly places: readonly (FilePlace | undefined)[]
}

/** Files that were read together. */
export interface FileGroup {
  /** As in the contract: 1 more than the bytes, 0 for one that cannot be given. */
  readonly sizes: number[]
  /** Holds their bytes, one file behind the other, from `HEADROOM_BYTES` on. */
  readonly buffer: Uint8Array
  readonly length: number
}

/** Memory that is kept for the next groups, and for how long after the last one, ms. */
const MAX_KEPT = 8
const IDLE_MS = 10_000

/** Reads files of one block for peers, many in one piece of memory that is sent as it is: neither the files nor their bytes are handled one by one. */
export class FileGroups {
  readonly #setup: FileGroupsSetup
  readonly #free: Uint8Array<SharedArrayBuffer>[] = []
  #givenMs = 0
  #sweep: Timer | undefined

  constructor(setup: FileGroupsSetup) {
    this.#setup = setup
  }

  /** Looks files up. @param digests 32 bytes each */
  plan(digests: Uint8Array): GroupPlan {
    const hex = Buffer.from(digests.buffer, digests.byteOffset, digests.length).toString('hex')
    const sha256s: string[] = []
    for (let at = 0; at < hex.length; at += 2 * DIGEST_SIZE) sha256s.push(hex.slice(at, at + 2 * DIGEST_SIZE))
    return { digests, places: this.#setup.placesOf(sha256s) }
  }

  /** Reads files `first` to `end`, of at most a block together, right as far as can be known. The memory is to be given back. @throws ShoalError INTERNAL, CANCELLED */
  async read({ digests, places }: GroupPlan, first: number, end: number): Promise<FileGroup> {
    const memory = this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(HEADROOM_BYTES + BLOCK_SIZE))
    const wanted: (FilePlace & { at: number; offset: number })[] = []
    let offset = HEADROOM_BYTES
    for (let at = first; at < end; at++) {
      const place = places[at]
      if (!place) continue
      wanted.push({ ...place, at, offset })
      offset += place.stat.size
    }
    const found = await this.#setup.disk.readFiles(memory, {
      paths: wanted.map(({ absPath }) => absPath),
      offsets: wanted.map((each) => each.offset),
      lengths: wanted.map(({ stat }) => stat.size),
    })
    const sizes = Array<number>(end - first).fill(0)
    let length = 0
    for (const [i, { at, stat, offset: from }] of wanted.entries()) {
      const read = found[i]
      const isUntouched = read?.length === stat.size && sameStat(read.stat, stat)
      if (!isUntouched) {
        const digest = digests.subarray(DIGEST_SIZE * at, DIGEST_SIZE * (at + 1))
        if (!(await this.#readWithCare(digest, memory.subarray(from, from + stat.size)))) continue
      }
      // What could not be read leaves no gap.
      if (from !== HEADROOM_BYTES + length) memory.copyWithin(HEADROOM_BYTES + length, from, from + stat.size)
      length += stat.size
      sizes[at - first] = 1 + stat.size
    }
    return { sizes, buffer: memory, length }
  }

  /** Gives a group's memory back: nobody may use it any more. */
  give({ buffer }: FileGroup): void {
    if (this.#free.length < MAX_KEPT) this.#free.push(buffer as Uint8Array<SharedArrayBuffer>)
    const { clock } = this.#setup
    this.#givenMs = clock.monotonic()
    this.#sweep ??= every(clock, IDLE_MS, () => {
      if (clock.monotonic() - this.#givenMs < IDLE_MS) return
      this.close()
    })
  }

  /** Lets go of memory that is not in use. */
  close(): void {
    this.#free.length = 0
    this.#sweep?.cancel()
    this.#sweep = undefined
  }

  /** A file that has changed or is gone: perhaps it has the right bytes all the same, or lies in another place. */
  async #readWithCare(digest: Uint8Array, into: Uint8Array): Promise<boolean> {
    let file: ServedFile
    try {
      file = this.#setup.fileOf(cidOfDigest(RAW, digest))
    } catch {
      return false
    }
    try {
      if (file.blockCount !== 1 || file.sizeOf(0) !== into.length) return false
      const block = Buffer.allocUnsafeSlow(into.length)
      if ((await file.readInto(0, block)) === undefined) return false
      into.set(block)
      return true
    } finally {
      file.release()
    }
  }
}
