import { create } from '@bufbuild/protobuf'
import type { Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { Emitter } from '../../base/events.ts'
import { randomInt, shuffled } from '../../base/random.ts'
import {
  type FilterUpdate,
  type FloodAnswer,
  type FloodCancel,
  type FloodQuery,
  type GetPeersRequest,
  NeighbourMessageSchema,
  type NeighbourService,
  type PeerNews,
  type ProbeRequest,
  type SignedPeerRecord,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { ServiceImpl } from '../../link/rpc.ts'
import { Caller } from './caller.ts'
import { chooseNeighbours } from './choose-neighbours.ts'
import type { Preference } from './closest.ts'
import type { NeighbourLink } from './neighbour.ts'
import { Neighbours } from './neighbours.ts'
import { News, newsMessage, obituary } from './news.ts'
import { DEFAULT_MEMBERSHIP_OPTIONS, type MembershipOptions } from './options.ts'
import { type PeerRecord, signRecord } from './peer-record.ts'
import { PeerTable } from './peer-table.ts'
import { firstPoint, inZone, labelOf, parentOf, siblingOf, zoneText } from './point.ts'
import { Prober } from './prober.ts'
import type { MembershipSetup, Neighbour, PeerChange, PeerState, PeerView, Zone } from './types.ts'
import { decideZoneBits, initialZoneBits } from './zone-tree.ts'

export type { MembershipSetup, Neighbour, PeerChange, PeerState, PeerView, Seed, Zone } from './types.ts'

/** Flood's messages by their kind. */
export interface FloodMessages {
  query: FloodQuery
  answer: FloodAnswer
  cancel: FloodCancel
  filters: FilterUpdate
}

type Handler = (from: Neighbour, message: FloodMessages[keyof FloodMessages]) => void

/** What is known of a peer from dealing with it. */
interface Note {
  lastSeenMs: number
  latencyMs: number | undefined
  avoidUntilMs: number
}

const MAX_NOTES = 512
const SKEW_MS = 60_000
/** A record that would hold for longer is a mistake or a trick. */
const MAX_TTL_MS = 25 * 3_600_000
const MAX_BATCH = 200
const MAX_RECENT_DEAD = 200
/** Other zones looked through for expired records in a round of gossip. */
const SWEPT_ZONES = 64
/** Peers of whom neighbours are chosen when thousands are known. */
const MAX_CANDIDATES = 64
const TELLING = 8
/** Peers of the own and the sibling zone who are told of a new record by a call each. */
const MAX_KIN = 48
/** With fewer peers known each round of joining looks for more. */
const SMALL_TABLE = 64

/** A node's place among its peers: who is there, who is a neighbour, which zone is its own. */
export class Membership {
  readonly zoneChanges = new Emitter<Zone>()
  readonly neighbourChanges = new Emitter<{ neighbour: Neighbour; up: boolean }>()
  readonly changes = new Emitter<PeerChange>()
  readonly handlers: Pick<ServiceImpl<typeof NeighbourService>, 'ping' | 'getPeers'>
  readonly #setup: MembershipSetup
  readonly #options: MembershipOptions
  readonly #table: PeerTable
  readonly #neighbours: Neighbours
  readonly #news: News
  readonly #prober: Prober
  readonly #caller: Caller
  readonly #notes = new Map<string, Note>()
  readonly #suspects = new Set<string>()
  readonly #disputed = new Set<string>()
  readonly #told = new Map<string, number>()
  readonly #telling = new Set<string>()
  readonly #timers = new Map<string, Timer>()
  readonly #handlersOf = new Map<string, Handler>()
  #recentDead: PeerRecord[] = []
  #record: PeerRecord
  #zone: Zone = { bits: 0, label: 1 }
  #state: 'new' | 'running' | 'stopped' = 'new'
  #stopping: Promise<void> | undefined
  #isDirty = true
  #hasJoined = false
  /** Peers were known before the start. */
  #knewPeers = false
  #joinAttempt = 0
  #repairAttempt = 0
  #gossipRound = 0
  #roleRefusals = 0

  constructor(setup: MembershipSetup) {
    this.#setup = setup
    const { clock, random, links, reader, signer, transport, log } = setup
    this.#options = { ...DEFAULT_MEMBERSHIP_OPTIONS, ...setup.options }
    this.#record = this.#sign({ seq: clock.now() })
    this.#table = new PeerTable(this.#record, random, this.#options)
    this.#caller = new Caller(links, reader, clock, () => this.#record)
    this.#prober = new Prober(clock, this.#options.probeTimeoutMs)
    this.#neighbours = new Neighbours(
      {
        peerId: signer.peerId,
        record: () => this.#record,
        introduce: (peerId, signed) => this.#introduce(peerId, signed),
        others: () => this.#table.sample(8).map(({ signed }) => signed),
        onOthers: (records) => this.#learnAll(this.#caller.readAll(records.slice(0, 16))),
        onUp: (neighbour) => this.#onUp(neighbour),
        onMoved: (neighbour) => {
          this.neighbourChanges.emit({ neighbour, up: false })
          this.neighbourChanges.emit({ neighbour, up: true })
        },
        onDown: (neighbour, ending) => this.#onDown(neighbour, ending === 'broken'),
        onSilent: (neighbour) => void this.#suspect(neighbour.peerId),
        onMessage: (neighbour, message) => this.#onMessage(neighbour, message),
        onDialFailed: (peerId, isRefusal) => {
          this.#note(peerId).avoidUntilMs = clock.monotonic() + (isRefusal ? 5000 : this.#options.avoidMs)
          if (!isRefusal) void this.#suspect(peerId)
          this.#wantRepair()
        },
      },
      transport,
      clock,
      log,
      this.#options,
    )
    this.#news = new News(clock, this.#options.newsMs, () => this.#neighbours.list)
    this.handlers = {
      ping: ({ record }, { peerId }) => {
        if (record) this.#introduce(peerId, record)
        return { record: this.#record.signed }
      },
      getPeers: (request) => this.#getPeers(request),
    }
  }

  get record(): PeerRecord {
    return this.#record
  }

  get zone(): Zone {
    return this.#zone
  }

  /**
   * For a node that has been away for a moment only: the zone in which it was. Whom it is told of before the start knows its present record,
   * too.
   */
  beginIn(bits: number): void {
    if (this.#state !== 'new') return
    this.#zone = { bits, label: labelOf(this.#record.point, bits) }
    this.#table.rezone(this.#zone.label)
    this.#record = this.#sign({})
  }

  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    if (this.#table.size > 0) {
      // Peers are known already: it begins where it belongs.
      this.#hasJoined = true
      this.#knewPeers = true
      const guess =
        this.#zone.bits || initialZoneBits(this.#record.point, this.closest(this.#record.point, 8))
      const bits = this.#settledBits(guess)
      if (bits !== this.#zone.bits || bits === 0) this.#setZone(bits)
      else for (const { peerId } of this.#table.near()) this.#told.set(peerId, this.#record.seq)
    } else {
      this.#renew({})
    }
    this.#neighbours.start()
    this.#after('beat', this.#options.heartbeatMs * (0.5 + this.#setup.random.float()), () => this.#beat())
    this.#after('gossip', this.#options.gossipMs * (0.2 + this.#setup.random.float()), () => this.#gossip())
    this.#after('zone', this.#options.zoneCheckMs * (0.5 + this.#setup.random.float()), () =>
      this.#checkZone(),
    )
    void this.#join()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  neighbours(): readonly Neighbour[] {
    return this.#neighbours.list
  }

  on<K extends keyof FloodMessages>(
    kind: K,
    handler: (from: Neighbour, message: FloodMessages[K]) => void,
  ): void {
    this.#handlersOf.set(kind, handler as Handler)
  }

  learn(record: PeerRecord): boolean {
    return this.#learn(record)
  }

  find(peerId: string): PeerRecord | undefined {
    return this.#table.get(peerId) ?? this.#neighbours.get(peerId)?.record
  }

  isGone(peerId: string): boolean {
    return this.#table.isGone(peerId)
  }

  closest(point: number, limit: number): PeerRecord[] {
    return this.#table.closest(point, limit, this.#preference())
  }

  /** Live members; those that did not fail lately first, then those with a low latency, with a little chance. */
  #preference(): Preference {
    const nowMs = this.#setup.clock.monotonic()
    const oldest = this.#setup.clock.now() - SKEW_MS
    const salt = randomInt(this.#setup.random, 2 ** 32)
    return {
      accepts: (record) => record.role !== 'leaf' && record.expiresMs > oldest,
      rank: ({ peerId, point }) => {
        const note = this.#notes.get(peerId)
        if ((note && note.avoidUntilMs > nowMs) || this.#suspects.has(peerId)) return -1e9
        // One random number a call is enough: it puts peers in another order each time.
        return -(note?.latencyMs ?? 100) - (Math.imul(point ^ salt, 0x9e3779b1) >>> 0) * (20 / 2 ** 32)
      },
    }
  }

  zoneMates(): readonly PeerRecord[] {
    const { label } = this.#zone
    const mates: PeerRecord[] = []
    for (const record of this.#table.near())
      if (record.role !== 'leaf' && inZone(record.point, label)) mates.push(record)
    return mates
  }

  isInOwnZone(point: number): boolean {
    return this.#record.role !== 'leaf' && inZone(point, this.#zone.label)
  }

  estimatedSize(): number {
    if (this.#table.knowsAll) return this.#table.size + 1
    return 2 ** this.#zone.bits * (this.zoneMates().length + 1)
  }

  reportFailure(peerId: string): void {
    this.#note(peerId).avoidUntilMs = this.#setup.clock.monotonic() + this.#options.avoidMs
    void this.#suspect(peerId)
  }

  reportAlive(peerId: string, latencyMs: number): void {
    const note = this.#note(peerId)
    note.lastSeenMs = this.#setup.clock.now()
    note.latencyMs = latencyMs
    note.avoidUntilMs = 0
  }

  list(): PeerView[] {
    const alive = [...this.#table.all()].map((record) =>
      this.#view(record, this.#suspects.has(record.peerId) ? 'suspect' : 'alive'),
    )
    const gone = this.#recentDead.flatMap((record) => {
      const tomb = this.#table.tombstone(record.peerId)
      return tomb ? this.#view(record, tomb.left ? 'left' : 'dead') : []
    })
    return [...alive, ...gone]
  }

  getDebugState(): Record<string, unknown> {
    return {
      state: this.#state,
      role: this.#record.role,
      seq: this.#record.seq,
      zone: zoneText(this.#zone.label),
      zoneMates: this.zoneMates().length,
      peers: this.#table.size,
      knowsAll: this.#table.knowsAll,
      suspects: [...this.#suspects],
      neighbours: this.#neighbours.list.map(({ peerId, latencyMs, degree }) => ({
        peerId,
        latencyMs,
        degree,
      })),
    }
  }

  // --- own record

  #sign(changed: Partial<Pick<PeerRecord, 'seq' | 'role' | 'left'>>): PeerRecord {
    const { signer, self, clock } = this.#setup
    const { name, addresses } = self()
    return signRecord(signer, {
      name,
      addresses: addresses.slice(0, 16),
      role: changed.role ?? this.#record?.role ?? 'member',
      seq: Math.max(changed.seq ?? 0, (this.#record?.seq ?? 0) + 1, clock.now()),
      expiresMs: clock.now() + this.#options.recordTtlMs,
      zoneBits: this.#zone.bits,
      left: changed.left ?? false,
      sinceMs: this.#record?.sinceMs ?? clock.now(),
    })
  }

  /** A new record, told to neighbours now and to the zone and its sibling soon. */
  #renew(changed: Partial<Pick<PeerRecord, 'seq' | 'role' | 'left'>>): void {
    this.#record = this.#sign(changed)
    if (this.#state !== 'running') return
    this.#news.add({ record: this.#record.signed, from: undefined })
    this.#wantTelling()
  }

  // --- learning

  #introduce(peerId: string, signed: SignedPeerRecord | undefined): PeerRecord {
    if (!signed) throw new ShoalError('BAD_RESPONSE', 'A peer came without its record.')
    const record = this.#setup.reader.read(signed)
    if (record.peerId !== peerId)
      throw new ShoalError('BAD_RESPONSE', 'A peer came with the record of another.')
    this.#learn(record, { direct: true })
    this.#note(peerId).lastSeenMs = this.#setup.clock.now()
    return record
  }

  #learnAll(records: readonly PeerRecord[], from?: string): void {
    for (const record of records) this.#learn(record, { from })
  }

  #learn(
    record: PeerRecord,
    { direct = false, from }: { direct?: boolean; from?: string | undefined } = {},
  ): boolean {
    const { clock } = this.#setup
    const { peerId } = record
    if (peerId === this.#record.peerId) {
      // An earlier life of this node, or a copy of its key, told a greater number.
      if (record.seq > this.#record.seq && this.#state === 'running') this.#renew({ seq: record.seq + 1 })
      return false
    }
    const nowMs = clock.now()
    if (record.expiresMs + SKEW_MS < nowMs || record.expiresMs > nowMs + MAX_TTL_MS) return false
    const link = this.#neighbours.get(peerId)
    if (link && record.seq > link.record.seq) link.record = record
    const before = record.left ? this.#table.get(peerId) : undefined
    const novelty = this.#table.learn(record, direct)
    const isRefutation = this.#disputed.size > 0 && novelty === 'newer' && this.#disputed.delete(peerId)
    if (novelty === 'ignored' || novelty === 'stale') return false
    this.#isDirty = true
    if (novelty === 'left') {
      this.#gone(peerId, before ?? record)
      this.#emit(peerId, 'left', record)
    } else {
      if (novelty === 'back') this.#recentDead = this.#recentDead.filter((dead) => dead.peerId !== peerId)
      this.#emit(peerId, 'alive', record)
    }
    if (this.#state !== 'running') return true
    const isForAll = novelty === 'left' || isRefutation || (novelty === 'back' && !direct)
    const isKin = novelty === 'new' && this.#isKin(record.point)
    if (isForAll || (isKin && this.#zone.bits === 0)) this.#news.add({ record: record.signed, from })
    if (isKin || novelty === 'back') this.#wantTelling()
    if (this.#neighbours.expected < this.#options.aimNeighbours) this.#wantRepair(300)
    return true
  }

  /** Of the own zone or its sibling. */
  #isKin(point: number): boolean {
    return inZone(point, parentOf(this.#zone.label))
  }

  #emit(peerId: string, state: PeerState, record: PeerRecord | undefined): void {
    if (this.changes.listenerCount > 0) this.changes.emit({ peerId, state, record })
  }

  #note(peerId: string): Note {
    let note = this.#notes.get(peerId)
    if (!note) {
      note = { lastSeenMs: 0, latencyMs: undefined, avoidUntilMs: 0 }
      this.#notes.set(peerId, note)
      if (this.#notes.size > MAX_NOTES) this.#notes.delete(this.#notes.keys().next().value!)
    }
    return note
  }

  #view(record: PeerRecord, state: PeerState): PeerView {
    const { peerId } = record
    const note = this.#notes.get(peerId)
    const link = this.#neighbours.get(peerId)
    return {
      ...{ record, state },
      isNeighbour: link !== undefined,
      lastSeenMs: note?.lastSeenMs ?? 0,
      latencyMs: link?.latencyMs ?? note?.latencyMs,
      zone: zoneText(labelOf(record.point, record.zoneBits)),
    }
  }

  // --- joining

  async #join(): Promise<void> {
    const { random } = this.#setup
    if (this.#state !== 'running') return
    const { minNeighbours } = this.#options
    const isStuck = this.#neighbours.degree < minNeighbours && this.#joinAttempt > 1
    // Whoever knows enough peers gives them a chance first: seeds are few, and each is asked for all that it knows.
    if (this.#table.size < minNeighbours || isStuck) {
      const seeds = shuffled(random, this.#setup.seeds()).slice(0, 8)
      await Promise.all([...seeds, ...this.#recentDead.slice(-8)].map((seed) => this.#visit(seed)))
      if (this.#state !== 'running') return
    }
    const isSmall = this.#table.size < SMALL_TABLE
    if (this.#table.size > 0 && (isSmall || isStuck || (!this.#knewPeers && this.#joinAttempt % 3 === 0))) {
      await this.#lookUp(this.#record.point)
      if (this.#state !== 'running') return
    }
    if (!this.#hasJoined && this.#table.size > 0) {
      this.#hasJoined = true
      const bits = this.#settledBits(initialZoneBits(this.#record.point, this.closest(this.#record.point, 8)))
      if (bits !== this.#zone.bits) this.#setZone(bits)
    }
    this.#wantTelling()
    this.#wantRepair(0)
    const { joinRetryMs, joinRetryMaxMs } = this.#options
    const waitMs = Math.min(joinRetryMaxMs, joinRetryMs * 2 ** Math.min(10, this.#joinAttempt++))
    // The first rounds come soon after another, because others join at the same time.
    const isDone = this.#joinAttempt > 4 && this.#neighbours.degree >= this.#options.minNeighbours
    if (!isDone) this.#after('join', waitMs * (0.75 + random.float() / 2), () => void this.#join())
    else this.#joinAttempt = 0
  }

  /** Asks a seed who it is, and whom it knows. */
  async #visit(seed: { peerId?: string | undefined; addresses: readonly string[] }): Promise<void> {
    if (seed.peerId === this.#record.peerId || seed.addresses.length === 0) return
    try {
      const { record, latencyMs } = await this.#caller.ping(seed, this.#options.callTimeoutMs)
      if (record.peerId === this.#record.peerId || this.#state !== 'running') return
      this.#learn(record, { direct: true })
      this.reportAlive(record.peerId, latencyMs)
      this.#told.set(record.peerId, this.#record.seq)
      this.#learnAll(await this.#caller.getPeers(record, { limit: 0 }, this.#options.callTimeoutMs))
    } catch (error) {
      this.#setup.log.debug({ err: error, addresses: seed.addresses }, 'a seed did not answer')
    }
  }

  /** Asks those closest to `point` until nobody closer turns up (Kademlia's lookup, three at a time). */
  async #lookUp(point: number): Promise<void> {
    const asked = new Set<string>()
    for (let round = 0; round < 6 && this.#state === 'running'; round++) {
      const next = this.closest(point, 8)
        .filter(({ peerId }) => !asked.has(peerId))
        .slice(0, 3)
      if (next.length === 0) return
      await Promise.all(
        next.map(async (record) => {
          asked.add(record.peerId)
          try {
            this.#learnAll(
              await this.#caller.getPeers(record, { near: point, limit: 64 }, this.#options.callTimeoutMs),
            )
          } catch {
            this.reportFailure(record.peerId)
          }
        }),
      )
    }
  }

  *#peersFor({ near, limit }: GetPeersRequest): Generator<PeerRecord> {
    const most = Math.min(limit || 5000, 5000)
    if (near !== undefined) return yield* this.closest(near, Math.min(most, 256))
    let count = 0
    for (const record of this.#table.all()) {
      if (count++ >= most) return
      yield record
    }
  }

  async *#getPeers(request: GetPeersRequest): AsyncGenerator<{ records: SignedPeerRecord[] }> {
    let records: SignedPeerRecord[] = []
    for (const { signed } of [...this.#peersFor(request)]) {
      records.push(signed)
      if (records.length < MAX_BATCH) continue
      yield { records }
      records = []
    }
    if (records.length > 0) yield { records }
  }

  #wantTelling(): void {
    if (this.#state === 'running') this.#after('tell', 50, () => void this.#tell())
  }

  /** Pings those of the own and the sibling zone who do not know the present record yet. */
  async #tell(): Promise<void> {
    const { seq } = this.#record
    const nowMs = this.#setup.clock.monotonic()
    // The closest are those of the zone when it has split as far as it will; a crowd in a wide one hears of it by and by.
    for (const record of this.#table.closestNear(this.#record.point, MAX_KIN, this.#preference())) {
      if (this.#telling.size >= TELLING) return
      const { peerId } = record
      if ((this.#told.get(peerId) ?? 0) >= seq || this.#telling.has(peerId) || !this.#isKin(record.point))
        continue
      if (record.role === 'leaf' || (this.#notes.get(peerId)?.avoidUntilMs ?? 0) > nowMs) continue
      this.#telling.add(peerId)
      void this.#caller
        .ping(record, this.#options.probeTimeoutMs)
        .then(
          (answer) => {
            this.#told.set(peerId, seq)
            this.reportAlive(peerId, answer.latencyMs)
            this.#learn(answer.record, { direct: true })
          },
          () => this.reportFailure(peerId),
        )
        .then(() => {
          this.#telling.delete(peerId)
          if (this.#telling.size === 0) this.#wantTelling()
        })
    }
  }

  // --- neighbours

  #wantRepair(ms?: number): void {
    if (this.#state !== 'running' || this.#neighbours.expected >= this.#options.aimNeighbours) return
    const waitMs = ms ?? Math.min(5000, 250 * 2 ** Math.min(5, this.#repairAttempt++))
    this.#after('repair', waitMs * (0.75 + this.#setup.random.float() / 2), () => this.#repair())
  }

  #repair(): void {
    const { aimNeighbours, minNeighbours } = this.#options
    const candidates = this.#candidates()
    const chosen = chooseNeighbours(candidates, aimNeighbours - this.#neighbours.expected, this.#setup.random)
    for (const peerId of chosen) {
      const record = this.#table.get(peerId)
      if (record) void this.#neighbours.dial(record)
    }
    if (this.#neighbours.expected < aimNeighbours && this.#table.size > this.#neighbours.expected)
      this.#wantRepair()
    if (this.#neighbours.expected < minNeighbours && !this.#timers.has('join'))
      this.#after('join', this.#options.joinRetryMs, () => void this.#join())
  }

  #candidates(): { peerId: string; latencyMs: number | undefined }[] {
    const nowMs = this.#setup.clock.monotonic()
    const candidates: { peerId: string; latencyMs: number | undefined }[] = []
    // Of a crowd a part is enough, with those whose latency is known.
    const some = this.#table.knowsAll ? this.#table.near() : this.#table.sample(MAX_CANDIDATES)
    const measured = this.#table.knowsAll ? [] : this.#measured()
    for (const { peerId, role } of new Set([...some, ...measured])) {
      if (role === 'leaf' || this.#suspects.has(peerId)) continue
      if (this.#neighbours.get(peerId) || this.#neighbours.isDialling(peerId)) continue
      const note = this.#notes.get(peerId)
      if (note && note.avoidUntilMs > nowMs) continue
      candidates.push({ peerId, latencyMs: note?.latencyMs })
    }
    return candidates
  }

  /** Some of those whose latency is known. */
  #measured(): PeerRecord[] {
    const found: PeerRecord[] = []
    for (const [peerId, { latencyMs }] of this.#notes) {
      const record = latencyMs === undefined ? undefined : this.#table.get(peerId)
      if (record) found.push(record)
      if (found.length >= MAX_CANDIDATES / 2) break
    }
    return found
  }

  #onUp(neighbour: NeighbourLink): void {
    this.#told.set(neighbour.peerId, this.#record.seq)
    if (this.#neighbours.expected >= this.#options.aimNeighbours) this.#repairAttempt = 0
    const dead = this.#recentDead.flatMap(({ peerId }) => {
      const tomb = this.#table.tombstone(peerId)
      return tomb && !tomb.left ? obituary(peerId, tomb.seq) : []
    })
    const some = this.#table.sample(this.#options.gossipRecords).map(({ signed }) => signed)
    neighbour.send(newsMessage([this.#record.signed, ...some], dead))
    this.neighbourChanges.emit({ neighbour, up: true })
    if (!this.#timers.has('role')) this.#after('role', 500, () => void this.#checkRole())
  }

  #onDown(neighbour: NeighbourLink, isBroken: boolean): void {
    this.neighbourChanges.emit({ neighbour, up: false })
    if (this.#state !== 'running') return
    if (isBroken) this.#onBroken(neighbour)
    else this.#note(neighbour.peerId).avoidUntilMs = this.#setup.clock.monotonic() + 5000
    this.#wantRepair(250)
  }

  /** Nobody can call a leaf: it is given the time to come back by itself. */
  #onBroken({ peerId, record }: NeighbourLink): void {
    if (record.role !== 'leaf') return void this.#suspect(peerId, record)
    const { heartbeatMs, missedHeartbeats } = this.#options
    this.#after(`leaf ${peerId}`, heartbeatMs * missedHeartbeats, () => {
      if (!this.#neighbours.get(peerId)) void this.#suspect(peerId, record)
    })
  }

  #onMessage(from: NeighbourLink, message: { case: string | undefined; value?: unknown }): void {
    if (message.case === 'news') this.#onNews(from, message.value as PeerNews)
    else if (message.case === 'probe') void this.#probeFor(from, message.value as ProbeRequest)
    else if (message.case === 'probed') {
      const { id, alive } = message.value as { id: number; alive: boolean }
      this.#prober.onResult(id, alive)
    } else if (message.case)
      this.#handlersOf.get(message.case)?.(from, message.value as FloodMessages['query'])
  }

  // --- life and death

  /** Looks for a peer that did not answer: here, and through others. */
  async #suspect(peerId: string, given?: PeerRecord): Promise<void> {
    const record = this.#table.get(peerId) ?? given
    if (!record || this.#state !== 'running' || this.#suspects.has(peerId) || this.isGone(peerId)) return
    this.#suspects.add(peerId)
    const link = this.#neighbours.get(peerId)
    if (link) link.isSuspect = true
    const sinceMs = this.#setup.clock.monotonic()
    this.#emit(peerId, 'suspect', record)
    const alive = await this.#isAlive(record)
    this.#suspects.delete(peerId)
    if (link) link.isSuspect = false
    if (this.#state !== 'running' || this.isGone(peerId)) return
    // Whatever it said meanwhile counts as well.
    const current = this.#neighbours.get(peerId)
    if (alive || (current && current.heardMs > sinceMs)) {
      this.#emit(peerId, 'alive', record)
      return
    }
    this.#bury(obituary(peerId, this.#table.get(peerId)?.seq ?? record.seq), undefined)
  }

  async #isAlive(record: PeerRecord): Promise<boolean> {
    const { peerId } = record
    const helpers = shuffled(
      this.#setup.random,
      this.#neighbours.list.filter((link) => link.peerId !== peerId && !link.isSuspect),
    ).slice(0, this.#options.probeHelpers)
    const others = helpers.length > 0 ? this.#prober.askOthers(record, helpers) : Promise.resolve(false)
    const own = await this.#reach(record)
    return own || (await others)
  }

  async #reach(record: PeerRecord): Promise<boolean> {
    try {
      const { record: newer, latencyMs } = await this.#caller.ping(record, this.#options.probeTimeoutMs)
      this.reportAlive(record.peerId, latencyMs)
      this.#learn(newer, { direct: true })
      return true
    } catch {
      return false
    }
  }

  async #probeFor(from: NeighbourLink, { id, target }: ProbeRequest): Promise<void> {
    const [record] = target ? this.#caller.readAll([target]) : []
    if (!record || !from.mayClaim(this.#setup.clock.monotonic())) return
    const link = this.#neighbours.get(record.peerId)
    // One who asks about itself wants to know whether it can be called.
    const isHeard =
      link !== undefined &&
      link !== from &&
      this.#setup.clock.monotonic() - link.heardMs < 1.5 * this.#options.heartbeatMs
    const alive = isHeard || (await this.#reach(record))
    from.send(create(NeighbourMessageSchema, { message: { case: 'probed', value: { id, alive } } }))
  }

  #onNews(from: NeighbourLink, { records, dead, wantedZones }: PeerNews): void {
    this.#learnAll(this.#caller.readAll(records.slice(0, MAX_BATCH)), from.peerId)
    for (const one of dead.slice(0, 1000)) this.#onObituary(one, from)
    if (wantedZones.length === 0) return
    const told: SignedPeerRecord[] = []
    for (const label of wantedZones.slice(0, 64)) {
      if (label < 1 || label >= 1 << 13) continue
      for (const record of this.closest(firstPoint(label), 3))
        if (inZone(record.point, label)) told.push(record.signed)
    }
    for (const { signed } of this.#table.sample(this.#options.gossipRecords)) told.push(signed)
    from.send(newsMessage(told))
  }

  #onObituary(one: { peerId: string; seq: bigint }, from: NeighbourLink): void {
    const { peerId } = one
    const seq = Number(one.seq)
    if (!Number.isSafeInteger(seq) || peerId.length > 64) return
    if (!from.mayClaim(this.#setup.clock.monotonic())) return
    if (peerId === this.#record.peerId) {
      if (seq >= this.#record.seq) this.#renew({ seq: seq + 1 })
      else from.send(newsMessage([this.#record.signed]))
      return
    }
    const known = this.#table.get(peerId)
    if (known && known.seq > seq) {
      from.send(newsMessage([known.signed]))
      return
    }
    const link = this.#neighbours.get(peerId)
    if (link && this.#setup.clock.monotonic() - link.heardMs < 2 * this.#options.heartbeatMs) {
      this.#disputed.add(peerId)
      link.send(newsMessage([], [obituary(peerId, seq)]))
      return
    }
    this.#bury(obituary(peerId, seq), from.peerId)
  }

  #bury(one: { peerId: string; seq: bigint } & ReturnType<typeof obituary>, from: string | undefined): void {
    const { peerId } = one
    const record = this.#table.get(peerId)
    if (!this.#table.bury(peerId, { seq: Number(one.seq), left: false })) return
    this.#gone(peerId, record)
    this.#news.add({ dead: one, from })
    this.#emit(peerId, 'dead', record)
  }

  #gone(peerId: string, record: PeerRecord | undefined): void {
    this.#isDirty = true
    this.#told.delete(peerId)
    this.#notes.delete(peerId)
    if (record) this.#recentDead.push(record)
    if (this.#recentDead.length > MAX_RECENT_DEAD) this.#recentDead.shift()
    if (this.#state === 'running') this.#neighbours.cut(peerId)
  }

  // --- what happens again and again

  #after(name: string, ms: number, fn: () => void): void {
    if (this.#state !== 'running' || this.#timers.has(name)) return
    const timer = this.#setup.clock.schedule(() => {
      this.#timers.delete(name)
      if (this.#state === 'running') fn()
    }, ms)
    this.#timers.set(name, timer)
  }

  #beat(): void {
    this.#after('beat', this.#options.heartbeatMs, () => this.#beat())
    this.#neighbours.beat()
    const { name, addresses } = this.#setup.self()
    const isStale = this.#record.expiresMs - this.#setup.clock.now() < this.#options.recordTtlMs / 2
    const isMoved = name !== this.#record.name || addresses.join() !== this.#record.addresses.join()
    if (isStale || isMoved) this.#renew({})
    this.#wantTelling()
    this.#wantRepair()
  }

  #checkZone(): void {
    this.#after('zone', this.#options.zoneCheckMs, () => this.#checkZone())
    if (!this.#isDirty || !this.#hasJoined) return
    this.#isDirty = false
    const { point } = this.#record
    const members = this.#table.around(point).filter(({ role }) => role !== 'leaf')
    const bits = decideZoneBits(point, this.#zone.bits, members, this.#table.knowsAll)
    if (bits === this.#zone.bits) return
    const isWider = bits < this.#zone.bits
    this.#setZone(bits)
    if (!isWider || this.#table.knowsAll) return
    void this.#lookUp(this.#record.point)
    void this.#lookUp(firstPoint(siblingOf(this.#zone.label) || 1))
  }

  /** As many bits as all that is known speaks for, beginning with a guess: a newcomer need not go there bit by bit. */
  #settledBits(guess: number): number {
    const members = [...this.#table.all()].filter(({ role }) => role !== 'leaf')
    let bits = guess
    for (let i = 0; i < 24; i++) {
      const next = decideZoneBits(this.#record.point, bits, members, this.#table.knowsAll)
      if (next === bits) break
      bits = next
    }
    return bits
  }

  #setZone(bits: number): void {
    const label = labelOf(this.#record.point, bits)
    if (label !== this.#zone.label) this.#table.rezone(label)
    this.#zone = { bits, label }
    this.#isDirty = true
    this.#renew({})
    this.zoneChanges.emit(this.#zone)
  }

  #gossip(): void {
    const { random, clock } = this.#setup
    this.#after('gossip', this.#options.gossipMs * (0.75 + random.float() / 2), () => this.#gossip())
    const round = this.#gossipRound++
    const zones = this.#table.nextZones(SWEPT_ZONES)
    for (const records of [this.#table.near(), ...zones.map(([, contacts]) => contacts)])
      for (const record of [...records])
        if (record.expiresMs + SKEW_MS < clock.now() && !this.#neighbours.get(record.peerId))
          this.#table.remove(record)
    const partner = this.#pick(this.#neighbours.list)
    const some = this.#table.sample(this.#options.gossipRecords).map(({ signed }) => signed)
    const wanted: number[] = []
    for (const [label, contacts] of zones) if (contacts.length < 3 && wanted.length < 64) wanted.push(label)
    partner?.send(
      newsMessage([this.#record.signed, ...some], [], wanted.length > 0 ? wanted : [this.#zone.label]),
    )
    const mate = this.#pick(this.zoneMates())
    if (mate) void this.#exchange(mate)
    const dead = this.#pick(this.#recentDead)
    if (dead && !this.#table.tombstone(dead.peerId)?.left) void this.#revisit(dead)
    // A new neighbour now and then keeps the network well mixed; soon after joining it matters most.
    const { aimNeighbours, maxNeighbours } = this.#options
    if ((round < 2 || round % 20 === 0) && this.#neighbours.expected >= aimNeighbours) {
      const next = this.#pick(this.#candidates())
      const record = next && this.#table.get(next.peerId)
      const most = [...this.#neighbours.list].sort((a, b) => b.degree - a.degree)[0]
      if (record && most && this.#neighbours.degree >= maxNeighbours) this.#neighbours.drop(most.peerId)
      if (record) void this.#neighbours.dial(record)
    }
  }

  async #exchange(mate: PeerRecord): Promise<void> {
    try {
      this.#learnAll(
        await this.#caller.getPeers(
          mate,
          { near: this.#record.point, limit: 48 },
          this.#options.callTimeoutMs,
        ),
      )
    } catch {
      this.reportFailure(mate.peerId)
    }
  }

  /** A part of the network may have been cut off and be back: whoever answers is told that it was thought dead. */
  async #revisit(dead: PeerRecord): Promise<void> {
    if (!(await this.#reach(dead)) || this.#state !== 'running') return
    await this.#neighbours.dial(dead)
    this.#neighbours.get(dead.peerId)?.send(newsMessage([], [obituary(dead.peerId, dead.seq)]))
  }

  /** Whether others can call this node decides what it is. */
  async #checkRole(): Promise<void> {
    const helpers = shuffled(this.#setup.random, this.#neighbours.list).slice(0, 2)
    const { addresses } = this.#record
    const isReachable =
      addresses.length > 0 && helpers.length > 0 && (await this.#prober.askOthers(this.#record, helpers))
    if (this.#state !== 'running' || (helpers.length === 0 && addresses.length > 0)) return
    this.#roleRefusals = isReachable ? 0 : this.#roleRefusals + 1
    const role = isReachable
      ? 'member'
      : this.#roleRefusals >= 2 || addresses.length === 0
        ? 'leaf'
        : this.#record.role
    if (role !== this.#record.role) this.#renew({ role })
    const isDoubtful = this.#roleRefusals === 1 && role === 'member'
    this.#after('role', isDoubtful ? 1000 : this.#options.roleCheckMs, () => void this.#checkRole())
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[randomInt(this.#setup.random, items.length)]
  }

  async #stop(): Promise<void> {
    const wasRunning = this.#state === 'running'
    if (wasRunning) this.#record = this.#sign({ left: true })
    this.#state = 'stopped'
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#news.stop()
    if (!wasRunning) return
    const farewell = newsMessage([this.#record.signed])
    for (const neighbour of this.#neighbours.list) neighbour.send(farewell)
    const isNeighbour = (peerId: string) => this.#neighbours.get(peerId) !== undefined
    const mates = this.zoneMates()
      .filter(({ peerId }) => !isNeighbour(peerId))
      .slice(0, 64)
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#setup.clock.schedule(resolve, this.#options.leaveMs)
    void Promise.allSettled(mates.map((mate) => this.#caller.ping(mate, this.#options.leaveMs))).then(() =>
      resolve(),
    )
    await promise
    timer.cancel()
    this.#neighbours.stop()
  }
}
