import type { CopiesMeasure } from '../measures.ts'
import { mean } from '../stats.ts'
import type { ReplicaNode } from './node.ts'
import type { LabReplica } from './world.ts'

interface Seen {
  readonly file: LabReplica
  there: number
  live: number
  stored: number
  mostLive: number
  gap: number
  longestGap: number
  fetchedBefore: number
}

/** Looks at all disks from time to time, and counts. */
export class Observer {
  readonly #nodes: readonly ReplicaNode[]
  readonly #seen: readonly Seen[]
  readonly #everyMs: number
  #samples = 0
  #up = 0

  /** What was fetched before does not count. */
  constructor(nodes: readonly ReplicaNode[], files: readonly LabReplica[], everyMs: number) {
    this.#nodes = nodes
    this.#everyMs = everyMs
    this.#seen = files.map((file) => ({
      ...{ file, there: 0, live: 0, stored: 0, mostLive: 0, gap: 0, longestGap: 0 },
      fetchedBefore: this.#fetched(file),
    }))
  }

  look(): void {
    this.#samples++
    const up = this.#nodes.filter(({ isUp }) => isUp)
    this.#up += up.length / this.#nodes.length
    for (const seen of this.#seen) {
      const { cid } = seen.file.content
      const stored = this.#nodes.filter(({ disk }) => disk.whole.has(cid))
      const live = stored.filter(({ isUp }) => isUp).length
      seen.stored += stored.length
      seen.live += live
      seen.mostLive = Math.max(seen.mostLive, live)
      seen.gap = live > 0 ? 0 : seen.gap + 1
      seen.longestGap = Math.max(seen.longestGap, seen.gap)
      if (live > 0) seen.there++
    }
  }

  /** Share of the time that nodes were there. */
  get up(): number {
    return this.#up / this.#samples
  }

  measures(): CopiesMeasure[] {
    const hours = (this.#samples * this.#everyMs) / 3_600_000
    return [...Map.groupBy(this.#seen, ({ file }) => file.replicas)].map(([replicas, some]) => {
      const shares = some.map(({ there }) => there / this.#samples)
      return {
        ...{ replicas, files: some.length, available: mean(shares), error: standardError(shares) },
        longestGapMs: Math.max(...some.map(({ longestGap }) => longestGap)) * this.#everyMs,
        live: mean(some.map(({ live }) => live / this.#samples)),
        stored: mean(some.map(({ stored }) => stored / this.#samples)),
        mostLive: Math.max(...some.map(({ mostLive }) => mostLive)),
        fetchedPerHour: mean(
          some.map(
            ({ file, fetchedBefore }) =>
              (this.#fetched(file) - fetchedBefore) / file.content.sizeBytes / hours,
          ),
        ),
      }
    })
  }

  #fetched({ content }: LabReplica): number {
    return this.#nodes.reduce((sum, { disk }) => sum + (disk.fetched.get(content.cid) ?? 0), 0)
  }
}

/** Of the mean of `values`, were they independent; 0 of one. */
function standardError(values: readonly number[]): number {
  const middle = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length)
}
