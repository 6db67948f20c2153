import { ShoalError } from '../../base/errors.ts'
import type { SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type Core, SKEW_MS, type Source } from './core.ts'
import type { Liveness } from './liveness.ts'
import type { PeerRecord } from './peer-record.ts'
import type { Repair } from './repair.ts'
import type { Telling } from './telling.ts'
import type { ZoneWatch } from './zone-watch.ts'

/** A record that would hold for longer is a mistake or a trick. */
const MAX_TTL_MS = 25 * 3_600_000

/** Whom a record can be news for. */
interface Concerned {
  readonly liveness: Liveness
  readonly telling: Telling
  readonly repair: Repair
  readonly zoneWatch: ZoneWatch
}

/** Takes records in, and sees to what follows from those that are news. */
export class Intake {
  readonly #core: Core
  readonly #concerned: Concerned

  constructor(core: Core, concerned: Concerned) {
    this.#core = core
    this.#concerned = concerned
  }

  /** Takes in what a peer that is there says of itself. @throws ShoalError BAD_RESPONSE */
  introduce(peerId: string, signed: SignedPeerRecord | undefined): PeerRecord {
    const { setup, notes } = this.#core
    if (!signed) throw new ShoalError('BAD_RESPONSE', 'A peer came without its record.')
    const record = setup.reader.read(signed)
    if (record.peerId !== peerId)
      throw new ShoalError('BAD_RESPONSE', 'A peer came with the record of another.')
    this.learn(record, { direct: true })
    notes.of(peerId).lastSeenMs = setup.clock.now()
    return record
  }

  learnAll(records: readonly PeerRecord[], from?: string): void {
    for (const record of records) this.learn(record, { from })
  }

  /** True when it was news. */
  learn(record: PeerRecord, { direct = false, from }: Source = {}): boolean {
    const { peerId } = record
    const { setup, options, table, neighbours, news, record: own, isRunning } = this.#core
    const { liveness, telling, repair, zoneWatch } = this.#concerned
    if (peerId === own.peerId) {
      // An earlier life of this node, or a copy of its key, told a greater number.
      if (record.seq > own.seq && isRunning) this.#core.renew({ seq: record.seq + 1 })
      return false
    }
    const nowMs = setup.clock.now()
    if (record.expiresMs + SKEW_MS < nowMs || record.expiresMs > nowMs + MAX_TTL_MS) return false
    const link = neighbours.get(peerId)
    // What a neighbour said itself is not replaced by what others still tell of it.
    if (link && record.seq < link.record.seq) return false
    if (link) link.record = record
    const before = record.left ? table.get(peerId) : undefined
    const novelty = table.learn(record, direct)
    const isRefutation = novelty === 'newer' && liveness.isRefutation(peerId)
    if (novelty === 'ignored' || novelty === 'stale') return false
    zoneWatch.isDirty = true
    if (novelty === 'left') liveness.noteGone(peerId, before ?? record)
    else if (novelty === 'back') liveness.noteBack(peerId)
    this.#core.emit(peerId, novelty === 'left' ? 'left' : 'alive', record)
    if (!isRunning) return true
    const isForAll = novelty === 'left' || isRefutation || (novelty === 'back' && !direct)
    const isKin = novelty === 'new' && telling.isKin(record.point)
    if (isForAll || (isKin && this.#core.zone.bits === 0)) news.add({ record: record.signed, from })
    if (isKin || novelty === 'back') telling.want()
    if (neighbours.expected < options.aimNeighbours) repair.want(300)
    return true
  }
}
