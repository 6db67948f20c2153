import type { ShoalError } from '../base/errors.ts'
import { endingOf, SourceFault } from './source-fault.ts'

/**
 * Why a source gave no more blocks. badHash: wrong bytes. badAnswer: it broke the contract in another way. stalled: it was there and sent nothing. broken: the
 * line broke. refused: it said no. unreachable: it never answered.
 */
export const BLOCK_FAILURES = ['badHash', 'badAnswer', 'stalled', 'broken', 'refused', 'unreachable'] as const
export type BlockFailure = (typeof BLOCK_FAILURES)[number]

/** What was moved since the start; bytes are those of blocks, without what carries them. */
export class TransferTally {
  uploadedBytes = 0
  /** Of them, to peers on the local network. */
  uploadedLanBytes = 0
  /** Verified. */
  downloadedBytes = 0
  downloadedLanBytes = 0
  blocksVerified = 0
  readonly blockFailures: Record<BlockFailure, number> = {
    badHash: 0,
    badAnswer: 0,
    stalled: 0,
    broken: 0,
    refused: 0,
    unreachable: 0,
  }

  /** Bytes of blocks were handed to a line. */
  sent(bytes: number, isLan: boolean): void {
    this.uploadedBytes += bytes
    if (isLan) this.uploadedLanBytes += bytes
  }

  /** Blocks came and were right. */
  verified(bytes: number, blocks: number, isLan: boolean): void {
    this.downloadedBytes += bytes
    if (isLan) this.downloadedLanBytes += bytes
    this.blocksVerified += blocks
  }

  /** A source ended. @param wasOpen it had answered */
  ended(error: ShoalError, wasOpen: boolean): void {
    const failure = failureOf(error, wasOpen)
    if (failure) this.blockFailures[failure]++
  }
}

/** What the error that ended a source counts as; undefined when this side ended it. */
export function failureOf(error: ShoalError, wasOpen: boolean): BlockFailure | undefined {
  switch (endingOf(error).kind) {
    case 'closed':
      return undefined
    case 'banned':
      return error instanceof SourceFault && error.code === 'BAD_BLOCK' ? 'badHash' : 'badAnswer'
    case 'refused':
      return 'refused'
    case 'failed':
      if (!wasOpen) return 'unreachable'
      return error.code === 'TIMED_OUT' ? 'stalled' : 'broken'
  }
}
