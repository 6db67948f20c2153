import type { Clock, Timer } from '../base/clock.ts'
import { Limiter } from '../base/limiter.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { ValueFacts, ValueStore } from '../storage/value-store.ts'
import type { Copies } from './copies.ts'
import type { Courier } from './courier.ts'
import type { Holder } from './holder.ts'
import { type KeptRecord, mayDrop, offersOf } from './keeper-plan.ts'
import { keyBytes } from './key.ts'
import { type KvOptions, LIFETIME_MS, REPLICAS } from './options.ts'
import type { ClosestNodes, Signer } from './ports.ts'
import { signValue } from './record.ts'

export interface KeeperSetup {
  readonly store: ValueStore
  readonly holder: Holder
  readonly copies: Copies
  readonly courier: Courier
  readonly closest: ClosestNodes
  readonly signer: Signer
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options: Pick<KvOptions, 'keepEveryMs' | 'recordsPerLook' | 'strayMs'>
  readonly stopping: AbortSignal
}

/** Records that are looked at before others get a turn. */
const SLICE = 200
/** Own records that are renewed in one look. */
const RENEW_AT_ONCE = 200
/** Peers that get records at once. */
const COURIERS = 4

/** Looks after what is kept: renews what this node wrote, gives copies to nodes that should have them, and lets go of the rest. */
export class Keeper {
  readonly #setup: KeeperSetup
  /** Since when this node is none of the closest, ms of the steady clock, by key; and in which pass that was last seen. */
  readonly #strays = new Map<string, { sinceMs: number; pass: number }>()
  #pass = 0
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #isStopped = false
  #after = ''
  looks = 0
  renewed = 0
  dropped = 0

  constructor(setup: KeeperSetup) {
    this.#setup = setup
  }

  /** The first look is soon: what was to be renewed while the node was off is late. */
  start(): void {
    this.#arm(Math.min(1000, this.#setup.options.keepEveryMs))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running
  }

  /** One look; waits for the one that is under way and does not begin another. */
  look(): Promise<void> {
    this.#running ??= this.#look()
      .catch((error) => this.#setup.log.warn({ err: error }, 'looking after values failed'))
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  #arm(ms: number): void {
    if (this.#isStopped) return
    const { clock, random, options } = this.#setup
    this.#timer = clock.schedule(async () => {
      await this.look()
      // Not all nodes of a network that was started at once should ask at once.
      this.#arm(options.keepEveryMs * (0.75 + random.float() / 2))
    }, ms)
  }

  async #look(): Promise<void> {
    const { store, clock, options, courier, stopping } = this.#setup
    this.looks++
    store.removeEnded(clock.now(), options.recordsPerLook)
    this.#renew()
    const kept: KeptRecord<ValueFacts>[] = []
    for (let left = options.recordsPerLook; left > 0; left -= SLICE) {
      const page = store.page(this.#after, Math.min(SLICE, left))
      for (const facts of page) kept.push(this.#keptOf(facts))
      this.#after = page.length < Math.min(SLICE, left) ? '' : page.at(-1)!.key
      if (this.#after === '') {
        this.#endPass()
        break
      }
      await new Promise((resolve) => setImmediate(resolve))
      if (stopping.aborted) return
    }
    const couriers = new Limiter(COURIERS)
    await Promise.all(
      offersOf(kept).map((offer) => couriers.run(() => courier.deliver(offer, stopping), stopping)),
    ).catch((error) => {
      if (!stopping.aborted) throw error
    })
    if (!stopping.aborted) for (const record of kept) this.#letGo(record)
  }

  /** All records have been gone through: strays that were not among them are not kept any more. */
  #endPass(): void {
    for (const [key, { pass }] of this.#strays) if (pass !== this.#pass) this.#strays.delete(key)
    this.#pass++
  }

  /** Signs own records that have lived for half of their time anew. The version stays: it is the same value. */
  #renew(): void {
    const { store, holder, signer, clock } = this.#setup
    const now = Math.trunc(clock.now())
    const due = store.ownEndingBefore(now + LIFETIME_MS / 2, RENEW_AT_ONCE)
    const records = due.flatMap((facts) => {
      const record = holder.record(facts)
      if (!record) return []
      const { key, value, version } = record
      return [signValue(signer, { key, value, version, expiresMs: now + LIFETIME_MS })]
    })
    if (records.length === 0) return
    const outcomes = holder.accept(records, { own: true })
    this.renewed += outcomes.filter(({ kind }) => kind === 'stored').length
  }

  #keptOf(head: ValueFacts): KeptRecord<ValueFacts> {
    const { closest, copies, clock } = this.#setup
    const bytes = keyBytes(head.key)
    const isResponsible = closest.isResponsible(bytes, REPLICAS)
    if (isResponsible) this.#strays.delete(head.key)
    else {
      const sinceMs = this.#strays.get(head.key)?.sinceMs ?? clock.monotonic()
      this.#strays.set(head.key, { sinceMs, pass: this.#pass })
    }
    const peers = closest.known(bytes, REPLICAS - (isResponsible ? 1 : 0))
    copies.keepOnly(
      head,
      peers.map(({ peerId }) => peerId),
    )
    return { head, closest: peers, has: (peerId) => copies.has(head, peerId) }
  }

  #letGo({ head, closest, has }: KeptRecord<ValueFacts>): void {
    const { store, clock, copies, options } = this.#setup
    const since = this.#strays.get(head.key)?.sinceMs
    const stray = {
      own: head.own,
      strayMs: since === undefined ? undefined : clock.monotonic() - since,
      closest: closest.length,
      confirmed: closest.filter(({ peerId }) => has(peerId)).length,
    }
    if (!mayDrop(stray, options)) return
    // Only the very record that the others have.
    const now = store.facts(head.key)
    if (now?.version !== head.version || now.expiresMs !== head.expiresMs || now.own) return
    store.remove(head.key)
    copies.forget(head.key)
    this.#strays.delete(head.key)
    this.dropped++
  }

  getDebugState(): Record<string, unknown> {
    const { looks, renewed, dropped } = this
    return { looks, renewed, dropped, strays: this.#strays.size }
  }
}
