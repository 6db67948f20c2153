import type { KeepSettings } from './ports.ts'

/** What is kept for somebody, as far as it matters when there is too much. */
export interface ShrinkFacts {
  readonly id: string
  readonly owner: string
  readonly sizeBytes: number
  /** It is kept for this owner no more, whatever room there is. */
  readonly isUnwelcome: boolean
  /** Kept on purpose: never let go of. */
  readonly isPinned: boolean
  /** Live copies elsewhere. */
  readonly otherCopies: number
  readonly keptSinceMs: number
}

type Limits = Pick<KeepSettings, 'maxBytes' | 'maxFiles' | 'maxBytesPerPeer' | 'maxFilesPerPeer'>

/**
 * What has to go so that the rest is within the limits: what is unwelcome, then of owners who have too much, then of all; what is kept elsewhere most often first,
 * what came last before what has been here for long. Nothing that is pinned, even if too much is left then.
 *
 * @returns ids
 */
export function chooseLeaving(kept: readonly ShrinkFacts[], limits: Limits): Set<string> {
  const leaving = new Set(
    kept.filter(({ isUnwelcome, isPinned }) => isUnwelcome && !isPinned).map(({ id }) => id),
  )
  const staying = () => kept.filter(({ id }) => !leaving.has(id))
  const shed = (some: readonly ShrinkFacts[], maxBytes: number, maxFiles: number) => {
    let bytes = some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    let files = some.length
    for (const each of some.filter(({ isPinned }) => !isPinned).sort(dispensableFirst)) {
      if (bytes <= maxBytes && files <= maxFiles) return
      leaving.add(each.id)
      bytes -= each.sizeBytes
      files--
    }
  }
  for (const mine of Map.groupBy(staying(), ({ owner }) => owner).values())
    shed(mine, limits.maxBytesPerPeer, limits.maxFilesPerPeer)
  shed(staying(), limits.maxBytes, limits.maxFiles)
  return leaving
}

const dispensableFirst = (a: ShrinkFacts, b: ShrinkFacts): number =>
  b.otherCopies - a.otherCopies || b.keptSinceMs - a.keptSinceMs
