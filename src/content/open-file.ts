import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { FileFacts } from './ingest-types.ts'

/** A regular file that is open for reading; for hashing threads, which may block. */
export class OpenFile implements Disposable {
  readonly path: string
  readonly #fd: number
  readonly #before: Stats

  /**
   * Symbolic links are not followed (what is shared must not depend on where a link points at the moment), and a pipe does
   * not block.
   *
   * @throws ShoalError NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT for what is no regular file, IO
   */
  constructor(path: string) {
    this.path = path
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
    this.#fd = about(path, () => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
    try {
      this.#before = about(path, () => fstatSync(this.#fd))
      if (!this.#before.isFile()) throw new ShoalError('INVALID_ARGUMENT', `${path} is not a regular file.`)
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
  }

  get sizeBytes(): number {
    return this.#before.size
  }

  get facts(): FileFacts {
    const { size, mtimeMs, ino } = this.#before
    return { size, mtimeMs, ino }
  }

  /** @throws ShoalError FILE_CHANGED when it is not the file that was seen before */
  checkIs({ size, mtimeMs, ino }: FileFacts): void {
    const now = this.#before
    if (now.size !== size || now.mtimeMs !== mtimeMs || now.ino !== ino) throw changed(this.path)
  }

  /** Fills `into` from `position` on. @throws ShoalError FILE_CHANGED when the file ends before, IO */
  readExactly(into: Uint8Array, position: number): void {
    let filled = 0
    while (filled < into.length) {
      const count = about(this.path, () =>
        readSync(this.#fd, into, filled, into.length - filled, position + filled),
      )
      if (count === 0) throw changed(this.path)
      filled += count
    }
  }

  /** Checks that the path still names this file, unchanged since it was opened. @throws ShoalError FILE_CHANGED */
  checkUnchanged(): void {
    let after: Stats
    try {
      after = lstatSync(this.path)
    } catch (cause) {
      throw new ShoalError('FILE_CHANGED', `${this.path} went away while it was read.`, { cause })
    }
    const { dev, ino, size, mtimeMs } = this.#before
    if (after.dev !== dev || after.ino !== ino || after.size !== size || after.mtimeMs !== mtimeMs) {
      throw changed(this.path)
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }
}

function changed(path: string): ShoalError {
  return new ShoalError('FILE_CHANGED', `${path} changed while it was read.`)
}

/** Runs a system call; its error then says which file it was about. */
function about<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    const { code, message } = toShoalError(error, 'IO')
    const isLink = (error as NodeJS.ErrnoException).code === 'ELOOP'
    if (isLink) throw new ShoalError('INVALID_ARGUMENT', `${path} is a symbolic link, which is not followed.`)
    throw new ShoalError(code, message.includes(path) ? message : `${path}: ${message}`, { cause: error })
  }
}
