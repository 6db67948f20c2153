import type { Clock } from '../base/clock.ts'
import { ERRORS, type ErrorCode, ShoalError } from '../base/errors.ts'
import type { Copies } from './copies.ts'
import type { Holder, Outcome } from './holder.ts'
import { LIFETIME_MS } from './options.ts'
import { nextVersion } from './order.ts'
import type { KvPeer, Signer } from './ports.ts'
import { signValue, sizeOf, type ValueRecord } from './record.ts'
import type { Survey } from './survey.ts'
import type { ValueCalls } from './value-calls.ts'

/** A value that was put. */
export interface PutResult {
  readonly key: string
  readonly version: number
  /** PeerId of this node. */
  readonly writer: string
  /** Ms since the Unix epoch. */
  readonly expiresMs: number
  /** Nodes that keep it, this one too when it is one of the closest or alone. */
  readonly replicas: number
}

export interface PutterSetup {
  readonly signer: Signer
  readonly holder: Holder
  readonly copies: Copies
  readonly calls: ValueCalls
  readonly clock: Clock
  /** Longest wait for more copies after the first, ms. */
  readonly graceMs: number
  /** Aborts when the store stops. */
  readonly stopping: AbortSignal
  readonly survey: (key: string) => Survey
}

/** Somebody may write the same key at the same moment; with each attempt this is above what he wrote. */
const MAX_ATTEMPTS = 3

/** Writes values: finds the newest version, signs the next one, and stores it at the closest nodes. */
export class Putter {
  readonly #setup: PutterSetup

  constructor(setup: PutterSetup) {
    this.#setup = setup
  }

  /** @throws ShoalError NO_SPACE, CONFLICT, UNAVAILABLE, or what the nodes refused it with; the signal's reason */
  async put(key: string, value: Uint8Array, signal: AbortSignal): Promise<PutResult> {
    const { signer, holder, clock } = this.#setup
    const survey = this.#setup.survey(key)
    const cancel = () => survey.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      await survey.over
    } finally {
      signal.removeEventListener('abort', cancel)
    }
    let found = survey.best?.version
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      const now = Math.trunc(clock.now())
      const version = nextVersion(found, now)
      const record = signValue(signer, { key, value, version, expiresMs: now + LIFETIME_MS })
      if (!holder.hasOwnRoom(key, sizeOf(record))) throw noRoom()
      const { stored, newer, refusals } = await this.#storeAt(survey.targets, record)
      if (newer !== undefined && attempt < MAX_ATTEMPTS) {
        found = newer
        continue
      }
      if (newer !== undefined)
        throw new ShoalError('CONFLICT', 'Others are putting newer values at this moment. Try again.')
      if (survey.targets.length > 0 && stored === 0) throw refused(refusals, survey.targets.length)
      const [kept] = holder.accept([record], { own: true })
      if (kept?.kind !== 'stored' && kept?.kind !== 'same') throw keptWrong(kept)
      const counts = survey.isResponsible || survey.targets.length === 0
      const { writer, expiresMs } = record
      return { key, version, writer, expiresMs, replicas: stored + (counts ? 1 : 0) }
    }
  }

  /** Sends the record to all at once. Resolves when all have answered, or a while after the first that stored it. */
  async #storeAt(targets: readonly KvPeer[], record: ValueRecord) {
    const { calls, copies, clock, graceMs, stopping } = this.#setup
    const refusals: ErrorCode[] = []
    let stored = 0
    let newer: number | undefined
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timers: { cancel(): void }[] = []
    const note = (outcome: Outcome | undefined, peerId: string) => {
      if (!outcome) return
      if (outcome.kind === 'stored' || outcome.kind === 'same') {
        copies.note(record, peerId)
        if (++stored === 1) timers.push(clock.schedule(resolve, graceMs))
      } else if (outcome.kind === 'newer') newer = Math.max(newer ?? 0, outcome.version)
      else refusals.push(outcome.code)
    }
    const calling = targets.map(async (peer) => {
      try {
        const [outcome] = await calls.store(peer, [record], stopping)
        note(outcome, peer.peerId)
      } catch (error) {
        if (error instanceof ShoalError) refusals.push(error.code)
      }
    })
    await Promise.race([Promise.all(calling), late])
    for (const timer of timers) timer.cancel()
    return { stored, newer, refusals: [...refusals] }
  }
}

/** The most telling of what the nodes said: that there is no room before that they are busy, and that before silence. */
function refused(refusals: readonly ErrorCode[], asked: number): ShoalError {
  const nodes = asked === 1 ? 'The node closest to the key' : `The ${asked} nodes closest to the key`
  if (refusals.includes('NO_SPACE'))
    return new ShoalError('NO_SPACE', `${nodes} had no room for it, or none for more values of this node.`)
  const code = refusals.find((each) => ERRORS[each].http === 429 || each === 'INVALID_ARGUMENT')
  if (code === 'INVALID_ARGUMENT')
    return new ShoalError('CONFLICT', `${nodes} refused it. Is the clock of this machine right?`)
  if (code) return new ShoalError(code)
  return new ShoalError('UNAVAILABLE', `${nodes} could not be reached, so it is not stored.`)
}

const noRoom = () =>
  new ShoalError(
    'NO_SPACE',
    'One node may keep 1000 values and 4 MiB in the network, and this one has that many. It renews what it put as long as it runs.',
  )

function keptWrong(kept: Outcome | undefined): ShoalError {
  if (kept?.kind === 'refused') return kept.code === 'NO_SPACE' ? noRoom() : new ShoalError(kept.code)
  return new ShoalError('CONFLICT', 'A newer value came while this one was put. It stays.')
}
