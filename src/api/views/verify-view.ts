/** Reading shared files again, as the API sees it. */
export interface VerifyPort {
  /**
   * Verifies everything, or what has these absolute paths and CIDs; joins a verification that goes on. Errors: NOT_FOUND for what
   * is not shared, INVALID_CID.
   */
  start(targets: readonly string[]): Promise<VerifyView>
  state(): VerifyView
  /** Ends it. What is left of it is forgotten, what was found stays until the next one begins. */
  stop(): Promise<VerifyView>
  /** What was found so far, then what happens, until the end. NOT_FOUND when nothing was ever verified. */
  watch(signal: AbortSignal): AsyncIterable<VerifyEvent>
  /** What is wrong, in the order in which it was found, after the first `after`. */
  findings(after: number, limit: number): DamagedView[]
}

/** The verification that goes on, or the last one. */
export interface VerifyView {
  /** idle: there was none. */
  readonly state: 'idle' | 'running' | 'done' | 'stopped'
  /** Done. */
  readonly files: number
  readonly filesTotal: number
  /** Read. */
  readonly bytes: number
  readonly bytesTotal: number
  readonly rateBytesPerSecond: number
  /** Time left at this rate, ms; undefined while it cannot be told. */
  readonly etaMs?: number | undefined
  /** Files with something wrong. */
  readonly damaged: number
  /** Time in which the node worked on it, ms. */
  readonly ms: number
}

/** A file with something wrong. */
export interface DamagedView {
  /** Absolute. */
  readonly path: string
  readonly cid: string
  /** The first of the blocks that are wrong or cannot be read, from 0. */
  readonly blocks: readonly number[]
  /** How many there are. */
  readonly blockCount: number
  /**
   * blocks: some are wrong. changed: none is right, and nothing else tells. Both are withdrawn. unreadable: the disk does not give all of
   * it. missing: it is not there.
   */
  readonly reason: 'blocks' | 'changed' | 'unreadable' | 'missing'
}

export type VerifyEvent =
  | { readonly type: 'progress'; readonly state: VerifyView }
  | { readonly type: 'damaged'; readonly finding: DamagedView }
  /** The last one. */
  | { readonly type: 'ended'; readonly state: VerifyView }
