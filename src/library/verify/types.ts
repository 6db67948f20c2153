import type { Finding, VerifyRun } from '../../storage/verify-types.ts'

/** The verification that goes on, or the last one. */
export interface VerifyState
  extends Pick<VerifyRun, 'files' | 'filesTotal' | 'bytes' | 'bytesTotal' | 'damaged'> {
  /** idle: there was none. */
  readonly state: 'idle' | 'running' | 'done' | 'stopped'
  /** 0 while it does not go on. */
  readonly rateBytesPerSecond: number
  /** Time left at this rate, ms; undefined while it cannot be told. */
  readonly etaMs: number | undefined
  /** Time in which the node worked on it, ms. */
  readonly ms: number
}

/** Something happened in a verification. */
export type VerifyEvent =
  | { readonly type: 'progress'; readonly state: VerifyState }
  | { readonly type: 'damaged'; readonly finding: Finding }
  /** It is over: `state` says whether it is done or was stopped. */
  | { readonly type: 'ended'; readonly state: VerifyState }
