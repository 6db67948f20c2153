import { constants } from 'node:fs'
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { formatBytes } from '../base/units.ts'
import { syncFolderOf } from './place.ts'
import type { FileStat } from './ports.ts'
import { PART_SUFFIX, partName } from './safe-name.ts'

const MAX_TRIES = 10_000

/** A file that is being fetched: written block by block at their places, read for others meanwhile. */
export class PartFile {
  readonly path: string
  readonly #handle: FileHandle
  #holders = 1
  #closed = false

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /**
   * Makes `FINAL.part` ({@link partName}), or a numbered one when that exists: what others made is left alone. The name is durable when this returns.
   *
   * @throws IO, NO_SPACE, PERMISSION_DENIED
   */
  static async create(finalPath: string, sizeBytes: number): Promise<PartFile> {
    for (let number = 0; number < MAX_TRIES; number++) {
      const path = join(dirname(finalPath), partName(basename(finalPath), number))
      try {
        const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL)
        const part = new PartFile(path, handle)
        await handle.truncate(sizeBytes)
        await syncFolderOf(path)
        return part
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue
        throw toShoalError(error, 'IO')
      }
    }
    throw new ShoalError('ALREADY_EXISTS', `Too many files named like ${finalPath}${PART_SUFFIX}.`)
  }

  /** Opens one that was made before; undefined when it is gone, is no plain file, or has another size. */
  static async reopen(path: string, sizeBytes: number): Promise<PartFile | undefined> {
    let handle: FileHandle
    try {
      handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
    } catch (error) {
      const known = toShoalError(error, 'IO')
      if (known.code === 'NOT_FOUND' || known.code === 'IO') return undefined
      throw known
    }
    const stat = await handle.stat()
    if (stat.isFile() && stat.size === sizeBytes) return new PartFile(path, handle)
    await handle.close()
    return undefined
  }

  /** Writes all of `bytes` at `offset`. @throws NO_SPACE, IO */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, offset + done)
        done += bytesWritten
      }
    } catch (error) {
      throw toShoalError(error, 'IO')
    }
  }

  /** For threads that read and write it; good until {@link close}. */
  get fd(): number {
    return this.#handle.fd
  }

  /** What identifies its content as it is now. @throws IO */
  async stat(): Promise<FileStat> {
    try {
      const { size, mtimeMs, ino } = await this.#handle.stat()
      return { size, mtimeMs, ino }
    } catch (error) {
      throw toShoalError(error, 'IO')
    }
  }

  /** Fills `into` from `offset` on. @returns bytes read; fewer at the end of the file @throws IO */
  async readInto(offset: number, into: Uint8Array): Promise<number> {
    try {
      let done = 0
      while (done < into.length) {
        const { bytesRead } = await this.#handle.read(into, done, into.length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return done
    } catch (error) {
      throw toShoalError(error, 'IO')
    }
  }

  /** Up to `length` bytes from `offset` on. @throws IO */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length)
    return bytes.subarray(0, await this.readInto(offset, bytes))
  }

  /** Gives the file its size, where that is learnt late. */
  async resize(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes)
  }

  /** Everything written so far survives a power cut when this returns. @throws IO */
  async sync(): Promise<void> {
    try {
      await this.#handle.datasync()
    } catch (error) {
      throw toShoalError(error, 'IO')
    }
  }

  /** Keeps the file open after {@link close} until the returned function is called: somebody reads from it still. */
  hold(): () => void {
    this.#holders++
    let held = true
    return () => {
      if (!held) return
      held = false
      void this.#letGo()
    }
  }

  /** Harmless when repeated. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#letGo()
  }

  async #letGo(): Promise<void> {
    if (--this.#holders === 0) await this.#handle.close().catch(() => {})
  }
}

/** Removes a part file if it is there. */
export async function discardPart(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (toShoalError(error).code !== 'NOT_FOUND') throw toShoalError(error, 'IO')
  })
}

/**
 * Makes sure that `bytes` fit on the disk of `folder` beside a reserve.
 *
 * @throws NO_SPACE
 */
export async function checkFreeSpace(folder: string, bytes: number, reserveBytes: number): Promise<void> {
  let freeBytes: number
  try {
    const { bavail, bsize } = await statfs(folder)
    freeBytes = bavail * bsize
  } catch (error) {
    throw toShoalError(error, 'IO')
  }
  if (freeBytes - reserveBytes >= bytes) return
  const free = formatBytes(Math.max(0, freeBytes - reserveBytes))
  throw new ShoalError(
    'NO_SPACE',
    `${formatBytes(bytes)} are needed in ${folder} and ${free} are free. Make room or choose another folder.`,
    { details: { folder, neededBytes: bytes, freeBytes } },
  )
}
