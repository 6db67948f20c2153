import { readFileSync } from 'node:fs'
import { lstat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../base/atomic-file.ts'
import { ShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { GuestKeeper, KeptFile } from '../../dialects/guest-fetcher.ts'
import type { Library } from '../../library/library.ts'
import type { IncomingFiles } from '../incoming-files.ts'

export interface GuestFolderSetup {
  /** Takes files into the folder and shares them. */
  readonly incoming: Pick<IncomingFiles, 'receive'>
  readonly library: Pick<Library, 'remove'>
  /** JSON file that says what was written, so that nothing else is ever deleted. */
  readonly listPath: string
  /** Bytes that all files may have together. */
  readonly maxBytes: number
  readonly log: Logger
}

/** A file as it was written. */
interface Note {
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly ino: number
}

/** Files that were fetched from clients of dialects. They lie there as long as their owners do. */
export class GuestFolder implements GuestKeeper {
  readonly #setup: GuestFolderSetup
  readonly #notes = new Map<string, Note>()
  /** Those that are being taken away, by path. */
  readonly #going = new Map<string, Promise<void>>()
  /** Bytes that come in. */
  #incomingBytes = 0

  constructor(setup: GuestFolderSetup) {
    this.#setup = setup
  }

  room(): number {
    let taken = this.#incomingBytes
    for (const { sizeBytes } of this.#notes.values()) taken += sizeBytes
    return Math.max(0, this.#setup.maxBytes - taken)
  }

  /** Whether it is one that was written here. */
  has(absPath: string): boolean {
    return this.#notes.has(absPath)
  }

  async keep(name: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<KeptFile> {
    const count = { bytes: 0 }
    try {
      const { entry, created } = await this.#setup.incoming.receive(name, this.#counted(body, count), {
        signal,
      })
      const { cid, absPath: path, sizeBytes } = entry
      const going = this.#going.get(path)
      await going?.catch(() => {})
      if (going && !created)
        throw new ShoalError('CONFLICT', `${path} was taken away just now; it is fetched again.`)
      // What lay there before is somebody else's, and stays.
      if (created) await this.#note(path)
      return { cid, path, sizeBytes }
    } finally {
      this.#incomingBytes -= count.bytes
    }
  }

  async drop({ path }: KeptFile): Promise<void> {
    const note = this.#notes.get(path)
    if (!note) return
    const going = this.#remove(note).finally(() => this.#going.delete(path))
    this.#going.set(path, going)
    await going
  }

  /** Takes away what lies there from the last run: who it belongs to is to be heard of anew. Before anything is kept. */
  async clear(): Promise<void> {
    for (const note of readNotes(this.#setup.listPath, this.#setup.log)) {
      this.#notes.set(note.path, note)
      await this.#remove(note).catch((error) =>
        this.#setup.log.warn({ err: error }, 'a file of a client of the last run was not deleted'),
      )
    }
  }

  async *#counted(
    body: AsyncIterable<Uint8Array>,
    count: { bytes: number },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of body) {
      count.bytes += piece.length
      this.#incomingBytes += piece.length
      yield piece
    }
  }

  async #note(path: string): Promise<void> {
    const { size, mtimeMs, ino } = await lstat(path)
    this.#notes.set(path, { path, sizeBytes: size, mtimeMs, ino })
    this.#save()
  }

  async #remove(note: Note): Promise<void> {
    const { path } = note
    try {
      await this.#setup.library.remove(path)
    } catch (error) {
      if (!(error instanceof ShoalError) || error.code !== 'NOT_FOUND') throw error
    }
    const now = await lstat(path).catch(() => undefined)
    const isSame =
      now?.isFile() && now.size === note.sizeBytes && now.mtimeMs === note.mtimeMs && now.ino === note.ino
    if (isSame) await unlink(path)
    this.#notes.delete(path)
    this.#save()
  }

  #save(): void {
    const text = JSON.stringify({ files: [...this.#notes.values()] })
    writeFileAtomic(this.#setup.listPath, `${text}\n`, 0o600)
  }
}

/** What a file says that only this class writes; one that cannot be read says nothing. */
function readNotes(path: string, log: Logger): Note[] {
  try {
    const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: Note[] }
    return files.filter(({ path: each, sizeBytes, mtimeMs, ino }) =>
      [typeof each === 'string', ...[sizeBytes, mtimeMs, ino].map(Number.isFinite)].every(Boolean),
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ err: error, path }, 'the list of files of clients cannot be read; they stay where they are')
    return []
  }
}

/** The list of files of clients, in the data folder. */
export const guestListPath = (dataDir: string): string => join(dataDir, 'guests.json')
