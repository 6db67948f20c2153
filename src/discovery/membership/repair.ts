import { randomInt } from '../../base/random.ts'
import { type Candidate, chooseNeighbours } from './choose-neighbours.ts'
import type { Core } from './core.ts'
import type { PeerRecord } from './peer-record.ts'

/** Peers of whom neighbours are chosen when thousands are known. */
const MAX_CANDIDATES = 64

/** Looks for neighbours when there are too few. */
export class Repair {
  readonly #core: Core
  readonly #onLonely: () => void
  #attempt = 0

  /** @param onLonely too few neighbours: others have to be found */
  constructor(core: Core, onLonely: () => void) {
    this.#core = core
    this.#onLonely = onLonely
  }

  /** A neighbour came. */
  onUp(): void {
    if (this.#core.neighbours.expected >= this.#core.options.aimNeighbours) this.#attempt = 0
  }

  /** Soon, or after `ms`; each time it was in vain a little later. */
  want(ms?: number): void {
    const { neighbours, options, timers, setup } = this.#core
    if (!this.#core.isRunning || neighbours.expected >= options.aimNeighbours) return
    const waitMs = ms ?? Math.min(5000, 250 * 2 ** Math.min(5, this.#attempt++))
    timers.after('repair', waitMs * (0.75 + setup.random.float() / 2), () => this.#repair())
  }

  /** A new neighbour now and then keeps the network well mixed. */
  mix(): void {
    const { neighbours, options, table } = this.#core
    if (neighbours.expected < options.aimNeighbours) return
    const candidates = this.#candidates()
    const next = candidates[randomInt(this.#core.setup.random, candidates.length)]
    const record = next && table.get(next.peerId)
    if (!record) return
    const most = [...neighbours.list].sort((a, b) => b.degree - a.degree)[0]
    if (most && neighbours.degree >= options.maxNeighbours) neighbours.drop(most.peerId)
    void neighbours.dial(record)
  }

  #repair(): void {
    const { neighbours, options, table, setup } = this.#core
    const { aimNeighbours, minNeighbours } = options
    const wanted = aimNeighbours - neighbours.expected
    for (const peerId of chooseNeighbours(this.#candidates(), wanted, setup.random)) {
      const record = table.get(peerId)
      if (record) void neighbours.dial(record)
    }
    if (neighbours.expected < aimNeighbours && table.size > neighbours.expected) this.want()
    if (neighbours.expected < minNeighbours) this.#onLonely()
  }

  #candidates(): Candidate[] {
    const { table, neighbours, notes, suspects, setup } = this.#core
    const nowMs = setup.clock.monotonic()
    const candidates: Candidate[] = []
    // Of a crowd a part is enough, with those whose latency is known.
    const some = table.knowsAll ? table.near() : table.sample(MAX_CANDIDATES)
    const measured = table.knowsAll ? [] : this.#measured()
    for (const { peerId, role } of new Set([...some, ...measured])) {
      if (role === 'leaf' || suspects.has(peerId)) continue
      if (neighbours.get(peerId) || neighbours.isDialling(peerId)) continue
      const note = notes.peek(peerId)
      if (note && note.avoidUntilMs > nowMs) continue
      candidates.push({ peerId, latencyMs: note?.latencyMs })
    }
    return candidates
  }

  /** Some of those whose latency is known. */
  #measured(): PeerRecord[] {
    const found: PeerRecord[] = []
    for (const [peerId, { latencyMs }] of this.#core.notes.entries()) {
      const record = latencyMs === undefined ? undefined : this.#core.table.get(peerId)
      if (record) found.push(record)
      if (found.length >= MAX_CANDIDATES / 2) break
    }
    return found
  }
}
