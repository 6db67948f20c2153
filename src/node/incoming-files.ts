import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, readdir, stat, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { IncomingPort, ReceivedFile, ReceiveOptions } from '../api/views/incoming-view.ts'
import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { SharedEntry } from '../content/entry.ts'
import { isIgnoredName } from '../library/ignore.ts'
import type { Library } from '../library/library.ts'
import { moveExclusive, syncFolderOf } from '../transfer/place.ts'
import { numberedName, PART_SUFFIX, safeName } from '../transfer/safe-name.ts'
import { type Written, writeBody } from './incoming-body.ts'

export interface IncomingOptions {
  /** Files that come in at once; one more is refused. Default 4: more only makes the disk seek. */
  readonly maxAtOnce: number
  /** A sender from whom nothing comes for this long is gone, ms. Default 60,000. */
  readonly stallMs: number
  /** Names tried: `NAME`, `NAME (2)`, … Default 10,000. */
  readonly maxNames: number
}

export const DEFAULT_INCOMING_OPTIONS: IncomingOptions = {
  maxAtOnce: 4,
  stallMs: 60_000,
  maxNames: 10_000,
}

export interface IncomingSetup {
  /** Where they go; made when missing. Asked each time, since the setting can change. */
  readonly folder: () => string
  readonly library: Pick<Library, 'addNow'>
  readonly clock: Clock
  readonly random: Random
  /** Bytes that are free where `folder` lies. Default: what the file system says. */
  readonly freeBytes?: (folder: string) => Promise<number>
  readonly options?: Partial<IncomingOptions>
}

/** Temporary names; the library shares none of them. */
const SCRATCH = /^incoming-[0-9a-f]{16}\.part$/
/** What a crash left behind is removed after this long, ms. */
const STALE_MS = 24 * 3_600_000

/** Takes files whose bytes come in, and shares them. */
export class IncomingFiles implements IncomingPort {
  readonly #setup: IncomingSetup
  readonly #options: IncomingOptions
  #active = 0
  /** Folders that were looked through for what a crash left. */
  readonly #swept = new Set<string>()

  constructor(setup: IncomingSetup) {
    this.#setup = setup
    this.#options = { ...DEFAULT_INCOMING_OPTIONS, ...setup.options }
  }

  async receive(
    name: string,
    body: AsyncIterable<Uint8Array>,
    options: ReceiveOptions,
  ): Promise<ReceivedFile> {
    const safe = safeName(name)
    if (isIgnoredName(safe, { hidden: false })) {
      throw new ShoalError(
        'INVALID_ARGUMENT',
        'A file with this name is not shared: it is that of a hidden, temporary or unfinished file. Give it another one.',
      )
    }
    const { maxAtOnce } = this.#options
    if (this.#active >= maxAtOnce) {
      throw new ShoalError(
        'BUSY',
        `${maxAtOnce} files come in already. Send this one when one of them is done.`,
      )
    }
    this.#active++
    try {
      return await this.#receive(safe, body, options)
    } catch (error) {
      throw toShoalError(error, 'IO')
    } finally {
      this.#active--
    }
  }

  async #receive(
    name: string,
    body: AsyncIterable<Uint8Array>,
    { sizeBytes = 0, signal }: ReceiveOptions,
  ): Promise<ReceivedFile> {
    const { clock, random } = this.#setup
    const { stallMs } = this.#options
    const folder = await this.#ready(sizeBytes)
    signal.throwIfAborted()
    const path = join(folder, `incoming-${Buffer.from(random.bytes(8)).toString('hex')}${PART_SUFFIX}`)
    try {
      const written = await writeBody(path, body, { clock, stallMs, signal })
      // What is whole is kept and shared, whether or not the sender is still there.
      return await this.#place(written, folder, name)
    } finally {
      await unlink(path).catch(() => {})
    }
  }

  /** The folder, with room for so many bytes. */
  async #ready(sizeBytes: number): Promise<string> {
    const folder = this.#setup.folder()
    await mkdir(folder, { recursive: true })
    const free = await (this.#setup.freeBytes ?? freeBytesIn)(folder)
    if (sizeBytes > free) {
      throw new ShoalError(
        'NO_SPACE',
        `The file has ${sizeBytes} bytes, and ${free} are free where it would go: ${folder}`,
      )
    }
    await this.#sweep(folder)
    return folder
  }

  /** Gives what was written its name, unless the same is there. */
  async #place(written: Written, folder: string, name: string): Promise<ReceivedFile> {
    for (let number = 1; number <= this.#options.maxNames; number++) {
      const path = join(folder, numberedName(name, number === 1 ? 0 : number))
      // Twice: somebody may take the name between the look and the move.
      for (let attempt = 0; attempt < 2; attempt++) {
        const size = await sizeOfFile(path)
        if (size === undefined) {
          if (!(await moveExclusive(written.path, path))) continue
          await syncFolderOf(path)
          return { entry: await this.#share(path), created: true }
        }
        const same = size === written.sizeBytes && (await sha256Of(path)) === written.sha256
        if (same) return { entry: await this.#share(path), created: false }
        break
      }
    }
    throw new ShoalError('ALREADY_EXISTS', `${this.#options.maxNames} files in ${folder} have this name.`)
  }

  async #share(path: string): Promise<SharedEntry & { absPath: string }> {
    const [entry] = await this.#setup.library.addNow(path)
    if (!entry) throw new ShoalError('FILE_CHANGED', `${path} is there, and could not be shared as it was.`)
    return { ...entry, absPath: path }
  }

  async #sweep(folder: string): Promise<void> {
    if (this.#swept.has(folder)) return
    this.#swept.clear()
    this.#swept.add(folder)
    for (const name of await readdir(folder)) {
      if (!SCRATCH.test(name)) continue
      const path = join(folder, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
      if (this.#setup.clock.now() - mtimeMs > STALE_MS) await unlink(path).catch(() => {})
    }
  }
}

async function freeBytesIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Undefined when nothing has that name; -1 for what is no file, and so is none of the same content. */
async function sizeOfFile(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(path)
    return found.isFile() ? found.size : -1
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Hex. */
async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
