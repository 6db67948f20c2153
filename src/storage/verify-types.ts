import type { PathKey } from './catalogue-types.ts'

/** The verification that goes on, or the last one. */
export interface VerifyRun {
  /** Grows with each run. */
  readonly id: number
  readonly state: 'running' | 'done' | 'stopped'
  /** ms since the Unix epoch. */
  readonly startedMs: number
  readonly endedMs: number | undefined
  /** Time in which the node worked on it, ms. */
  readonly activeMs: number
  /** Done. */
  readonly files: number
  readonly filesTotal: number
  /** Read and compared. */
  readonly bytes: number
  readonly bytesTotal: number
  /** Files with something wrong. */
  readonly damaged: number
}

/** Blocks of which something was found: how many, and the first of them, rising. */
export interface BlockTally {
  readonly count: number
  readonly first: readonly number[]
}

/** What was found so far in the ranges of a file that are done. */
export interface FoundBlocks {
  readonly wrong: BlockTally
  readonly unreadable: BlockTally
}

/** A file that is to be verified. */
export interface VerifyFile extends PathKey {
  readonly id: number
  /** Of the content when it was planned. */
  readonly cid: string
  readonly sizeBytes: number
  /** Ranges that are done: one bit each, the first one the highest bit of the first byte; empty when none is. */
  readonly done: Uint8Array
  readonly found: FoundBlocks
}

/** A path to be verified, with all below it. */
export interface VerifyTarget extends PathKey {
  readonly id: number
  /** All its files are in the list. */
  readonly isPlanned: boolean
}

/**
 * blocks: some blocks are wrong. changed: none is right any more, and nothing else tells. unreadable: the disk does not give all of it.
 * missing: it is not there.
 */
export type FindingReason = 'blocks' | 'changed' | 'unreadable' | 'missing'

/** A file with something wrong. */
export interface Finding {
  /** Absolute. */
  readonly path: string
  readonly cid: string
  readonly reason: FindingReason
  /** Blocks that are wrong, or that cannot be read. */
  readonly blockCount: number
  /** The first of them, from 0. */
  readonly blocks: readonly number[]
}

/** What became of a run since the last time. */
export interface VerifyProgress {
  /** Files of which a part is done: all that is done of them by now. */
  readonly parts: readonly Pick<VerifyFile, 'id' | 'done' | 'found'>[]
  /** Files that are done, and those that need not be looked at any more. */
  readonly finished: readonly number[]
  readonly findings: readonly Finding[]
  /** Bytes read since. */
  readonly bytes: number
  /** Bytes of finished files that will not be read. */
  readonly unreadBytes: number
  /** Since the run began. */
  readonly activeMs: number
}
