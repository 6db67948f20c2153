import type { VerifyFile } from '../../storage/verify-types.ts'
import { bytesOfRange, FileRanges, RANGE_BYTES } from './ranges.ts'

/** Files in one claim, at most: the main thread needs some 3 ms to look them up, so nobody who waits for it notices. */
const CLAIM_FILES = 64

/** A file under way. */
export interface PlannedFile {
  readonly file: VerifyFile
  readonly ranges: FileRanges
}

/** A range of a file that somebody reads. */
export interface Piece extends PlannedFile {
  readonly range: number
  readonly bytes: number
}

/**
 * Decides who reads what next. Each reader gets a file of its own while there are enough; when there are not, several read one big file, each
 * another range. Small files go together. Only decides: whoever asks reads, and says what is done.
 */
export class VerifyPlan {
  readonly #readers: number
  readonly #files = new Map<number, PlannedFile>()

  /** @param readers how many may read at once */
  constructor(readers: number) {
    this.#readers = readers
  }

  /** Files that are not done. */
  get size(): number {
    return this.#files.size
  }

  /** Files that nobody has begun to read. */
  get idle(): number {
    let count = 0
    for (const { ranges } of this.#files.values()) if (!ranges.isBusy) count++
    return count
  }

  add(files: readonly VerifyFile[]): void {
    for (const file of files) {
      this.#files.set(file.id, { file, ranges: new FileRanges(file.sizeBytes, file.done) })
    }
  }

  /** What a reader should read now, at most 32 MiB: all of it is taken until it is finished or given back. Empty when all is taken. */
  claim(): Piece[] {
    const pieces: Piece[] = []
    const most = Math.min(CLAIM_FILES, Math.ceil(this.idle / this.#readers))
    let bytes = 0
    for (const planned of this.#files.values()) {
      if (pieces.length >= most || bytes >= RANGE_BYTES) break
      if (planned.ranges.isBusy || planned.ranges.ungiven === 0) continue
      const room = RANGE_BYTES - bytes
      if (pieces.length > 0 && planned.ranges.leftBytes > room) break
      const piece = give(planned)
      pieces.push(piece)
      bytes += piece.bytes
    }
    if (pieces.length > 0) return pieces
    const biggest = this.#mostLeft()
    return biggest ? [give(biggest)] : []
  }

  /** It was read. @returns whether that was the last of its file, which then leaves the plan */
  finish({ file, ranges, range }: Piece): boolean {
    ranges.finish(range)
    return ranges.isDone && this.#files.delete(file.id)
  }

  /** It was not read. */
  giveBack({ ranges, range }: Piece): void {
    ranges.takeBack(range)
  }

  /** Whether the file is still to be read, or being read. */
  has({ file }: PlannedFile): boolean {
    return this.#files.has(file.id)
  }

  /** The rest of the file need not be read. False when it has left the plan already. */
  drop({ file }: PlannedFile): boolean {
    return this.#files.delete(file.id)
  }

  #mostLeft(): PlannedFile | undefined {
    let most: PlannedFile | undefined
    for (const planned of this.#files.values()) {
      if (planned.ranges.ungiven > (most?.ranges.ungiven ?? 0)) most = planned
    }
    return most
  }
}

function give(planned: PlannedFile): Piece {
  const range = planned.ranges.give()
  return { ...planned, range, bytes: bytesOfRange(planned.file.sizeBytes, range) }
}
