import { create } from '@bufbuild/protobuf'
import { shuffled } from '../../base/random.ts'
import {
  NeighbourMessageSchema,
  type Obituary,
  type ProbeRequest,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { isMultiaddr } from '../../link/address.ts'
import type { Core } from './core.ts'
import type { NeighbourLink } from './neighbour.ts'
import { newsMessage, obituary } from './news.ts'
import type { PeerRecord } from './peer-record.ts'
import type { Seed } from './types.ts'

const MAX_RECENT_DEAD = 200

export interface LivenessHost {
  onGone(peerId: string): void
  /** Somebody thinks that this node is dead: perhaps it cannot be called any more. */
  onOwnObituary(): void
}

/**
 * Who lives and who does not: suspects are looked for here and through others, who is found by nobody is buried, and who lives
 * refutes it (SWIM, https://doi.org/10.1109/DSN.2002.1028914).
 */
export class Liveness {
  readonly #core: Core
  readonly #host: LivenessHost
  readonly #disputed = new Set<string>()
  #recentDead: PeerRecord[] = []
  #returned = 0

  constructor(core: Core, host: LivenessHost) {
    this.#core = core
    this.#host = host
  }

  /** The peers that went last, as they were. */
  get recentDead(): readonly PeerRecord[] {
    return this.#recentDead
  }

  /** How many that were thought gone have come back since this was asked last. */
  takeReturned(): number {
    const returned = this.#returned
    this.#returned = 0
    return returned
  }

  /** Looks for a peer that did not answer; `given`: its record, if it was a neighbour just now. */
  async suspect(peerId: string, given?: PeerRecord): Promise<void> {
    const { table, suspects, neighbours, notes, setup } = this.#core
    // A full table may have let go of the latest record: an obituary of an older one would be refuted by everybody.
    const record = newest(table.get(peerId), neighbours.get(peerId)?.record, given)
    if (!record || !this.#core.isRunning || suspects.has(peerId) || table.isGone(peerId)) return
    const link = neighbours.get(peerId)
    // Who could never be called may be behind NAT and not know it yet; whether it lives is for its neighbours to say.
    if (!link && !given && !notes.peek(peerId)?.canBeCalled) return
    suspects.add(peerId)
    if (link) link.isSuspect = true
    const sinceMs = setup.clock.monotonic()
    this.#core.emit(peerId, 'suspect', record)
    const alive = await this.#isAlive(record)
    suspects.delete(peerId)
    if (link) link.isSuspect = false
    if (!this.#core.isRunning || table.isGone(peerId)) return
    // Whatever it said meanwhile counts as well.
    const current = neighbours.get(peerId)
    if (alive || (current && current.heardMs > sinceMs)) {
      this.#core.emit(peerId, 'alive', record)
      return
    }
    this.#bury(obituary(peerId, Math.max(record.seq, table.get(peerId)?.seq ?? 0)), undefined)
  }

  /** A stream broke. Nobody can call a leaf: it is given the time to come back by itself. */
  onBroken({ peerId, record }: NeighbourLink): void {
    if (record.role !== 'leaf') return void this.suspect(peerId, record)
    const { timers, options, neighbours } = this.#core
    timers.after(`leaf ${peerId}`, options.heartbeatMs * options.missedHeartbeats, () => {
      if (!neighbours.get(peerId)) void this.suspect(peerId, record)
    })
  }

  /** Looks for somebody on behalf of a neighbour. */
  async probeFor(from: NeighbourLink, { id, target }: ProbeRequest): Promise<void> {
    const { caller, setup, neighbours, options } = this.#core
    const [record] = target ? caller.readAll([target]) : []
    if (!record || !from.mayClaim(setup.clock.monotonic())) return
    const link = neighbours.get(record.peerId)
    // One who asks about itself wants to know whether it can be called.
    const isHeard =
      link !== undefined &&
      link !== from &&
      setup.clock.monotonic() - link.heardMs < 1.5 * options.heartbeatMs
    const alive = isHeard || (await this.#reach(record, from === link ? directly(record) : record))
    from.send(create(NeighbourMessageSchema, { message: { case: 'probed', value: { id, alive } } }))
  }

  /** A neighbour says that somebody is dead. */
  onObituary(one: Obituary, from: NeighbourLink): void {
    const { setup, table, neighbours, options, record: own } = this.#core
    const { peerId } = one
    const seq = Number(one.seq)
    const nowMs = setup.clock.monotonic()
    if (!Number.isSafeInteger(seq) || peerId.length > 64 || !from.mayClaim(nowMs)) return
    if (peerId === own.peerId) {
      if (seq < own.seq) return void from.send(newsMessage([own.signed]))
      this.#core.renew({ seq: seq + 1 })
      this.#host.onOwnObituary()
      return
    }
    const known = table.get(peerId)
    if (known && known.seq > seq) {
      from.send(newsMessage([known.signed]))
      return
    }
    const link = neighbours.get(peerId)
    if (link && nowMs - link.heardMs < 2 * options.heartbeatMs) {
      // Not believed of one who was just heard: he is told.
      this.#disputed.add(peerId)
      link.send(newsMessage([], [obituary(peerId, seq)]))
      return
    }
    this.#bury(obituary(peerId, seq), from.peerId)
  }

  /** Whether a newer record answers an obituary that was not believed here. */
  isRefutation(peerId: string): boolean {
    return this.#disputed.size > 0 && this.#disputed.delete(peerId)
  }

  /** The peer has left or is dead; `record` is what was known. */
  noteGone(peerId: string, record: PeerRecord | undefined): void {
    this.#host.onGone(peerId)
    if (record) this.#recentDead.push(record)
    if (this.#recentDead.length > MAX_RECENT_DEAD) this.#recentDead.shift()
    if (this.#core.isRunning) this.#core.neighbours.cut(peerId)
  }

  noteBack(peerId: string): void {
    this.#returned++
    this.#recentDead = this.#recentDead.filter((dead) => dead.peerId !== peerId)
  }

  /** Those who died lately, for a new neighbour. */
  obituaries(): Obituary[] {
    return this.#recentDead.flatMap(({ peerId }) => {
      const tomb = this.#core.table.tombstone(peerId)
      return tomb && !tomb.left ? obituary(peerId, tomb.seq) : []
    })
  }

  /** A part of the network may have been cut off and be back: whoever answers is told that it was thought dead. */
  async revisit(dead: PeerRecord): Promise<void> {
    const { table, neighbours } = this.#core
    if (table.tombstone(dead.peerId)?.left || !(await this.#reach(dead)) || !this.#core.isRunning) return
    await neighbours.dial(dead)
    neighbours.get(dead.peerId)?.send(newsMessage([], [obituary(dead.peerId, dead.seq)]))
  }

  async #isAlive(record: PeerRecord): Promise<boolean> {
    const { setup, neighbours, options, prober } = this.#core
    const { peerId } = record
    const others = neighbours.list.filter((link) => link.peerId !== peerId && !link.isSuspect)
    const helpers = shuffled(setup.random, others).slice(0, options.probeHelpers)
    const told = helpers.length > 0 ? prober.askOthers(record, helpers) : Promise.resolve(false)
    const own = await this.#reach(record)
    return own || (await told)
  }

  async #reach(record: PeerRecord, target: Seed = record): Promise<boolean> {
    const { caller, options } = this.#core
    if (target.addresses.length === 0) return false
    try {
      const { record: newer, latencyMs } = await caller.ping(target, options.probeTimeoutMs)
      if (newer.peerId !== record.peerId) return false
      this.#core.reportAlive(record.peerId, latencyMs)
      this.#core.learn(newer, { direct: true })
      return true
    } catch {
      return false
    }
  }

  #bury(one: Obituary, from: string | undefined): void {
    const { table, news } = this.#core
    const { peerId } = one
    const record = table.get(peerId)
    if (!table.bury(peerId, { seq: Number(one.seq), left: false })) return
    this.noteGone(peerId, record)
    news.add({ dead: one, from })
    this.#core.emit(peerId, 'dead', record)
  }
}

function newest(...records: (PeerRecord | undefined)[]): PeerRecord | undefined {
  return records.reduce(
    (best, record) => (record && record.seq > (best?.seq ?? -1) ? record : best),
    undefined,
  )
}

/**
 * A peer that has tunnels, by a connection of its own to its gRPC port: a tunnel, or what is connected already, would say nothing of whether
 * others can call it.
 */
function directly(record: PeerRecord): Seed {
  const addresses = record.addresses.filter((address) => !isMultiaddr(address))
  return addresses.length === record.addresses.length ? record : { addresses }
}
