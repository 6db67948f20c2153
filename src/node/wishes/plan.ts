/** What decides when a wish is searched for. */
export interface WishTurn {
  readonly id: string
  /** Last attempt, ms since the Unix epoch; undefined = none yet. */
  readonly triedMs: number | undefined
  /** Attempts in a row that nobody answered. */
  readonly failures: number
  /** Which part of the spread it waits besides, in [0, 1): so that wishes of many nodes do not go in step. */
  readonly jitter: number
}

export interface WishPace {
  /** From one search of a wish to its next, ms. */
  readonly intervalMs: number
  /** From one search of any wish to the next of any, ms. */
  readonly gapMs: number
  /** Last search of any wish, ms since the Unix epoch; undefined = none yet. */
  readonly lastMs: number | undefined
  /** Nothing is searched before, ms since the Unix epoch. */
  readonly earliestMs: number
}

/** Jitter is at most this part of the wait. */
export const SPREAD = 0.1
/** Failures make the wait longer up to this, ms; or up to the interval when that is longer. */
export const MAX_BACKOFF_MS = 3_600_000

/**
 * The wish whose turn it is next, and when, ms since the Unix epoch, not before `nowMs`. Those that were never searched go first, then whichever is
 * due first. Undefined without wishes.
 */
export function nextTurn(
  turns: readonly WishTurn[],
  pace: WishPace,
  nowMs: number,
): { id: string; atMs: number } | undefined {
  let next: { id: string; dueMs: number } | undefined
  for (const turn of turns) {
    const dueMs = dueAtMs(turn, pace, nowMs)
    if (!next || dueMs < next.dueMs) next = { id: turn.id, dueMs }
  }
  return next && { id: next.id, atMs: Math.max(next.dueMs, openAtMs(pace, nowMs)) }
}

/** When a wish is searched at the earliest, ms since the Unix epoch, not before `nowMs`; later when others go first. */
export function turnAtMs(turn: WishTurn, pace: WishPace, nowMs: number): number {
  return Math.max(dueAtMs(turn, pace, nowMs), openAtMs(pace, nowMs))
}

/** When any wish may be searched, ms since the Unix epoch, not before `nowMs`. */
export function openAtMs({ lastMs, gapMs, earliestMs }: WishPace, nowMs: number): number {
  return Math.max(nowMs, earliestMs, lastMs === undefined || lastMs > nowMs ? nowMs : lastMs + gapMs)
}

/** A time to come is of a clock that was put back since: it says nothing. */
function dueAtMs({ triedMs, failures, jitter }: WishTurn, { intervalMs }: WishPace, nowMs: number): number {
  if (triedMs === undefined) return Number.NEGATIVE_INFINITY
  if (triedMs > nowMs) return nowMs
  const doubled = intervalMs * 2 ** Math.min(Math.max(failures - 1, 0), 30)
  const waitMs = Math.min(doubled, Math.max(intervalMs, MAX_BACKOFF_MS))
  return triedMs + Math.round(waitMs * (1 + SPREAD * jitter))
}
