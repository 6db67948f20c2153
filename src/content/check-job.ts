import { type ShoalError, toShoalError } from '../base/errors.ts'
import { blocksOf } from './check-blocks.ts'
import { DIGEST_SIZE } from './cid.ts'
import type { BlockCheck, BlockVerdict, CheckedPart, WorkerRequest } from './ingest-types.ts'

/** Blocks somebody wants checked: the work of one call, which a thread may have to leave and another one take up. */
export class CheckJob {
  readonly result: Promise<BlockVerdict[]>
  readonly #checks: readonly BlockCheck[]
  readonly #verdicts: BlockVerdict[] = []
  readonly #settlers = Promise.withResolvers<BlockVerdict[]>()
  readonly #signal: AbortSignal | undefined
  /** Blocks of the first check without a verdict that were read before a thread left, and what they were. */
  #begun: { blocks: number; verdict: BlockVerdict } | undefined
  #leave = newFlag()
  #settled = false

  constructor(checks: readonly BlockCheck[], signal?: AbortSignal) {
    this.#checks = checks
    this.#signal = signal
    this.result = this.#settlers.promise
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (checks.length === 0) this.#end()
  }

  get isSettled(): boolean {
    return this.#settled
  }

  /** So far, one a check. */
  get verdicts(): readonly BlockVerdict[] {
    return this.#verdicts
  }

  /** True when the thread that has it was asked to leave it. */
  get isLeaving(): boolean {
    return Atomics.load(this.#leave, 0) !== 0
  }

  /** The file it is at, for the log. */
  get path(): string {
    return this.#checks[this.#verdicts.length]?.path ?? ''
  }

  /** What a thread has to do: all that is left. */
  request(): Extract<WorkerRequest, { type: 'check' }> {
    this.#leave = newFlag()
    const left = this.#checks.slice(this.#verdicts.length)
    const checks = left.map((check, i) => cut(check, i === 0 ? (this.#begun?.blocks ?? 0) : 0))
    return { type: 'check', checks, leave: this.#leave }
  }

  /** Asks the thread to come back at the next block. */
  leave(): void {
    Atomics.store(this.#leave, 0, 1)
  }

  /** Takes what a thread found; settles when that was all. */
  take(parts: readonly CheckedPart[]): void {
    if (this.#settled) return
    for (const { blocks, verdict } of parts) {
      const check = this.#checks[this.#verdicts.length]!
      const before = this.#begun
      const begun = { blocks: blocks + (before?.blocks ?? 0), verdict: join(before?.verdict, verdict) }
      // What is no longer the file that is known needs no further look.
      const isDone = begun.blocks === blocksOf(check) || begun.verdict.status !== 'read'
      this.#begun = isDone ? undefined : begun
      if (isDone) this.#verdicts.push(begun.verdict)
    }
    if (this.#verdicts.length === this.#checks.length) this.#end()
  }

  fail(error: ShoalError): void {
    if (this.#settled) return
    this.leave()
    this.#settle()
    this.#settlers.reject(error)
  }

  readonly #onAbort = () => this.fail(toShoalError(this.#signal?.reason, 'CANCELLED'))

  #end(): void {
    this.#settle()
    this.#settlers.resolve(this.#verdicts)
  }

  #settle(): void {
    this.#settled = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }
}

const newFlag = () => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** The check without its first blocks. */
function cut(check: BlockCheck, blocks: number): BlockCheck {
  // A copy: a message to a thread carries the whole buffer that a view is of.
  const digests = check.digests.slice(blocks * DIGEST_SIZE)
  return { ...check, first: check.first + blocks, digests }
}

/** The verdict of blocks and of those behind them. */
function join(before: BlockVerdict | undefined, now: BlockVerdict): BlockVerdict {
  if (before?.status !== 'read' || now.status !== 'read') return now
  return {
    status: 'read',
    wrong: [...before.wrong, ...now.wrong],
    unreadable: [...before.unreadable, ...now.unreadable],
  }
}
