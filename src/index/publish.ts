import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { abortable, withDeadline } from '../base/signals.ts'
import { cidToBytes } from '../content/cid.ts'
import type { EntryKey, SharedEntry } from '../content/entry.ts'
import type { IndexStore } from './index-store.ts'
import { INDEX_LIMITS } from './options.ts'
import type { PeerRecord, PeerTable } from './peer-table.ts'
import { Addition, markAfterChange, type PublishBatch, Replacement } from './publication.ts'
import type { RateLimiter } from './token-bucket.ts'
import type { Turns } from './turns.ts'
import { checkRevision, entryProblem, pathProblem } from './validate.ts'

/** What became of one batch. */
export interface PublishAck {
  readonly stored: number
  readonly refused: number
  /** Why, for the first that was refused; empty when none was. */
  readonly reason: string
}

export interface WithdrawBatch {
  readonly keys: readonly EntryKey[]
  readonly revision?: string
}

export interface PublisherContext {
  readonly store: IndexStore
  readonly table: PeerTable
  readonly turns: Turns
  readonly rate: RateLimiter
  readonly clock: Clock
  readonly maxEntries: number
  readonly idleMs: number
}

/** Carries out publications and withdrawals, batch by batch, one after the other for each peer. */
export class Publisher {
  readonly #context: PublisherContext

  constructor(context: PublisherContext) {
    this.#context = context
  }

  /**
   * Stores the batches as they come; each is answered when it is stored. Entries that are not valid are left out and counted.
   *
   * @throws ShoalError CONFLICT without a session, or when a newer publication of the peer takes over; INVALID_ARGUMENT for a batch of
   *   more than 1000 entries; TIMED_OUT when the next batch does not come; the signal's reason
   */
  async *publish(
    peerId: string,
    batches: AsyncIterable<PublishBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<PublishAck> {
    this.#online(peerId)
    const reader = batches[Symbol.asyncIterator]()
    try {
      const first = await this.#next(reader, signal)
      if (!first) return
      const supersede = first.replace === true
      yield* this.#context.turns.run(peerId, { supersede, signal }, (own) =>
        this.#publish(peerId, { first, reader, signal: own }),
      )
    } finally {
      letGo(reader)
    }
  }

  async *#publish(
    peerId: string,
    {
      first,
      reader,
      signal,
    }: { first: PublishBatch; reader: AsyncIterator<PublishBatch>; signal: AbortSignal },
  ): AsyncGenerator<PublishAck> {
    const { store, table, maxEntries } = this.#context
    const context = { store, table, peer: this.#online(peerId), maxEntries }
    const publication = first.replace ? await Replacement.begin(context) : new Addition(context)
    let finished = false
    try {
      for (let batch: PublishBatch | undefined = first; batch; batch = await this.#next(reader, signal)) {
        checkBatch(batch.entries.length + (batch.unreadable?.count ?? 0), batch.revision)
        await this.#pace(peerId, batch.entries.length, signal)
        const { good, refused, reason } = sift(batch)
        this.#touch(peerId, context.peer)
        const { stored, overflow } = await publication.add(good, batch.revision ?? '')
        const full = overflow > 0 ? `A peer may have at most ${maxEntries} entries here.` : ''
        yield { stored, refused: refused + overflow, reason: reason || full }
      }
      signal.throwIfAborted()
      this.#touch(peerId, context.peer)
      finished = true
      await publication.finish()
    } finally {
      if (!finished) publication.abandon()
    }
  }

  /** Takes entries back; each batch is answered with how many were there. Errors as {@link publish}. */
  async *withdraw(
    peerId: string,
    batches: AsyncIterable<WithdrawBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<number> {
    this.#online(peerId)
    const reader = batches[Symbol.asyncIterator]()
    try {
      const first = await this.#next(reader, signal)
      if (!first) return
      yield* this.#context.turns.run(peerId, { supersede: false, signal }, (own) =>
        this.#withdraw(peerId, { first, reader, signal: own }),
      )
    } finally {
      letGo(reader)
    }
  }

  async *#withdraw(
    peerId: string,
    {
      first,
      reader,
      signal,
    }: { first: WithdrawBatch; reader: AsyncIterator<WithdrawBatch>; signal: AbortSignal },
  ): AsyncGenerator<number> {
    const { store, table } = this.#context
    const peer = this.#online(peerId)
    const wasComplete = peer.shelf.complete
    for (let batch: WithdrawBatch | undefined = first; batch; batch = await this.#next(reader, signal)) {
      checkBatch(batch.keys.length, batch.revision)
      await this.#pace(peerId, batch.keys.length, signal)
      this.#touch(peerId, peer)
      const mark = markAfterChange(wasComplete, batch.revision ?? '')
      const keys = batch.keys.filter(isPossibleKey)
      const { removed, shelf } = await store.writer.call('remove', { shelf: peer.shelf.id, keys, mark })
      table.setShelf(peer, shelf)
      yield removed
    }
  }

  /** The next batch; undefined at the end. */
  async #next<T>(reader: AsyncIterator<T>, signal: AbortSignal): Promise<T | undefined> {
    const { clock, idleMs } = this.#context
    using deadline = withDeadline(clock, idleMs, signal)
    const { value, done } = await abortable(reader.next(), deadline.signal)
    return done ? undefined : value
  }

  async #pace(peerId: string, count: number, signal: AbortSignal): Promise<void> {
    const waitMs = this.#context.rate.takeOnCredit(peerId, count)
    if (waitMs > 0) await sleep(this.#context.clock, waitMs, signal)
  }

  #online(peerId: string): PeerRecord {
    const peer = this.#context.table.getOnline(peerId)
    if (!peer) throw new ShoalError('CONFLICT', 'There is no session. Log in first.')
    return peer
  }

  /** A batch is a sign of life too. */
  #touch(peerId: string, peer: PeerRecord): void {
    if (this.#online(peerId) !== peer) throw new ShoalError('CONFLICT', 'The session has ended.')
    this.#context.table.renew(peer)
  }
}

function checkBatch(count: number, revision = ''): void {
  if (count > INDEX_LIMITS.batchEntries) {
    throw new ShoalError('INVALID_ARGUMENT', `A batch has at most ${INDEX_LIMITS.batchEntries} entries.`)
  }
  checkRevision(revision)
}

/** Tells the source that no more is read. Not waited for: a source that never gave the next batch may never end either. */
function letGo(reader: AsyncIterator<unknown>): void {
  Promise.resolve(reader.return?.()).catch(() => undefined)
}

/** Valid entries of a batch, and why others are not. */
function sift({ entries, unreadable }: PublishBatch): {
  good: SharedEntry[]
  refused: number
  reason: string
} {
  const good: SharedEntry[] = []
  let reason = unreadable?.reason ?? ''
  for (const entry of entries) {
    const problem = entryProblem(entry)
    if (problem === undefined) good.push(entry)
    else reason ||= problem
  }
  return { good, refused: entries.length - good.length + (unreadable?.count ?? 0), reason }
}

/** What can never have been published need not be looked up. */
function isPossibleKey({ cid, path }: EntryKey): boolean {
  try {
    cidToBytes(cid)
    return pathProblem(path) === undefined
  } catch {
    return false
  }
}
