import { createHash, type Hash, hash } from 'node:crypto'
import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from './cid.ts'
import type { SharedHash } from './ingest-types.ts'
import { blocksOfSize } from './layout.ts'
import type { OpenFile } from './open-file.ts'

/**
 * Two hashes of one file in one read, by one thread or two.
 *
 * The SHA-256 of the whole file is one chain that only one thread, the owner, can follow; the SHA-256 of each block can be taken by
 * anybody. Blocks are read into a ring that both threads see. Each thread takes whatever can be done at the moment (a read, a
 * block, for the owner the next step of its chain), so both are busy until the end whatever their speeds are, and
 * the owner does all alone when nobody helps.
 */

/** Slots of the ring. Two threads are seldom more than a few blocks apart, and 8 MiB still fit a processor's cache. */
const SLOTS = 8

/** Longest sleep between two looks at the state, ms; only a backstop, as every change wakes the sleepers. */
const WAIT_MS = 1000

/** Places in `control`. Blocks are counted from 0; a counter is the number of the next one. */
const VERSION = 0
const STATE = 1
const PARTNER_LEAVES = 2
const READ = 3
const STREAMED = 4
const CLAIMED = 5
const HASHED = 6
/** From here, for each slot: 1 + the block that is in it, negative when whoever was to read it could not. */
const FILLED = 7
/** From here, for each slot: 1 + the last block of it whose SHA-256 is taken. */
const DONE = FILLED + SLOTS
const CONTROL_LENGTH = DONE + SLOTS

const RUNNING = 0
const CANCELLED = 1
const BROKEN = 2

/** Memory for hashing one file; `ring` is that of a file that was hashed completely, if there is one. */
export function makeSharedHash(sizeBytes: number, ring?: SharedHash['ring']): SharedHash {
  return {
    sizeBytes,
    control: new Int32Array(new SharedArrayBuffer(CONTROL_LENGTH * Int32Array.BYTES_PER_ELEMENT)),
    ring: ring ?? new Uint8Array(new SharedArrayBuffer(SLOTS * BLOCK_SIZE)),
    digests: new Uint8Array(new SharedArrayBuffer(blocksOfSize(sizeBytes) * DIGEST_SIZE)),
  }
}

/** Ends the work on a file: the owner then throws CANCELLED. */
export function cancelSharedHash({ control }: SharedHash): void {
  Atomics.store(control, STATE, CANCELLED)
  announce(control)
}

/** A thread died with a part of the work in its hands: the owner then throws INTERNAL. */
export function breakSharedHash({ control }: SharedHash): void {
  Atomics.store(control, STATE, BROKEN)
  announce(control)
}

/** Asks the partner to leave (or not to leave any more) because its thread is wanted elsewhere. */
export function askPartnerToLeave({ control }: SharedHash, leave: boolean): void {
  Atomics.store(control, PARTNER_LEAVES, leave ? 1 : 0)
  announce(control)
}

/**
 * Hashes the whole file; `shared.digests` is complete when it returns.
 *
 * @param onProgress called after each block with the bytes that are through the chain
 * @returns the SHA-256 of the whole file, hex
 * @throws ShoalError FILE_CHANGED, IO, CANCELLED, INTERNAL
 */
export function hashAsOwner(
  file: OpenFile,
  shared: SharedHash,
  onProgress: (bytesDone: number) => void,
): string {
  const work = new Work(file, shared)
  const chain = createHash('sha256')
  while (!work.isFinished()) {
    const seen = work.version()
    work.checkState()
    if (work.tryChain(chain)) onProgress(work.chainedBytes())
    else if (!work.tryRead() && !work.tryHashBlock()) work.wait(seen)
  }
  return chain.digest('hex')
}

/** Helps until nothing is left to take, or until asked to leave. When it throws, the owner tries the same part again. */
export function hashAsPartner(file: OpenFile, shared: SharedHash): void {
  const work = new Work(file, shared)
  while (!work.partnerMayLeave()) {
    const seen = work.version()
    if (!work.tryHashBlock() && !work.tryRead()) work.wait(seen)
  }
}

class Work {
  readonly #file: OpenFile
  readonly #shared: SharedHash
  readonly #control: SharedHash['control']
  readonly #blocks: number

  constructor(file: OpenFile, shared: SharedHash) {
    this.#file = file
    this.#shared = shared
    this.#control = shared.control
    this.#blocks = blocksOfSize(shared.sizeBytes)
  }

  version(): number {
    return Atomics.load(this.#control, VERSION)
  }

  /** Sleeps until something changed since `seen`. */
  wait(seen: number): void {
    Atomics.wait(this.#control, VERSION, seen, WAIT_MS)
  }

  checkState(): void {
    const state = Atomics.load(this.#control, STATE)
    if (state === CANCELLED) throw new ShoalError('CANCELLED')
    if (state === BROKEN) throw new ShoalError('INTERNAL', `Hashing ${this.#file.path} broke down.`)
  }

  isFinished(): boolean {
    return this.#load(STREAMED) === this.#blocks && this.#load(HASHED) === this.#blocks
  }

  partnerMayLeave(): boolean {
    return (
      this.#load(CLAIMED) === this.#blocks ||
      this.#load(PARTNER_LEAVES) !== 0 ||
      this.#load(STATE) !== RUNNING
    )
  }

  /** Owner only: takes the chain one block further. False when that block is not there yet. */
  tryChain(chain: Hash): boolean {
    const block = this.#load(STREAMED)
    if (block === this.#blocks) return false
    const filled = this.#load(FILLED + (block % SLOTS))
    if (filled === -(block + 1)) this.#read(block)
    else if (filled !== block + 1) return false
    chain.update(this.#view(block))
    Atomics.store(this.#control, STREAMED, block + 1)
    announce(this.#control)
    return true
  }

  chainedBytes(): number {
    return Math.min(this.#load(STREAMED) * BLOCK_SIZE, this.#shared.sizeBytes)
  }

  /** Reads the next block if its slot is free. False when there was nothing to take. @throws ShoalError as OpenFile */
  tryRead(): boolean {
    const block = this.#load(READ)
    if (block === this.#blocks || !this.#isFree(block)) return false
    if (Atomics.compareExchange(this.#control, READ, block, block + 1) === block) this.#read(block)
    return true
  }

  /** Takes the SHA-256 of the next block if it is there. False when there was nothing to take. */
  tryHashBlock(): boolean {
    const block = this.#load(CLAIMED)
    const slot = block % SLOTS
    if (block === this.#blocks || this.#load(FILLED + slot) !== block + 1) return false
    if (Atomics.compareExchange(this.#control, CLAIMED, block, block + 1) === block) {
      this.#shared.digests.set(hash('sha256', this.#view(block), 'buffer'), block * DIGEST_SIZE)
      Atomics.store(this.#control, DONE + slot, block + 1)
      Atomics.add(this.#control, HASHED, 1)
      announce(this.#control)
    }
    return true
  }

  #read(block: number): void {
    const place = FILLED + (block % SLOTS)
    try {
      this.#file.readExactly(this.#view(block), block * BLOCK_SIZE)
      Atomics.store(this.#control, place, block + 1)
    } catch (error) {
      Atomics.store(this.#control, place, -(block + 1))
      throw error
    } finally {
      announce(this.#control)
    }
  }

  /** True when the block that was in the slot before is through both hashes. */
  #isFree(block: number): boolean {
    const before = block - SLOTS
    if (before < 0) return true
    return this.#load(STREAMED) > before && this.#load(DONE + (block % SLOTS)) === before + 1
  }

  #view(block: number): Uint8Array {
    const start = (block % SLOTS) * BLOCK_SIZE
    const length = Math.min(BLOCK_SIZE, this.#shared.sizeBytes - block * BLOCK_SIZE)
    return this.#shared.ring.subarray(start, start + length)
  }

  #load(place: number): number {
    return Atomics.load(this.#control, place)
  }
}

function announce(control: SharedHash['control']): void {
  Atomics.add(control, VERSION, 1)
  Atomics.notify(control, VERSION)
}
