import { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from '../../content/cid.ts'
import { MAX_TAKEN, MAX_TAKEN_AT_ONCE } from '../line/channel.ts'
import type { FileGroup, FileGroups, GroupPlan } from './file-groups.ts'

/** Files of a group, however small they are: what a thread reads within a few ms. */
const GROUP_FILES = 128

/** Groups that are being read while one is sent. */
const READ_AHEAD = 2

interface Take {
  readonly number: number
  readonly digests: Uint8Array
  readonly count: number
  plan: GroupPlan | undefined
  next: number
  groups: number
}

/** A group that is being read. */
export interface GroupRead {
  /** The client's number for the request. */
  readonly file: number
  /** Which group of the request. */
  readonly index: number
  readonly digest: Uint8Array
  readonly group: Promise<FileGroup>
}

/** What one line asks for with TakeFiles, in order; the groups that are next are being read. */
export class TakenFiles {
  readonly #groups: FileGroups
  /** Until the client closes them. */
  readonly #takes = new Map<number, Take>()
  #reads: GroupRead[] = []
  #waiting = 0

  constructor(groups: FileGroups) {
    this.#groups = groups
  }

  /** Requests that are open. */
  get open(): number {
    return this.#takes.size
  }

  /** Those requests. */
  get numbers(): number[] {
    return [...this.#takes.keys()]
  }

  /** Whether there is something to send. */
  get hasWork(): boolean {
    return this.#waiting > 0 || this.#reads.length > 0
  }

  has(number: number): boolean {
    return this.#takes.has(number)
  }

  /** @throws INVALID_ARGUMENT for what is against the contract */
  want(number: number, digests: Uint8Array): void {
    const count = checkTake(digests)
    if (this.#waiting + count > MAX_TAKEN_AT_ONCE)
      throw new ShoalError('INVALID_ARGUMENT', `At most ${MAX_TAKEN_AT_ONCE} files may be asked for at once.`)
    this.#takes.set(number, { number, digests, count, plan: undefined, next: 0, groups: 0 })
    this.#waiting += count
  }

  /** Nothing more of a request. Harmless for one that is not open. */
  close(number: number): void {
    const take = this.#takes.get(number)
    if (!take) return
    this.#takes.delete(number)
    this.#waiting -= take.count - take.next
    this.#drop((read) => read.file === number)
  }

  /** The group to send now; those after it are being read meanwhile. To be given back with {@link give}. */
  next(): GroupRead | undefined {
    while (this.#reads.length <= READ_AHEAD) {
      const read = this.#start()
      if (!read) break
      this.#reads.push(read)
    }
    return this.#reads.shift()
  }

  give(group: FileGroup): void {
    this.#groups.give(group)
  }

  /** Waits for what is being read. */
  async end(): Promise<void> {
    this.#takes.clear()
    this.#waiting = 0
    const reads = this.#reads.map(({ group }) => group)
    this.#drop(() => true)
    await Promise.allSettled(reads)
  }

  #start(): GroupRead | undefined {
    for (const take of this.#takes.values()) {
      const first = take.next
      if (first === take.count) continue
      take.plan ??= this.#groups.plan(take.digests)
      const end = endOfGroup(take.plan, first)
      take.next = end
      this.#waiting -= end - first
      const group = this.#groups.read(take.plan, first, end)
      // Whoever waits for it hears of a failure; nobody may, when the client leaves first.
      group.catch(() => {})
      const digest = take.digests.subarray(DIGEST_SIZE * first, DIGEST_SIZE * (first + 1))
      return { file: take.number, index: take.groups++, digest, group }
    }
    return undefined
  }

  #drop(isUnwanted: (read: GroupRead) => boolean): void {
    const dropped = this.#reads.filter(isUnwanted)
    this.#reads = this.#reads.filter((read) => !isUnwanted(read))
    for (const { group } of dropped)
      group.then(
        (read) => this.#groups.give(read),
        () => {},
      )
  }
}

function endOfGroup({ places }: GroupPlan, first: number): number {
  let bytes = 0
  let end = first
  for (; end < places.length && end - first < GROUP_FILES; end++) {
    bytes += places[end]?.stat.size ?? 0
    if (bytes > BLOCK_SIZE && end > first) break
  }
  return end
}

/** @returns the number of files */
function checkTake(digests: Uint8Array): number {
  const count = digests.length / DIGEST_SIZE
  if (Number.isInteger(count) && count > 0 && count <= MAX_TAKEN) return count
  throw new ShoalError('INVALID_ARGUMENT', `A request takes 1 to ${MAX_TAKEN} files by 32 bytes each.`)
}
