import type { Clock } from '../base/clock.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import type { ReplicationOptions } from './options.ts'
import type { Partners } from './partners.ts'
import type { SetPlan } from './plan.ts'
import type { FilesPort, Signer } from './ports.ts'
import type { Prover } from './prover.ts'
import type { ReplicaCalls } from './replica-calls.ts'
import { holderOf, type ReplicaKey } from './replica-set.ts'
import type { BookEntry, SetBook } from './set-book.ts'
import type { Tasks } from './tasks.ts'

export interface ProofsSetup {
  readonly signer: Signer
  readonly book: SetBook
  readonly partners: Partners
  readonly calls: ReplicaCalls
  readonly prover: Prover
  readonly files: Pick<FilesPort, 'randomBlock'>
  readonly tasks: Tasks
  readonly clock: Clock
  readonly log: Logger
  readonly options: ReplicationOptions
}

/** Holders asked for blocks at once. */
const PROVING = 2

/** Has holders prove what they keep, now and then. */
export class Proofs {
  readonly #setup: ProofsSetup
  readonly #proving = new Limiter(PROVING)
  readonly #asked = new Set<string>()

  constructor(setup: ProofsSetup) {
    this.#setup = setup
  }

  /** Those whose time it is are asked, unless enough are. */
  ask(key: ReplicaKey, entry: BookEntry, { live }: SetPlan, signal: AbortSignal): void {
    const { signer, tasks, clock, options } = this.#setup
    const isOwn = entry.set.order.owner === signer.peerId
    for (const peerId of live) {
      if (peerId === signer.peerId) continue
      // The owner wants to know at once, and gives the first block away; who repairs has just seen it fetched.
      const holder = holderOf(entry.set, peerId)
      const since = entry.proved[peerId] ?? (isOwn ? 0 : (holder?.addedMs ?? 0))
      if (clock.now() - since < options.proofMs * spread(key, peerId)) continue
      if (this.#proving.waiting > PROVING) return
      const id = `${key} ${peerId}`
      if (this.#asked.has(id)) continue
      this.#asked.add(id)
      const proof = this.#proving.run(() => this.#prove(key, peerId, signal), signal)
      tasks.run(proof.finally(() => this.#asked.delete(id)))
    }
  }

  /** Asks every live holder of a set for a block now. */
  async askAll(key: ReplicaKey, { live }: SetPlan, signal: AbortSignal): Promise<void> {
    await Promise.all(live.map((peerId) => this.#proving.run(() => this.#prove(key, peerId, signal), signal)))
  }

  async #prove(key: ReplicaKey, peerId: string, signal: AbortSignal): Promise<void> {
    const { book, files, prover, calls, log, partners } = this.#setup
    const set = book.get(key)?.set
    const holder = set && holderOf(set, peerId)
    if (!holder || peerId === this.#setup.signer.peerId) return
    const block = await files.randomBlock(set.order.cid)
    if (!block) return
    const proof = await prover.prove(calls.reach(holder), block, signal)
    if (proof === 'unknown') return
    partners.heard(peerId)
    if (proof === 'wrong') log.warn({ cid: set.order.cid, peerId }, 'a holder could not prove its copy')
    book.proved(key, peerId, proof === 'right')
  }
}

/** Each holder at a time of its own, between half and one and a half of the interval. */
function spread(key: ReplicaKey, peerId: string): number {
  let sum = 0
  for (const char of `${key}${peerId}`) sum = (sum * 31 + char.charCodeAt(0)) % 1009
  return 0.5 + sum / 1009
}
