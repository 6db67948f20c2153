import type { Random } from '../../src/base/random.ts'
import { sessionMs } from '../steps/churn.ts'

/** A change of a node's state. */
export interface Turn {
  readonly atMs: number
  readonly isUp: boolean
}

/** How long before the beginning a node's life is drawn from, ms: by then it is as likely to be up as at any other time. */
const PAST_MS = 14 * 24 * 3_600_000

/**
 * When a node comes and goes, from 0 to `untilMs`: sessions as measured, and pauses of the same shape, as long as it takes to be there for the share `up` of the
 * time. The first turn, at 0, says how it begins; that is drawn as at any time of a life that has gone on for long.
 */
export function drawPresence(random: Random, { up, untilMs }: { up: number; untilMs: number }): Turn[] {
  // Pauses are to sessions as the time away is to the time there.
  const pauseScale = up / (1 - up)
  const turns: Turn[] = []
  let isUp = random.float() < up
  let beganMs = -PAST_MS
  while (beganMs < untilMs) {
    const endMs = beganMs + sessionMs(random, isUp ? 1 : pauseScale)
    if (endMs > 0) turns.push({ atMs: Math.max(0, Math.ceil(beganMs)), isUp })
    beganMs = endMs
    isUp = !isUp
  }
  return turns
}
