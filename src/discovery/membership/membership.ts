import { Emitter } from '../../base/events.ts'
import type {
  FilterUpdate,
  FloodAnswer,
  FloodCancel,
  FloodQuery,
  NeighbourService,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { ServiceImpl } from '../../link/rpc.ts'
import { Caller } from './caller.ts'
import type { Core, RecordChange } from './core.ts'
import { Exchange } from './exchange.ts'
import { farewell } from './farewell.ts'
import { Intake } from './intake.ts'
import { Joining } from './joining.ts'
import { Liveness } from './liveness.ts'
import type { NeighbourLink } from './neighbour.ts'
import { type Kind, Neighbours } from './neighbours.ts'
import { News, newsMessage } from './news.ts'
import { Notes } from './notes.ts'
import { DEFAULT_MEMBERSHIP_OPTIONS, type MembershipOptions } from './options.ts'
import { OwnRecord } from './own.ts'
import type { PeerRecord } from './peer-record.ts'
import { PeerTable } from './peer-table.ts'
import { inZone, zoneText } from './point.ts'
import { preferenceOf } from './preference.ts'
import { Prober } from './prober.ts'
import { Repair } from './repair.ts'
import { RoleCheck } from './role-check.ts'
import { Rounds } from './rounds.ts'
import { Telling } from './telling.ts'
import { Timers } from './timers.ts'
import type { MembershipSetup, Neighbour, PeerChange, PeerState, PeerView, Zone } from './types.ts'
import { viewsOf } from './views.ts'
import { ZoneWatch } from './zone-watch.ts'

export type { MembershipSetup, Neighbour, PeerChange, PeerState, PeerView, Seed, Zone } from './types.ts'

/** Flood's messages by their kind. */
export interface FloodMessages {
  query: FloodQuery
  answer: FloodAnswer
  cancel: FloodCancel
  filters: FilterUpdate
}

type Handler = (from: Neighbour, message: FloodMessages[keyof FloodMessages]) => void

/** One who said goodbye or had no room is left alone for so long. */
const REST_MS = 5000
const MAX_RECORDS = 200
const MAX_OBITUARIES = 1000

/** A node's place among its peers: who is there, who is a neighbour, which zone is its own. */
export class Membership {
  readonly zoneChanges = new Emitter<Zone>()
  readonly neighbourChanges = new Emitter<{ neighbour: Neighbour; up: boolean }>()
  readonly changes = new Emitter<PeerChange>()
  /** Answers calls of peers that are no neighbours. */
  readonly handlers: Pick<ServiceImpl<typeof NeighbourService>, 'ping' | 'getPeers'>
  readonly #setup: MembershipSetup
  readonly #options: MembershipOptions
  readonly #own: OwnRecord
  readonly #table: PeerTable
  readonly #neighbours: Neighbours
  readonly #core: Core
  readonly #liveness: Liveness
  readonly #telling: Telling
  readonly #repair: Repair
  readonly #exchange: Exchange
  readonly #rounds: Rounds
  readonly #roleCheck: RoleCheck
  readonly #zoneWatch: ZoneWatch
  readonly #intake: Intake
  readonly #handlersOf = new Map<string, Handler>()
  #joining: Joining | undefined
  #state: 'new' | 'running' | 'stopped' = 'new'
  #stopping: Promise<void> | undefined

  constructor(setup: MembershipSetup) {
    this.#setup = setup
    const { clock, random, links, reader, transport, log } = setup
    this.#options = { ...DEFAULT_MEMBERSHIP_OPTIONS, ...setup.options }
    this.#own = new OwnRecord(setup, this.#options.recordTtlMs)
    this.#table = new PeerTable(this.#own.record, random, this.#options)
    this.#neighbours = new Neighbours(this.#neighboursHost(), transport, clock, log, this.#options)
    const caller = new Caller(links, reader, clock, () => this.#own.record)
    this.#core = this.#makeCore(caller)
    this.#liveness = new Liveness(this.#core, {
      onGone: (peerId) => this.#forget(peerId),
      onOwnObituary: () => this.#roleCheck.want(),
    })
    this.#telling = new Telling(this.#core, () => preferenceOf(this.#core))
    this.#repair = new Repair(this.#core, () => this.#joining?.again())
    this.#exchange = new Exchange(this.#core)
    this.#rounds = new Rounds(this.#core, {
      exchange: this.#exchange,
      liveness: this.#liveness,
      repair: this.#repair,
    })
    this.#roleCheck = new RoleCheck(this.#core)
    const lookUp = (point: number) => void this.#joining?.lookUp(point)
    this.#zoneWatch = new ZoneWatch(this.#core, (bits) => this.#setZone(bits), lookUp)
    this.#intake = new Intake(this.#core, {
      liveness: this.#liveness,
      telling: this.#telling,
      repair: this.#repair,
      zoneWatch: this.#zoneWatch,
    })
    this.handlers = {
      ping: ({ record }, { peerId }) => {
        if (record) this.#intake.introduce(peerId, record)
        return { record: this.record.signed }
      },
      getPeers: (request) => this.#exchange.peers(request),
    }
  }

  /** Own record, as it is now. */
  get record(): PeerRecord {
    return this.#own.record
  }

  get zone(): Zone {
    return this.#own.zone
  }

  /** Before the start: the zone in which the node has been. Its record changes. */
  beginIn(bits: number): void {
    this.#own.setZone(bits)
    this.#table.rezone(this.zone.label)
    this.#own.renew({})
  }

  /** Before the start, after {@link Membership.beginIn}: whom the node has known, see {@link PeerTable.settle}. */
  beginWith(...known: Parameters<PeerTable['settle']>): void {
    this.#table.settle(...known)
    this.#zoneWatch.isDirty = true
  }

  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    const knewPeers = this.#table.size > 0
    this.#joining = new Joining(
      this.#core,
      { onRound: () => this.#onJoinRound(), recentDead: () => this.#liveness.recentDead },
      knewPeers,
    )
    const isElsewhere = this.#zoneWatch.join()
    if (!knewPeers || this.zone.bits === 0) this.#renew({})
    else if (!isElsewhere) for (const { peerId } of this.#table.near()) this.#telling.note(peerId)
    this.#neighbours.start()
    const { random } = this.#setup
    const { heartbeatMs, zoneCheckMs } = this.#options
    const { timers } = this.#core
    timers.after('beat', heartbeatMs * (0.5 + random.float()), () => this.#beat())
    this.#rounds.start(knewPeers)
    timers.after('zone', zoneCheckMs * (0.5 + random.float()), () => this.#checkZone())
    void this.#joining.round()
  }

  /** Announces that the node leaves, to neighbours and zone-mates; takes {@link MembershipOptions.leaveMs} at most. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  neighbours(): readonly Neighbour[] {
    return this.#neighbours.list
  }

  /** Calls `handler` with each message of the kind that a neighbour sends. */
  on<K extends keyof FloodMessages>(
    kind: K,
    handler: (from: Neighbour, message: FloodMessages[K]) => void,
  ): void {
    this.#handlersOf.set(kind, handler as Handler)
  }

  /** Notes a record; true when it was news. */
  learn(record: PeerRecord): boolean {
    return this.#intake.learn(record)
  }

  /** Any peer that is known and not gone. */
  find(peerId: string): PeerRecord | undefined {
    return this.#neighbours.get(peerId)?.record ?? this.#table.get(peerId)
  }

  /** Whether the peer is known to be dead, or to have left. */
  isGone(peerId: string): boolean {
    return this.#table.isGone(peerId)
  }

  /** Live members, those with the longest common prefix with `point` first, of equals those that answered, and soon. */
  closest(point: number, limit: number): PeerRecord[] {
    return this.#table.closest(point, limit, preferenceOf(this.#core))
  }

  /** Live members of the own zone without this node. */
  zoneMates(): readonly PeerRecord[] {
    const { label } = this.zone
    const mates: PeerRecord[] = []
    for (const record of this.#table.near())
      if (record.role !== 'leaf' && inZone(record.point, label)) mates.push(record)
    return mates
  }

  /** False for a leaf. */
  isInOwnZone(point: number): boolean {
    return this.record.role !== 'leaf' && inZone(point, this.zone.label)
  }

  /** Peers in the network, this one included: exact while all are known, otherwise judged by the own zone. */
  estimatedSize(): number {
    if (this.#table.knowsAll) return this.#table.size + 1
    return 2 ** this.zone.bits * (this.zoneMates().length + 1)
  }

  /** A call to the peer failed: it is not preferred for a while, and looked for. */
  reportFailure(peerId: string): void {
    this.#avoid(peerId, this.#options.avoidMs)
    void this.#liveness.suspect(peerId)
  }

  /** A call to the peer succeeded. */
  reportAlive(peerId: string, latencyMs: number): void {
    const note = this.#core.notes.of(peerId)
    note.lastSeenMs = this.#setup.clock.now()
    note.latencyMs = latencyMs
    note.canBeCalled = true
    note.avoidUntilMs = 0
  }

  /** Everybody who is known, and who went lately. */
  list(): PeerView[] {
    return viewsOf(this.#core, this.#liveness.recentDead)
  }

  getDebugState(): Record<string, unknown> {
    const { role, seq } = this.record
    return {
      ...{ state: this.#state, role, seq, zone: zoneText(this.zone.label) },
      zoneMates: this.zoneMates().length,
      peers: this.#table.size,
      knowsAll: this.#table.knowsAll,
      suspects: [...this.#core.suspects],
      neighbours: this.#neighbours.list.map(({ peerId, latencyMs, degree }) => ({
        peerId,
        latencyMs,
        degree,
      })),
    }
  }

  #makeCore(caller: Caller): Core {
    const membership = this
    const { clock } = this.#setup
    return {
      ...{
        setup: this.#setup,
        options: this.#options,
        table: this.#table,
        neighbours: this.#neighbours,
        caller,
      },
      notes: new Notes(),
      prober: new Prober(clock, this.#options.probeTimeoutMs),
      news: new News(clock, this.#options.newsMs, () => this.#neighbours.list),
      timers: new Timers(clock),
      suspects: new Set(),
      get isRunning() {
        return membership.#state === 'running'
      },
      get record() {
        return membership.record
      },
      get zone() {
        return membership.zone
      },
      renew: (change) => this.#renew(change),
      learn: (record, source) => this.#intake.learn(record, source),
      learnAll: (records, from) => this.#intake.learnAll(records, from),
      closest: (point, limit) => this.closest(point, limit),
      zoneMates: () => this.zoneMates(),
      reportAlive: (peerId, latencyMs) => this.reportAlive(peerId, latencyMs),
      reportFailure: (peerId) => this.reportFailure(peerId),
      emit: (peerId, state, record) => this.#emit(peerId, state, record),
    }
  }

  #neighboursHost(): ConstructorParameters<typeof Neighbours>[0] {
    return {
      peerId: this.#setup.signer.peerId,
      record: () => this.record,
      introduce: (peerId, signed) => this.#intake.introduce(peerId, signed),
      others: () => this.#table.sample(8).map(({ signed }) => signed),
      onOthers: (records) => this.#intake.learnAll(this.#core.caller.readAll(records.slice(0, 16))),
      onUp: (neighbour) => this.#onUp(neighbour),
      onMoved: (neighbour) => {
        this.neighbourChanges.emit({ neighbour, up: false })
        this.neighbourChanges.emit({ neighbour, up: true })
      },
      onDown: (neighbour, ending) => this.#onDown(neighbour, ending === 'broken'),
      onSilent: ({ peerId }) => void this.#liveness.suspect(peerId),
      onMessage: (neighbour, message) => this.#onMessage(neighbour, message),
      onDialFailed: (peerId, isRefusal) => {
        this.#avoid(peerId, isRefusal ? REST_MS : this.#options.avoidMs)
        if (!isRefusal) void this.#liveness.suspect(peerId)
        this.#repair.want()
      },
    }
  }

  #avoid(peerId: string, ms: number): void {
    this.#core.notes.of(peerId).avoidUntilMs = this.#setup.clock.monotonic() + ms
  }

  #renew(change: RecordChange): void {
    this.#own.renew(change)
    if (this.#state !== 'running') return
    this.#core.news.add({ record: this.record.signed, from: undefined })
    this.#telling.want()
  }

  #setZone(bits: number): void {
    const before = this.zone.label
    this.#own.setZone(bits)
    if (before !== this.zone.label) this.#table.rezone(this.zone.label)
    this.#zoneWatch.isDirty = true
    this.#renew({})
    this.zoneChanges.emit(this.zone)
  }

  #emit(peerId: string, state: PeerState, record: PeerRecord | undefined): void {
    if (this.changes.listenerCount > 0) this.changes.emit({ peerId, state, record })
  }

  #forget(peerId: string): void {
    this.#zoneWatch.isDirty = true
    this.#telling.forget(peerId)
    this.#core.notes.forget(peerId)
  }

  #onJoinRound(): void {
    this.#zoneWatch.join()
    this.#telling.want()
    this.#repair.want(0)
  }

  #onUp(neighbour: NeighbourLink): void {
    this.#telling.note(neighbour.peerId)
    if (neighbour.opener === this.record.peerId) this.#core.notes.of(neighbour.peerId).canBeCalled = true
    this.#repair.onUp()
    const some = this.#table.sample(this.#options.gossipRecords).map(({ signed }) => signed)
    neighbour.send(newsMessage([this.record.signed, ...some], this.#liveness.obituaries()))
    this.neighbourChanges.emit({ neighbour, up: true })
    this.#roleCheck.want()
  }

  #onDown(neighbour: NeighbourLink, isBroken: boolean): void {
    this.neighbourChanges.emit({ neighbour, up: false })
    if (this.#state !== 'running') return
    if (isBroken) this.#liveness.onBroken(neighbour)
    else this.#avoid(neighbour.peerId, REST_MS)
    this.#repair.want(250)
  }

  #onMessage(from: NeighbourLink, { case: kind, value }: Kind): void {
    if (kind === 'news') {
      this.#intake.learnAll(this.#core.caller.readAll(value.records.slice(0, MAX_RECORDS)), from.peerId)
      for (const one of value.dead.slice(0, MAX_OBITUARIES)) this.#liveness.onObituary(one, from)
      if (value.wantedZones.length > 0) this.#exchange.answer(from, value.wantedZones)
    } else if (kind === 'probe') void this.#liveness.probeFor(from, value)
    else if (kind === 'probed') this.#core.prober.onResult(value.id, value.alive)
    else if (kind) this.#handlersOf.get(kind)?.(from, value as FloodQuery)
  }

  #beat(): void {
    this.#core.timers.after('beat', this.#options.heartbeatMs, () => this.#beat())
    this.#neighbours.beat()
    if (this.#own.isStale) this.#renew({})
    this.#telling.want()
    this.#repair.want()
  }

  #checkZone(): void {
    this.#core.timers.after('zone', this.#options.zoneCheckMs, () => this.#checkZone())
    this.#zoneWatch.check()
  }

  async #stop(): Promise<void> {
    const wasRunning = this.#state === 'running'
    if (wasRunning) this.#own.renew({ left: true })
    this.#state = 'stopped'
    this.#core.timers.stop()
    this.#core.news.stop()
    if (!wasRunning) return
    await farewell(this.#core)
    this.#neighbours.stop()
  }
}
