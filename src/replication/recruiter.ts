import type { Clock } from '../base/clock.ts'
import { type ErrorCode, isErrorCode, toShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'
import { type Random, shuffled } from '../base/random.ts'
import type { ReplicationOptions } from './options.ts'
import { placeCopies, type WillingPeer } from './placement.ts'
import type { CandidatePeer, PeersPort } from './ports.ts'
import type { ReplicaOrder } from './records.ts'
import type { ReplicaCalls } from './replica-calls.ts'
import type { ReplicaSet } from './replica-set.ts'

export interface RecruiterSetup {
  readonly peers: PeersPort
  readonly calls: ReplicaCalls
  readonly clock: Clock
  readonly random: Random
  readonly options: ReplicationOptions
}

/** Peers asked for one set at a time: more would only ask the whole network for a few copies. */
const MAX_ASKED = 40
/** Who was asked too much at once is asked again after this, ms. */
const HURRIED_MS = 2000
/** Answers remembered. */
const MAX_ANSWERS = 10_000

type Answer = { readonly untilMs: number } & (
  | { readonly willing: WillingPeer; roomFiles: number }
  /** Without a size: whatever it is. */
  | { readonly refusal: ErrorCode; readonly leastBytes?: number }
)

/** What came of a search for places. */
export interface Found {
  /** First choice first. */
  readonly chosen: readonly WillingPeer[]
  /** Why the others were not, by error code. */
  readonly refusals: ReadonlyMap<ErrorCode, number>
}

/** Finds peers that would keep copies, and remembers for a while what they said. */
export class Recruiter {
  readonly #setup: RecruiterSetup
  readonly #asking: Limiter
  /** By owner and peer. */
  readonly #answers = new Map<string, Answer>()

  constructor(setup: RecruiterSetup) {
    this.#setup = setup
    this.#asking = new Limiter(setup.options.callsAtOnce)
  }

  /** Looks for so many places for copies of a set's content, beside those that it has. */
  async find(
    set: ReplicaSet,
    wish: {
      readonly count: number
      readonly preferred: readonly string[]
      readonly isOut: (peerId: string) => boolean
    },
    signal: AbortSignal,
  ): Promise<Found> {
    const { peers, random } = this.#setup
    const { order, holders } = set
    const isThere = new Set([order.owner, ...holders.map(({ peerId }) => peerId)])
    const all = peers.candidates().filter(({ peerId }) => !isThere.has(peerId) && !wish.isOut(peerId))
    const first = all.filter(({ peerId }) => wish.preferred.includes(peerId))
    const rest = shuffled(
      random,
      all.filter((peer) => !first.includes(peer)),
    )
    const answers = await Promise.all(
      [...first, ...rest].slice(0, MAX_ASKED).map((peer) => this.#ask(peer, order, signal)),
    )
    const refusals = new Map<ErrorCode, number>()
    const willing: WillingPeer[] = []
    for (const answer of answers) {
      if ('willing' in answer) willing.push(answer.willing)
      else refusals.set(answer.refusal, (refusals.get(answer.refusal) ?? 0) + 1)
    }
    const present = [...isThere].flatMap((peerId) => peers.get(peerId) ?? [])
    const { count, preferred } = wish
    const chosen = placeCopies(willing, { count, sizeBytes: order.sizeBytes, preferred, present }, random)
    for (const { peerId } of chosen) this.#charge(order, peerId)
    return { chosen, refusals }
  }

  /** A peer did not keep what it was asked to: it is left alone for a while. */
  refused({ owner, sizeBytes }: ReplicaOrder, peerId: string, code: ErrorCode): void {
    const isHurried = code === 'RATE_LIMITED' || code === 'BUSY'
    const untilMs = this.#until(isHurried ? HURRIED_MS : this.#setup.options.refusedMs)
    const size = code === 'NO_SPACE' ? { leastBytes: sizeBytes } : {}
    this.#remember(owner, peerId, { refusal: code, untilMs, ...size })
  }

  /** Somebody insists: those who have refused are asked again at once. */
  again(): void {
    for (const [id, answer] of this.#answers) if ('refusal' in answer) this.#answers.delete(id)
  }

  async #ask(peer: CandidatePeer, order: ReplicaOrder, signal: AbortSignal): Promise<Answer> {
    const { clock } = this.#setup
    const known = this.#answers.get(`${order.owner} ${peer.peerId}`)
    if (known && known.untilMs > clock.monotonic()) {
      // What is smaller may fit.
      const isOfOthers =
        'refusal' in known && known.leastBytes !== undefined && order.sizeBytes < known.leastBytes
      if (isOfOthers) return this.#survey(peer, order, signal)
      const isFull = 'willing' in known && (known.roomFiles < 1 || known.willing.roomBytes < order.sizeBytes)
      return isFull ? { refusal: 'NO_SPACE', untilMs: 0 } : known
    }
    return this.#survey(peer, order, signal)
  }

  async #survey(peer: CandidatePeer, order: ReplicaOrder, signal: AbortSignal): Promise<Answer> {
    const { calls, options } = this.#setup
    try {
      const survey = await this.#asking.run(
        () => calls.call(peer, 'survey', { order: order.signed }, signal),
        signal,
      )
      if (!survey.willing) {
        const code = isErrorCode(survey.errorCode) ? survey.errorCode : 'PERMISSION_DENIED'
        this.refused(order, peer.peerId, code)
        return { refusal: code, untilMs: 0 }
      }
      const willing: WillingPeer = {
        ...peer,
        roomBytes: Number(survey.roomBytes),
        uptimeMs: Number(survey.uptimeMs),
        hasContent: survey.hasContent,
      }
      const roomFiles = Number(survey.roomFiles)
      const answer = { willing, roomFiles, untilMs: this.#until(options.surveyMs) }
      // Whether it has this very content is no matter for others.
      this.#remember(order.owner, peer.peerId, { ...answer, willing: { ...willing, hasContent: false } })
      return answer
    } catch (error) {
      if (signal.aborted) throw error
      const { code } = toShoalError(error)
      // An older version does not know of copies.
      const refusal = code === 'NOT_IMPLEMENTED' ? 'PERMISSION_DENIED' : 'UNAVAILABLE'
      this.refused(order, peer.peerId, refusal)
      return { refusal, untilMs: 0 }
    }
  }

  /** What was asked of it just now is not to be had a second time. */
  #charge({ owner, sizeBytes }: ReplicaOrder, peerId: string): void {
    const answer = this.#answers.get(`${owner} ${peerId}`)
    if (!answer || !('willing' in answer)) return
    const willing = { ...answer.willing, roomBytes: answer.willing.roomBytes - sizeBytes }
    this.#remember(owner, peerId, { ...answer, willing, roomFiles: answer.roomFiles - 1 })
  }

  #remember(owner: string, peerId: string, answer: Answer): void {
    const id = `${owner} ${peerId}`
    this.#answers.delete(id)
    if (this.#answers.size >= MAX_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!)
    this.#answers.set(id, answer)
  }

  #until(ms: number): number {
    return this.#setup.clock.monotonic() + ms
  }
}

/** What speaks against more copies, for people. */
export function shortageText({ refusals }: Found, missing: number): string {
  const count = (code: ErrorCode) => refusals.get(code) ?? 0
  const all = [...refusals.values()].reduce((sum, each) => sum + each, 0)
  if (all === 0)
    return `No other peer is known that could keep ${copies(missing)}. Others must run, be known to this node, and allow it (setting replicasFor).`
  const denied = count('PERMISSION_DENIED')
  const full = count('NO_SPACE')
  const silent = count('UNAVAILABLE')
  const parts = [
    ...(denied > 0 ? [`${denied} keep nothing for this owner (their setting replicasFor)`] : []),
    ...(full > 0 ? [`${full} have no room`] : []),
    ...(silent > 0 ? [`${silent} did not answer`] : []),
    ...(all > denied + full + silent ? [`${all - denied - full - silent} refused`] : []),
  ]
  return `${copies(missing)} could not be placed: of ${all} other peers ${parts.join(', ')}.`
}

const copies = (count: number) => (count === 1 ? '1 more copy' : `${count} more copies`)
