import { constants, fstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Clock, Timer } from '../base/clock.ts'
import type { FileStat } from './ports.ts'

/** A file that nobody read for so long is closed: an open file that was deleted keeps its disk space, ms. */
const IDLE_MS = 10_000

interface Entry {
  readonly handle: Promise<FileHandle>
  users: number
  /** No more users are taken; closed when the last one is done. */
  dropped: boolean
}

/** How much was read of a file, and what its stat was right after. */
export interface StatedRead {
  /** Bytes; fewer than asked for at the end of the file. */
  readonly length: number
  readonly stat: FileStat
}

/** Keeps files open that are read again and again. The one used longest ago goes when there are too many. */
export class OpenFiles {
  readonly #max: number
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  #sweep: Timer | undefined

  constructor(max: number, clock: Clock) {
    this.#max = max
    this.#clock = clock
  }

  get size(): number {
    return this.#entries.size
  }

  /** Fills `into` from a position on. @throws system errors */
  async readInto(path: string, offset: number, into: Uint8Array): Promise<StatedRead> {
    return this.#use(path, async (handle) => {
      let done = 0
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      // After the bytes, not before: a change in between must show.
      // Of an open file it is in memory: asking a thread would take a hundred times as long.
      const { size, mtimeMs, ino } = fstatSync(handle.fd)
      return { length: done, stat: { size, mtimeMs, ino } }
    })
  }

  /** Closes one: another file has its name now. Reads under way may finish. */
  forget(path: string): void {
    const entry = this.#entries.get(path)
    if (!entry) return
    this.#entries.delete(path)
    entry.dropped = true
    if (entry.users === 0) closeQuietly(entry)
  }

  close(): void {
    this.#sweep?.cancel()
    for (const path of [...this.#entries.keys()]) this.forget(path)
  }

  async #use<T>(path: string, task: (handle: FileHandle) => Promise<T>): Promise<T> {
    const entry = this.#enter(path)
    entry.users++
    try {
      return await task(await entry.handle)
    } catch (error) {
      this.forget(path)
      throw error
    } finally {
      entry.users--
      if (entry.dropped && entry.users === 0) closeQuietly(entry)
      this.#armSweep()
    }
  }

  #enter(path: string): Entry {
    const known = this.#entries.get(path)
    if (known) {
      this.#entries.delete(path)
      this.#entries.set(path, known)
      return known
    }
    // Never through a symbolic link: it could have been put there since the file was hashed.
    const handle = open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const entry: Entry = { handle, users: 0, dropped: false }
    this.#entries.set(path, entry)
    if (this.#entries.size > this.#max) this.forget(this.#entries.keys().next().value!)
    return entry
  }

  #armSweep(): void {
    this.#sweep?.cancel()
    this.#sweep = this.#clock.schedule(() => {
      for (const [path, { users }] of [...this.#entries]) if (users === 0) this.forget(path)
    }, IDLE_MS)
  }
}

function closeQuietly(entry: Entry): void {
  entry.handle.then((handle) => handle.close()).catch(() => {})
}
