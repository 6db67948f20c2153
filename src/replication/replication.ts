import { inBatches } from '../base/batches.ts'
import { type Clock, every, type Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { ReplicaService } from '../contract/gen/shoal/v1/replica_pb.ts'
import { verify as verifySignature } from '../link/peer-id.ts'
import type { Links, ServiceImpl } from '../link/rpc.ts'
import type { KeptRow, ReplicaStore } from '../storage/replica-store.ts'
import { Claims } from './claims.ts'
import { Coordinator } from './coordinator.ts'
import { Exchange } from './exchange.ts'
import { replicaHandlers } from './handlers.ts'
import { Keeper } from './keeper.ts'
import { DEFAULT_REPLICATION_OPTIONS, MAX_HEADS, type ReplicationOptions } from './options.ts'
import { Partners } from './partners.ts'
import { Placer } from './placer.ts'
import type {
  FilesPort,
  KeepSettings,
  OrderedContent,
  PeersPort,
  ReplicaPeer,
  Signer,
  Verify,
} from './ports.ts'
import { Proofs } from './proofs.ts'
import { Prover } from './prover.ts'
import type { Room } from './quota.ts'
import { type ReplicaOrder, signOrder } from './records.ts'
import { Recruiter } from './recruiter.ts'
import { ReplicaCalls } from './replica-calls.ts'
import { concerned, holderOf, leased, type ReplicaKey, type ReplicaSet, replicaKey } from './replica-set.ts'
import { SetBook } from './set-book.ts'
import { Tasks } from './tasks.ts'
import { Teller } from './teller.ts'
import { type ReplicaView, viewOf } from './views.ts'

export type { HolderView, ReplicaView } from './views.ts'

export interface ReplicationSetup {
  /** The node's identity. */
  readonly signer: Signer
  readonly name: string
  readonly store: ReplicaStore
  readonly links: Links
  readonly peers: PeersPort
  readonly files: FilesPort
  readonly settings: () => KeepSettings
  /** Everybody who can call is a member of a private network. */
  readonly isPrivate: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Default: Ed25519 against the key in the PeerId. */
  readonly verify?: Verify
  readonly options?: Partial<ReplicationOptions>
}

/** Changes are told so long after the first one, ms: those that come together go together. */
const NEWS_MS = 100

/** What an owner wants. */
export interface Order {
  /** Copies by others, at least 1. */
  readonly replicas: number
  /** When it ends, ms since the Unix epoch. */
  readonly expiresMs: number
  /** PeerIds that are asked first. */
  readonly preferred?: readonly string[]
}

/** Copies of what this node shares at other peers, and of theirs here. */
export class Replication {
  /** What other peers call here. */
  readonly handlers: ServiceImpl<typeof ReplicaService>
  /** A set is another one, or what is known of its copies: as people are told. Not once it is over and forgotten. */
  readonly changes = new Emitter<ReplicaView>()
  readonly #setup: ReplicationSetup
  readonly #options: ReplicationOptions
  readonly #book: SetBook
  readonly #keeper: Keeper
  readonly #partners: Partners
  readonly #calls: ReplicaCalls
  readonly #exchange: Exchange
  readonly #coordinator: Coordinator
  readonly #placer: Placer
  readonly #proofs: Proofs
  readonly #stopping = new AbortController()
  readonly #startedMs: number
  readonly #timers: Timer[] = []
  /** What peers are to hear of, by PeerId. */
  readonly #news = new Map<string, Set<ReplicaKey>>()
  #telling: Timer | undefined
  readonly #background = new Set<Promise<void>>()

  constructor(setup: ReplicationSetup) {
    this.#setup = setup
    const { signer, store, links, peers, files, settings, isPrivate, clock, random } = setup
    const { verify = verifySignature } = setup
    const log = setup.log.child({ module: 'replication' })
    const options = { ...DEFAULT_REPLICATION_OPTIONS, ...setup.options }
    this.#options = options
    this.#startedMs = clock.monotonic()
    const book = new SetBook({ store, verify, clock, log })
    const sourcesOf = (set: ReplicaSet) => this.#sourcesOf(set)
    const keeper = new Keeper({
      ...{ store, book, files, signer, settings, isPrivate, sourcesOf, clock, log, options },
    })
    const { callTimeoutMs, keepTimeoutMs, checkMs, graceMs } = options
    const partners = new Partners({ clock, graceMs, checkMs, self: signer.peerId })
    const claims = new Claims({ clock, claimMs: options.claimMs })
    const calls = new ReplicaCalls({ links, peers, partners, callTimeoutMs, keepTimeoutMs })
    const tasks = new Tasks()
    const teller = new Teller({ self: signer.peerId, book, partners, exchange: () => exchange })
    const recruiter = new Recruiter({ peers, calls, clock, random, options })
    const placer = new Placer({
      ...{ signer, verify, book, partners, claims, calls, recruiter, teller, tasks },
      ...{ peers, clock, log, options },
    })
    const prover = new Prover({ links, clock, log, timeoutMs: 4 * callTimeoutMs })
    const proofs = new Proofs({
      ...{ signer, book, partners, calls, prover, files, tasks, clock, log, options },
    })
    const coordinator: Coordinator = new Coordinator({
      ...{ signer, verify, book, keeper, partners, claims, placer, proofs, teller, tasks },
      ...{ peers, clock, options, exchange: () => exchange },
    })
    const exchange: Exchange = new Exchange({
      ...{ signer, verify, book, keeper, partners, calls, clock, log, options },
      ownAddresses: () => peers.ownAddresses(),
      onHead: (key, peerId, head) => coordinator.heard(key, peerId, head),
      onOut: (holder, set) => {
        if (!partners.isGone(holder.peerId))
          this.#inBackground(exchange.tell(holder, [set], this.#stopping.signal))
      },
    })
    this.#book = book
    this.#keeper = keeper
    this.#partners = partners
    this.#calls = calls
    this.#exchange = exchange
    this.#coordinator = coordinator
    this.#placer = placer
    this.#proofs = proofs
    this.handlers = replicaHandlers({
      ...{ signer, verify, book, keeper, partners, claims, exchange, clock },
      uptimeMs: () => clock.monotonic() - this.#startedMs,
    })
    book.changes.on((key) => this.#changed(key))
    // Whoever looks after the set waits for it.
    keeper.changes.on((key) => this.#tellPartners(key))
  }

  /** Begins to look after copies, and goes on fetching. The server, downloads and library run already. */
  start(): void {
    const { clock } = this.#setup
    const { checkMs } = this.#options
    const { signal } = this.#stopping
    this.#keeper.start()
    this.#timers.push(
      every(clock, Math.min(1000, checkMs / 4), () => this.#coordinator.look(signal)),
      every(clock, checkMs / 2, () => this.#keeper.look()),
      every(clock, checkMs, () => this.#round()),
    )
    // Whoever was away hears soon what has changed meanwhile.
    this.#timers.push(clock.schedule(() => void this.#round(), Math.min(1000, checkMs / 2)))
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#telling?.cancel()
    this.#stopping.abort(new ShoalError('CANCELLED', 'The node is stopping.'))
    await this.#keeper.stop()
    await Promise.all([...this.#background, this.#coordinator.settled()])
  }

  /** Settings have changed. */
  changed(): void {
    this.#keeper.look()
  }

  /**
   * Makes an order, or changes the one that there is. Places are looked for in the background.
   *
   * @throws ShoalError BUSY when there are too many orders; IO
   */
  push(
    content: OrderedContent,
    { replicas, expiresMs, preferred = [] }: Order,
  ): { view: ReplicaView; created: boolean } {
    const { signer, clock, peers } = this.#setup
    const key = replicaKey({ owner: signer.peerId, cid: content.cid })
    const before = this.#book.get(key)
    const order = this.#sign(content, { replicas, expiresMs: Math.trunc(expiresMs) }, before?.set.order)
    const set: ReplicaSet = before
      ? { ...before.set, order }
      : {
          ...{ order, version: Math.trunc(clock.now()), coordinator: signer.peerId, holders: [] },
          ownerAddresses: [...peers.ownAddresses()],
        }
    this.#book.put(set, { preferred })
    this.#coordinator.hurry(key, this.#stopping.signal)
    if (before) this.#tellPartners(key)
    const created = before === undefined || before.set.order.replicas === 0
    return { view: this.#view(key)!, created }
  }

  /**
   * Ends an order. Resolves when those who are there were told; the others are told when they are back.
   *
   * @throws ShoalError NOT_FOUND
   */
  async unpush(cid: string, signal: AbortSignal): Promise<{ told: number; untold: number }> {
    const { signer } = this.#setup
    const key = replicaKey({ owner: signer.peerId, cid })
    const { set } = this.#own(key)
    const { order } = set
    const ended = this.#sign(order, { replicas: 0, expiresMs: order.expiresMs }, order)
    this.#book.put({ ...set, order: ended })
    const { holders } = set
    const now = this.#book.get(key)!.set
    await Promise.all(holders.map((holder) => this.#exchange.tell(holder, [now], signal)))
    const isUntold = (peerId: string) => {
      const entry = this.#book.get(key)
      return entry && holderOf(entry.set, peerId) && entry.heard.get(peerId)?.status !== 'none'
    }
    const told = holders.filter(({ peerId }) => !isUntold(peerId)).length
    this.#coordinator.look(this.#stopping.signal)
    return { told, untold: holders.length - told }
  }

  /** This node's orders, and those for which it keeps something; newest first. */
  list(): ReplicaView[] {
    return [...this.#book.entries()]
      .flatMap(([key]) => this.#view(key) ?? [])
      .sort((a, b) => b.createdMs - a.createdMs)
  }

  /** Own orders that last and those of them that are short; copies kept for others. */
  counts(): { ordered: number; short: number; kept: number; keptBytes: number } {
    const { signer, clock } = this.#setup
    let [ordered, short] = [0, 0]
    for (const [, entry] of this.#book.entries()) {
      const { owner, replicas, expiresMs } = entry.set.order
      if (owner !== signer.peerId || replicas === 0 || expiresMs <= clock.now()) continue
      ordered++
      if (this.#coordinator.plan(entry).live.length < replicas) short++
    }
    const { files, bytes } = this.#keeper.total
    return { ordered, short, kept: files, keptBytes: bytes }
  }

  /** The orders for one CID, this node's own first. */
  get(cid: string): ReplicaView[] {
    const rank = ({ role }: ReplicaView) => (role === 'owner' ? 0 : 1)
    return this.list()
      .filter((view) => view.cid === cid)
      .sort((a, b) => rank(a) - rank(b))
  }

  /** Asks those who keep a copy for a random block each. @throws ShoalError NOT_FOUND; CONFLICT when the content is not here to compare */
  async prove(cid: string, signal: AbortSignal): Promise<ReplicaView> {
    const [view] = this.get(cid)
    if (!view) throw noOrder(cid)
    if (!(await this.#setup.files.randomBlock(cid)))
      throw new ShoalError('CONFLICT', 'What is to be proved is not here, and so cannot be compared.')
    const key = replicaKey(view)
    const entry = this.#book.get(key)
    if (entry) await this.#proofs.askAll(key, this.#coordinator.plan(entry), signal)
    return this.#view(key) ?? view
  }

  /** What is kept here, for others and on purpose. */
  kept(): {
    readonly total: Room
    readonly rows: readonly (KeptRow & { leaseExpiresMs: number | undefined })[]
  } {
    const rows = this.#keeper.rows().map((row) => {
      const lease = row.owner === '' ? undefined : this.#keeper.lease(replicaKey(row))
      return { ...row, leaseExpiresMs: lease?.expiresMs }
    })
    return { total: this.#keeper.total, rows }
  }

  /** Keeps something on purpose, fetching it if it is not here. */
  pin(content: Omit<OrderedContent, 'kind'>): KeptRow {
    return this.#keeper.pin(content)
  }

  /** @throws ShoalError NOT_FOUND */
  unpin(cid: string): void {
    this.#keeper.unpin(cid)
  }

  isPinned(cid: string): boolean {
    return this.#keeper.isPinned(cid)
  }

  getDebugState(): Record<string, unknown> {
    const { bytes, files } = this.#keeper.total
    return { sets: this.#book.size, keptBytes: bytes, keptFiles: files }
  }

  async #round(): Promise<void> {
    const { signal } = this.#stopping
    await this.#inBackground(this.#exchange.round(signal))
    if (!signal.aborted) this.#coordinator.look(signal)
  }

  /** Never rejects. */
  #inBackground(work: Promise<void>): Promise<void> {
    const task = work.catch(() => {}).finally(() => this.#background.delete(task))
    this.#background.add(task)
    return task
  }

  #sign(
    content: OrderedContent,
    { replicas, expiresMs }: { replicas: number; expiresMs: number },
    before: ReplicaOrder | undefined,
  ): ReplicaOrder {
    const { signer, clock } = this.#setup
    const { cid, name, kind, sizeBytes } = content
    const version = Math.max(Math.trunc(clock.now()), (before?.version ?? 0) + 1)
    return signOrder(signer, { cid, name, kind, sizeBytes, replicas, expiresMs, version })
  }

  #own(key: ReplicaKey) {
    const entry = this.#book.get(key)
    if (!entry || entry.set.order.replicas === 0) throw noOrder(key.split(' ')[1]!)
    return entry
  }

  #view(key: ReplicaKey): ReplicaView | undefined {
    const entry = this.#book.get(key)
    if (!entry) return undefined
    const { signer, name, peers, clock } = this.#setup
    const plan = this.#coordinator.plan(entry)
    const effort = this.#placer.effort(key)
    return viewOf({
      ...{ self: signer.peerId, selfName: name, entry, plan, effort, peers },
      ...{ partners: this.#partners, nowMs: clock.now() },
    })
  }

  #changed(key: ReplicaKey): void {
    const view = this.changes.listenerCount > 0 ? this.#view(key) : undefined
    if (view) this.changes.emit(view)
  }

  /** Exchanges with those concerned a moment later, about all that has changed by then. */
  #tellPartners(key: ReplicaKey): void {
    const { signer, clock } = this.#setup
    const set = this.#book.get(key)?.set
    if (!set) return
    for (const peerId of new Set([set.coordinator, ...concerned(set)])) {
      if (peerId === signer.peerId) continue
      const keys = this.#news.get(peerId) ?? new Set()
      this.#news.set(peerId, keys.add(key))
    }
    this.#telling ??= clock.schedule(() => {
      this.#telling = undefined
      this.#tellNews()
    }, NEWS_MS)
  }

  #tellNews(): void {
    const { signal } = this.#stopping
    const news = [...this.#news]
    this.#news.clear()
    for (const [peerId, keys] of news) {
      if (signal.aborted || this.#partners.isGone(peerId)) continue
      for (const some of inBatches(keys, () => 1, { items: MAX_HEADS, size: MAX_HEADS }))
        this.#inBackground(this.#exchange.about(peerId, some, signal))
    }
  }

  /** Who has the content, as far as the set tells. */
  #sourcesOf(set: ReplicaSet): ReplicaPeer[] {
    const { signer, clock } = this.#setup
    const owner = { peerId: set.order.owner, name: '', addresses: set.ownerAddresses }
    return [owner, ...leased(set, clock.now())]
      .filter(({ peerId }) => peerId !== signer.peerId)
      .map((peer) => this.#calls.reach(peer))
  }
}

const noOrder = (cid: string) =>
  new ShoalError('NOT_FOUND', `No copies of ${cid} are ordered here. Order some with: shoal push ${cid}`)
