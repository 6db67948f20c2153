import type { BlockSpan } from '../../content/layout.ts'
import { blockSize, type FileLayout } from '../../content/layout.ts'
import type { PartialFile, Partials } from '../partials.ts'
import { DEFAULT_READER_OPTIONS } from './options.ts'
import { Readers } from './readers.ts'
import { aheadOf } from './wants.ts'

/** The download ended, or was paused: the block has to come from elsewhere. */
const GONE = Symbol('gone')

interface Reading {
  readonly file: PartialFile
  readonly readers: Readers
  stop(): void
}

/** Reads files while they are downloaded: what is there from the disk, what is missing as soon as the download has it, for which it is asked to hurry. */
export class Along {
  readonly #partials: Partials
  /** By CID; at most one for each running download. */
  readonly #readings = new Map<string, Reading>()

  constructor(partials: Partials) {
    this.#partials = partials
  }

  /** Of a running download. */
  layout(cid: string): FileLayout | undefined {
    return this.#partials.get(cid)?.layout
  }

  /** These blocks are read next, in order, by who reads with this signal. */
  begin(cid: string, span: BlockSpan, signal: AbortSignal): void {
    this.#reading(cid)?.readers.begin(span, signal)
  }

  /**
   * A block, verified; waits for it while the download runs.
   *
   * @returns undefined when there is no such download, or none any more, or the disk does not give the block back
   * @throws the signal's reason
   */
  async read(cid: string, index: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const reading = this.#reading(cid)
    if (!reading) return undefined
    const { file, readers } = reading
    const release = file.hold()
    try {
      const present = new Uint8Array()
      await readers.read(index, signal, () => (file.has.has(index) ? present : undefined))
      const block = Buffer.allocUnsafeSlow(blockSize(file.layout, index))
      return (await file.readInto(index, block)) ? block : undefined
    } catch (error) {
      signal.throwIfAborted()
      if (error === GONE) return undefined
      // The disk failed; the download will tell.
      return undefined
    } finally {
      release()
      if (readers.isIdle) reading.stop()
    }
  }

  #reading(cid: string): Reading | undefined {
    const known = this.#readings.get(cid)
    const file = this.#partials.get(cid)
    if (known?.file === file || !file) return known
    known?.stop()
    const readers = new Readers((wants) => {
      const { readers: count } = wants
      const list = wants.list(aheadOf({ ofFile: count, inAll: count }, DEFAULT_READER_OPTIONS))
      file.urgent(list.filter((index) => !file.has.has(index)))
      if (wants.isIdle) reading.stop()
    })
    const offs = [
      file.added.on((index) => readers.arrived(index, new Uint8Array())),
      this.#partials.changes.on((changed) => {
        if (changed === cid && this.#partials.get(cid) !== file) reading.stop()
      }),
    ]
    const reading: Reading = {
      file,
      readers,
      stop: () => {
        if (this.#readings.get(cid) !== reading) return
        this.#readings.delete(cid)
        for (const off of offs) off()
        readers.fail(GONE)
      },
    }
    this.#readings.set(cid, reading)
    return reading
  }
}
