/** How far a read has come. This node counts as one that is asked when it is one of the closest. */
export interface ReadProgress {
  /** The closest nodes have been found, or will not be. */
  readonly found: boolean
  readonly asked: number
  /** Said what they have, or that they have nothing. */
  readonly answered: number
  readonly failed: number
  /** Time since the first valid record, ms; undefined while there is none. */
  readonly sinceRecordMs: number | undefined
}

export interface ReadRule {
  /** Longest wait for a newer record than the first, ms. */
  readonly graceMs: number
  /** That most have nothing is answer enough. */
  readonly absentIsEnough: boolean
}

/**
 * Whether the newest record so far is the answer: all have answered; or more than half of the closest have and there is a
 * record; or the first record is older than the grace.
 */
export function isReadOver(progress: ReadProgress, { graceMs, absentIsEnough }: ReadRule): boolean {
  const { found, asked, answered, failed, sinceRecordMs } = progress
  if (found && answered + failed >= asked) return true
  if (sinceRecordMs !== undefined && sinceRecordMs >= graceMs) return true
  return found && answered * 2 > asked && (absentIsEnough || sinceRecordMs !== undefined)
}
