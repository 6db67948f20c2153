import type { SmallFile } from './small-file.ts'

/** Peers that may refuse a file before it goes the way of single files, which looks for others who have it. */
const MAX_REFUSALS = 3

/** Small files that nobody is asked for at present. Decides only. */
export class SmallQueue {
  #files: SmallFile[]
  #next = 0
  /** Came back: they were first once. */
  readonly #returned: SmallFile[] = []
  /** Refused by somebody; few. */
  readonly #refused = new Set<SmallFile>()

  constructor(files: readonly SmallFile[]) {
    this.#files = [...files]
  }

  get size(): number {
    return this.#files.length - this.#next + this.#returned.length + this.#refused.size
  }

  /** The next file that this peer has not refused. */
  take(peerId: string): SmallFile | undefined {
    for (const file of this.#refused) {
      if (file.refusedBy?.has(peerId)) continue
      this.#refused.delete(file)
      return file
    }
    return this.#returned.pop() ?? this.#files[this.#next++] ?? this.#end()
  }

  /** A peer that was asked for it has gone. */
  giveBack(file: SmallFile): void {
    if (file.refusedBy) this.#refused.add(file)
    else this.#returned.push(file)
  }

  /** A peer cannot give it. @returns false when enough of them said so */
  refuse(file: SmallFile, peerId: string): boolean {
    file.refusedBy ??= new Set()
    file.refusedBy.add(peerId)
    if (file.refusedBy.size >= MAX_REFUSALS) return false
    this.#refused.add(file)
    return true
  }

  /** Takes out what all of these peers have refused. */
  refusedByAll(peerIds: readonly string[]): SmallFile[] {
    const hopeless = [...this.#refused].filter((file) => peerIds.every((id) => file.refusedBy!.has(id)))
    for (const file of hopeless) this.#refused.delete(file)
    return hopeless
  }

  /** Takes out everything. */
  drain(): SmallFile[] {
    const rest = [...this.#refused, ...this.#returned, ...this.#files.slice(this.#next)]
    this.#files = []
    this.#next = this.#returned.length = 0
    this.#refused.clear()
    return rest
  }

  #end(): undefined {
    this.#next = this.#files.length
    return undefined
  }
}
