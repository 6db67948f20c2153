import { BLOCK_SIZE, DIGEST_SIZE } from '../../content/cid.ts'
import type { SmallPuts } from '../disk/disk-types.ts'
import type { SmallFile } from './small-file.ts'

/** A small file's place in a {@link Slab}. */
export interface Region {
  readonly slab: Slab
  readonly file: SmallFile
  readonly offset: number
  readonly length: number
  state: 'filling' | 'full' | 'dead'
}

/** Files after which a slab is closed, however small they are: as many as one thread writes within some 10 ms. */
const MAX_FILES = 128

/** One block of memory in which small files are put together, so that a thread can be told of many at once. */
export class Slab {
  readonly memory: Uint8Array<SharedArrayBuffer>
  readonly #regions: Region[] = []
  #used = 0
  #filling = 0
  #sealed = false
  /** The socket may still put bytes into a region that nobody wants: nobody else may have the memory. */
  #tainted = false

  /** @param memory of {@link BLOCK_SIZE} bytes */
  constructor(memory: Uint8Array<SharedArrayBuffer>) {
    this.memory = memory
  }

  get isTainted(): boolean {
    return this.#tainted
  }

  /** No file begins here any more and none is half full. */
  get isReady(): boolean {
    return this.#sealed && this.#filling === 0
  }

  get isSealed(): boolean {
    return this.#sealed
  }

  get isEmpty(): boolean {
    return this.#regions.length === 0
  }

  get usedBytes(): number {
    return this.#used
  }

  /** Room for a file; undefined when there is none left. */
  begin(file: SmallFile, length: number): Region | undefined {
    if (this.#sealed || this.#regions.length >= MAX_FILES || this.#used + length > BLOCK_SIZE)
      return undefined
    const region: Region = { slab: this, file, offset: this.#used, length, state: 'filling' }
    this.#used += length
    this.#filling++
    this.#regions.push(region)
    return region
  }

  /** All its bytes are there. */
  fill(region: Region): void {
    region.state = 'full'
    this.#filling--
  }

  /** The bytes of all its files are there, and no other comes. */
  fillAll(): void {
    this.#sealed = true
    for (const region of this.#regions) if (region.state === 'filling') this.fill(region)
  }

  /** The bytes of none are waited for. */
  abandonAll(): void {
    this.#sealed = true
    for (const region of this.#regions) this.abandon(region)
  }

  /** Its bytes are not waited for. */
  abandon(region: Region): void {
    if (region.state !== 'filling') return
    region.state = 'dead'
    this.#filling--
    this.#tainted = true
  }

  seal(): void {
    this.#sealed = true
  }

  /** The files that are whole, and how to write them. */
  whole(): { files: SmallFile[]; puts: SmallPuts } {
    const full = this.#regions.filter(({ state }) => state === 'full')
    const digests = new Uint8Array(DIGEST_SIZE * full.length)
    for (const [at, { file }] of full.entries()) digests.set(file.digest, DIGEST_SIZE * at)
    return {
      files: full.map(({ file }) => file),
      puts: {
        paths: full.map(({ file }) => file.path),
        offsets: full.map(({ offset }) => offset),
        lengths: full.map(({ length }) => length),
        digests,
      },
    }
  }
}
