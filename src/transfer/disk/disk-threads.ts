import { availableParallelism } from 'node:os'
import type { Clock, Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import type { FileStat } from '../ports.ts'
import { DiskThread } from './disk-thread.ts'
import type { SmallCheck, SmallFound, SmallPuts, SmallReadList } from './disk-types.ts'
import { unpackFound } from './small-found.ts'

/** More would only wait for the memory's bandwidth or the disk: one thread hashes and writes some 1 GB/s. */
const MAX_THREADS = 4

/** Another thread is started when so many requests wait for the one that has the least: starting one takes as long as storing 50 blocks. */
const CROWDED = 12

/** Threads that have had nothing to do for this long are ended, ms. */
const IDLE_MS = 10_000

/** A block that came and is to be stored. */
export interface StoreJob {
  /** Not to be changed meanwhile. */
  readonly block: Uint8Array<SharedArrayBuffer>
  /** What its SHA-256 must be. */
  readonly digest: Uint8Array
  readonly fd: number
  readonly position: number
}

/** Puts blocks into one file. */
export interface FileWriter {
  /** Compares a block with its digest and writes it. False, and nothing is written, when it is wrong. @throws ShoalError IO, NO_SPACE, INTERNAL */
  store(job: StoreJob): Promise<boolean>
}

/** The SHA-256 of a whole file, computed by and by. */
export interface FileChain {
  /** Adds the bytes from where it is to `end`. One at a time. @throws ShoalError IO, INTERNAL */
  advance(fd: number, end: number): Promise<void>
  /** Where it is. */
  readonly position: number
  /** The digest, hex, and the end of the chain. */
  finish(): Promise<string>
  /** The digest is not wanted any more. Harmless when repeated and after {@link finish}. */
  drop(): void
}

/** Threads that hash and write what downloads receive, so that the main thread has its time for the network. Started when there is work. */
export class DiskThreads {
  readonly #clock: Clock
  readonly #max: number
  readonly #threads = new Set<DiskThread>()
  #chains = 0
  #nextChain = 0
  #sweep: Timer | undefined
  #usedMs = 0
  #closed = false

  constructor(clock: Clock, max = Math.min(MAX_THREADS, availableParallelism())) {
    this.#clock = clock
    this.#max = max
  }

  /** Threads that run. */
  get size(): number {
    return this.#threads.size
  }

  /** There will be work soon: starts a thread, which takes it some 50 ms. */
  warm(): void {
    if (!this.#closed && this.#threads.size === 0) this.#threads.add(new DiskThread())
    this.#armSweep()
  }

  /**
   * A writer for one file. Its writes go through one thread: the kernel lets one write at a time into a file, and a second thread would spend its time
   * waiting for that. Hashing is done by whichever thread has the least to do.
   */
  writer(): FileWriter {
    let own: DiskThread | undefined
    return {
      store: async (job) => {
        this.#armSweep()
        if (!own || own.isDead || !this.#threads.has(own)) own = this.#idlest()
        const hasher = this.#idlest()
        if (hasher === own) return (await own.run({ type: 'store', ...job })).isRight
        const { block, digest, fd, position } = job
        const { isRight } = await hasher.run({ type: 'hash', block, digest })
        if (isRight) await own.run({ type: 'write', block, fd, position })
        return isRight
      },
    }
  }

  /** Reads a block and compares it with its digest. @throws ShoalError IO, INTERNAL */
  async check(job: { fd: number; position: number; length: number; digest: Uint8Array }): Promise<boolean> {
    const { isRight } = await this.#idlest().run({ type: 'check', ...job })
    this.#armSweep()
    return isRight
  }

  /**
   * Compares small files with their digests and writes those that are right, each as a whole; nothing is durable yet.
   *
   * @returns for each its stat, or null when its bytes are wrong @throws ShoalError IO, NO_SPACE, INTERNAL
   */
  async putFiles(
    memory: Uint8Array<SharedArrayBuffer>,
    puts: SmallPuts,
  ): Promise<readonly (FileStat | null)[]> {
    this.#armSweep()
    const { found } = await this.#idlest().run({ type: 'put-files', memory, puts })
    return unpackFound(found!).map((each) => each?.stat ?? null)
  }

  /** Reads small files. @returns for each its stat, or null when it is not there or has other bytes @throws ShoalError INTERNAL */
  async checkFiles(files: readonly SmallCheck[]): Promise<readonly (FileStat | null)[]> {
    this.#armSweep()
    return (await this.#idlest().run({ type: 'check-files', files })).files!
  }

  /** Reads the first bytes of files into `memory`. @returns for each what it read, or null when it cannot be @throws ShoalError INTERNAL, CANCELLED */
  async readFiles(
    memory: Uint8Array<SharedArrayBuffer>,
    reads: SmallReadList,
  ): Promise<readonly (SmallFound | null)[]> {
    this.#armSweep()
    return unpackFound((await this.#idlest().run({ type: 'read-files', memory, reads })).found!)
  }

  /** Makes the bytes of files durable. @throws ShoalError IO, NO_SPACE, INTERNAL */
  async syncFiles(paths: readonly string[]): Promise<void> {
    this.#armSweep()
    await this.#idlest().run({ type: 'sync-files', paths })
  }

  /** Begins the SHA-256 of a file. */
  chain(): FileChain {
    const chain = this.#nextChain++
    let thread: DiskThread | undefined
    let position = 0
    let over = false
    const end = () => {
      if (!over && thread) this.#chains--
      over = true
      this.#armSweep()
    }
    return {
      get position() {
        return position
      },
      advance: async (fd, to) => {
        if (!thread) {
          thread = this.#idlest()
          this.#chains++
        }
        await thread.run({ type: 'chain', chain, fd, position, length: to - position })
        position = to
      },
      finish: async () => {
        const own = thread ?? this.#idlest()
        const { hex } = await own.run({ type: 'chain-end', chain })
        end()
        return hex!
      },
      drop: () => {
        if (!over && thread && !thread.isDead) void thread.run({ type: 'chain-end', chain }).catch(() => {})
        end()
      },
    }
  }

  /** Ends all threads; whatever is not done is rejected. */
  async close(): Promise<void> {
    this.#closed = true
    this.#sweep?.cancel()
    await Promise.all([...this.#threads].map((thread) => thread.terminate()))
    this.#threads.clear()
  }

  #idlest(): DiskThread {
    if (this.#closed) throw new ShoalError('CANCELLED', 'Downloads have stopped.')
    let best: DiskThread | undefined
    for (const thread of this.#threads) {
      if (thread.isDead) this.#threads.delete(thread)
      else if (!best || thread.load < best.load) best = thread
    }
    const isCrowded = best?.isReady && best.load >= CROWDED
    if (best && (!isCrowded || this.#threads.size >= this.#max)) return best
    const thread = new DiskThread()
    this.#threads.add(thread)
    return thread
  }

  /** Notes that there was work. The timer runs on: one a block would cost more than the sweep. */
  #armSweep(): void {
    this.#usedMs = this.#clock.monotonic()
    if (this.#sweep || this.#closed) return
    this.#sweep = this.#clock.schedule(() => {
      this.#sweep = undefined
      const isIdle = this.#clock.monotonic() - this.#usedMs >= IDLE_MS
      const isFree = this.#chains === 0 && [...this.#threads].every((thread) => thread.load === 0)
      if (!isIdle || !isFree) return this.#armSweepAgain()
      for (const thread of this.#threads) void thread.terminate()
      this.#threads.clear()
    }, IDLE_MS)
  }

  #armSweepAgain(): void {
    const usedMs = this.#usedMs
    this.#armSweep()
    this.#usedMs = usedMs
  }
}
