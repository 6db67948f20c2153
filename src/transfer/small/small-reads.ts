import { MIB } from '../../base/units.ts'
import type { DiskThreads } from '../disk/disk-threads.ts'
import type { OpenFiles, StatedRead } from '../open-files.ts'

/** A file of up to so many bytes is read as a whole, by a thread and with others. */
export const SMALL_READ_BYTES = 64 * 1024

/** Files that a thread reads in one go, and the memory for them; as many go on at once. */
const BATCH_FILES = 64
const BATCH_BYTES = MIB
const BATCHES_AT_ONCE = 2
/** Fewer than this wait while another batch is being read: a message costs what a few files do. */
const WORTH_FILES = 16

interface Waiting {
  readonly path: string
  readonly into: Uint8Array
  readonly resolve: (read: StatedRead) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads small files for peers, many in one message to a thread: opening, reading and closing each by itself would take the main thread longer than everything
 * else that is done for it, and a disk that is slow must not stop it. Who asks bounds what waits here (a line reads a few blocks ahead).
 */
export class SmallReads {
  readonly #disk: Pick<DiskThreads, 'readFiles' | 'size'>
  readonly #files: Pick<OpenFiles, 'readInto'>
  readonly #memories: Uint8Array<SharedArrayBuffer>[] = []
  readonly #waiting: Waiting[] = []
  #running = 0
  #planned = false

  /** @param files read one that is asked for alone while no thread runs: starting one would take it longer than all the rest */
  constructor(disk: Pick<DiskThreads, 'readFiles' | 'size'>, files: Pick<OpenFiles, 'readInto'>) {
    this.#disk = disk
    this.#files = files
  }

  /** Reads the first bytes of a file, as many as `into` has room for, at most {@link SMALL_READ_BYTES}. @throws Error when it cannot be read */
  read(path: string, into: Uint8Array): Promise<StatedRead> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, into, resolve, reject })
      if (this.#planned) return
      this.#planned = true
      // What is asked for in one turn of the event loop goes together.
      setImmediate(() => {
        this.#planned = false
        this.#start()
      })
    })
  }

  #start(): void {
    while (this.#running < BATCHES_AT_ONCE && this.#waiting.length > 0) {
      // More may come until the one under way is done.
      if (this.#running > 0 && this.#waiting.length < WORTH_FILES) return
      const batch: Waiting[] = []
      let bytes = 0
      for (const each of this.#waiting) {
        if (batch.length === BATCH_FILES || bytes + each.into.length > BATCH_BYTES) break
        bytes += each.into.length
        batch.push(each)
      }
      this.#waiting.splice(0, batch.length)
      this.#running++
      const isAlone = batch.length === 1 && this.#disk.size === 0
      void (isAlone ? this.#readOne(batch[0]!) : this.#run(batch)).finally(() => {
        this.#running--
        this.#start()
      })
    }
  }

  /** Never rejects. */
  async #readOne({ path, into, resolve, reject }: Waiting): Promise<void> {
    await this.#files.readInto(path, 0, into).then(resolve, reject)
  }

  /** Never rejects. */
  async #run(batch: readonly Waiting[]): Promise<void> {
    const memory = this.#memories.pop() ?? new Uint8Array(new SharedArrayBuffer(BATCH_BYTES))
    const bytes = Buffer.from(memory.buffer)
    try {
      const offsets: number[] = []
      let bytesBefore = 0
      for (const { into } of batch) {
        offsets.push(bytesBefore)
        bytesBefore += into.length
      }
      const [paths, lengths] = [batch.map(({ path }) => path), batch.map(({ into }) => into.length)]
      const found = await this.#disk.readFiles(memory, { paths, offsets, lengths })
      for (const [at, { path, into, resolve, reject }] of batch.entries()) {
        const stated = found[at]
        const offset = offsets[at]!
        if (!stated) {
          reject(new Error(`${path} cannot be read`))
          continue
        }
        bytes.copy(into, 0, offset, offset + stated.length)
        resolve(stated)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.#memories.push(memory)
    }
  }
}
