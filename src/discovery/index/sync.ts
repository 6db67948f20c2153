import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { EntryKey, SharedEntry } from '../../content/entry.ts'
import type { IndexService } from '../../contract/gen/shoal/v1/index_pb.ts'
import type { Client } from '../../link/rpc.ts'
import type { EntrySource } from '../locator.ts'
import { waitFor } from '../wait-for.ts'
import type { IndexLocatorOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { publish, type TellOptions, withdraw } from './publication.ts'
import { isTrackedAtLogin, nextSyncStep } from './sync-plan.ts'

type IndexClient = Pick<Client<typeof IndexService>, 'publish' | 'withdraw'>

export interface IndexSyncSetup {
  readonly source: EntrySource
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options: IndexLocatorOptions
}

/** Keeps what one server holds equal to what the node shares. {@link nextSyncStep} decides; this does it. */
export class IndexSync {
  readonly #source: EntrySource
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Logger
  readonly #options: IndexLocatorOptions
  readonly #outbox: Outbox
  readonly #news = new Emitter<void>()
  #isTracked = false
  #isTelling = false
  /** The name of the state that the server holds; undefined while that is not sure. */
  #held: string | undefined
  /** States to which the outbox holds all that is missing. */
  #known: ReadonlySet<string> = new Set()
  #revision = ''
  #announcedRevision = ''
  #movedMs = -Infinity
  #fullMs = -Infinity
  #totals = { publications: 0, stored: 0, refused: 0 }

  constructor({ source, clock, random, log, options }: IndexSyncSetup) {
    this.#source = source
    this.#clock = clock
    this.#random = random
    this.#log = log
    this.#options = options
    this.#outbox = new Outbox(options.maxQueued)
  }

  announce(entries: readonly SharedEntry[]): void {
    this.#outbox.announce(entries)
    this.#noteChange()
  }

  withdraw(keys: readonly EntryKey[]): void {
    this.#outbox.withdraw(keys)
    this.#noteChange()
  }

  /** True when the server has been told all changes that are known here. */
  get isIdle(): boolean {
    return this.#isTracked && this.#outbox.size === 0 && !this.#outbox.isOverflown && !this.#isTelling
  }

  /** Takes note of the revision that the server says at login that it holds; empty for none. */
  loggedIn(serverRevision: string): void {
    const revision = this.#source.revision()
    const { isOverflown } = this.#outbox
    this.#isTracked = isTrackedAtLogin({ serverRevision, revision, known: this.#known, isOverflown })
    this.#setHeld(this.#isTracked ? serverRevision : undefined)
    if (this.#announcedRevision === '') this.#announcedRevision = revision
  }

  /**
   * Tells the server all that it lacks, again and again, until `signal` aborts or a call fails; then throws. `onBusy` is called before
   * something is told, `onIdle` when nothing is left.
   */
  async run(
    client: IndexClient,
    signal: AbortSignal,
    { onBusy, onIdle }: { onBusy: () => void; onIdle: () => void },
  ): Promise<never> {
    const { window, stallMs } = this.#options
    const how: TellOptions = { window, stallMs, signal, clock: this.#clock, log: this.#log }
    for (;;) {
      signal.throwIfAborted()
      const step = nextSyncStep(this.#view(), this.#options)
      if (step.kind === 'wait') {
        onIdle()
        await waitFor(this.#news, () => true, { clock: this.#clock, timeoutMs: step.ms, signal })
        continue
      }
      if (step.kind !== 'revision') onBusy()
      this.#isTelling = step.kind !== 'revision'
      try {
        if (step.kind === 'everything') await this.#tellEverything(client, how)
        else if (step.kind === 'changes') await this.#tellChanges(client, how)
        else await this.#tellRevision(client, how)
      } finally {
        this.#isTelling = false
      }
    }
  }

  getDebugState(): Record<string, unknown> {
    const { size, isOverflown } = this.#outbox
    return {
      ...{ pending: size, isOverflown, isTracked: this.#isTracked, held: this.#held ?? null },
      ...this.#totals,
    }
  }

  #noteChange(): void {
    this.#announcedRevision = this.#source.revision()
    this.#movedMs = this.#clock.monotonic()
    this.#news.emit()
  }

  #view() {
    const now = this.#clock.monotonic()
    const revision = this.#source.revision()
    if (revision !== this.#revision) {
      this.#revision = revision
      this.#movedMs = now
    }
    return {
      isTracked: this.#isTracked && !this.#outbox.isOverflown,
      pending: this.#outbox.size,
      held: this.#held,
      revision,
      announcedRevision: this.#announcedRevision,
      quietMs: now - this.#movedMs,
      sinceFullMs: now - this.#fullMs,
    }
  }

  async #tellEverything(client: IndexClient, how: TellOptions): Promise<void> {
    this.#isTracked = false
    this.#setHeld(undefined)
    // Before the source is read: what changes meanwhile is told afterwards, once more if need be.
    this.#outbox.reset()
    const before = this.#source.revision()
    this.#announcedRevision = before
    const revision = () => (this.#source.revision() === before ? before : this.#interimName())
    const told = await publish(client, { entries: this.#source.batches(), replace: true, revision }, how)
    this.#count(told)
    this.#isTracked = true
    this.#setHeld(told.revision)
    this.#fullMs = this.#clock.monotonic()
  }

  async #tellChanges(client: IndexClient, how: TellOptions): Promise<void> {
    const changes = this.#outbox.take()
    try {
      // First what is new: a file that moves is never without a path.
      if (changes.announced.length > 0) {
        await this.#under(this.#interimName(), async (revision) => {
          const publication = { entries: [changes.announced], replace: false, revision: () => revision }
          this.#count(await publish(client, publication, how))
        })
      }
      if (changes.withdrawn.length > 0) {
        await this.#under(this.#interimName(), (revision) =>
          withdraw(client, { keys: changes.withdrawn, revision }, how),
        )
      }
    } catch (error) {
      this.#outbox.restore(changes)
      throw error
    }
  }

  async #tellRevision(client: IndexClient, how: TellOptions): Promise<void> {
    await this.#under(this.#announcedRevision, async (revision) => {
      await publish(client, { entries: [], replace: false, revision: () => revision }, how)
    })
  }

  /** Changes the server's state into the one that `name` names; if it fails, the server may be in either. */
  async #under(name: string, tell: (name: string) => Promise<void>): Promise<void> {
    this.#known = new Set([...this.#known, name])
    this.#held = undefined
    await tell(name)
    this.#setHeld(name)
  }

  #setHeld(name: string | undefined): void {
    this.#held = name
    this.#known = new Set(name === undefined ? [] : [name])
  }

  /** A name that no source gives to its state. */
  #interimName(): string {
    return `~${Buffer.from(this.#random.bytes(12)).toString('hex')}`
  }

  #count({ stored, refused }: { stored: number; refused: number }): void {
    this.#totals.publications++
    this.#totals.stored += stored
    this.#totals.refused += refused
  }
}
