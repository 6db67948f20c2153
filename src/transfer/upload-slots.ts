import { ShoalError } from '../base/errors.ts'
import type { ServeOptions } from './options.ts'
import type { UploadRules } from './upload-rules.ts'

export type SlotOptions = Pick<ServeOptions, 'slots' | 'slotsPerPeer' | 'maxQueued' | 'maxQueuedPerPeer'>

/** Where a stream stands: it may send, waits at a place (1 = next), is to be ended because its peer is refused, or is over. */
export type SlotState =
  | { kind: 'active' }
  | { kind: 'waiting'; position: number }
  | { kind: 'refused'; reason: ShoalError }
  | { kind: 'left' }

/** One upload, as the API shows it. */
export interface UploadRow {
  readonly peerId: string
  readonly cid: string
  /** Bytes sent on this stream. */
  readonly bytes: number
  /** It came through libp2p. */
  readonly isTunnelled: boolean
  /** Place in the queue; undefined while it sends. */
  readonly position?: number
}

export interface UploadsSnapshot {
  readonly slots: number
  readonly active: UploadRow[]
  readonly queued: UploadRow[]
}

/**
 * Who may send now. A bounded number of streams has a slot, a bounded number waits and is told its place. The next slot goes to the peer
 * with the fewest, among those to the one served longest ago, and within a peer to the stream that came first: a peer with many
 * streams does not push others aside. Who is paused by the owner keeps its place among those who wait, and is told one behind all others.
 */
export class UploadSlots {
  readonly #options: SlotOptions
  readonly #rules: UploadRules | undefined
  readonly #tickets = new Set<SlotTicket>()
  /** When each peer got its last slot, as a running number. Only peers with a ticket are remembered. */
  readonly #lastGrant = new Map<string, number>()
  #sequence = 0

  /** @param rules whom the owner does not serve. Default: everybody is served */
  constructor(options: SlotOptions, rules?: UploadRules) {
    this.#options = options
    this.#rules = rules
    rules?.changed.on((peerId) => this.#obey(peerId))
  }

  /** A stream of the peer sends or waits. */
  hasPeer(peerId: string): boolean {
    return [...this.#tickets].some((ticket) => ticket.peerId === peerId && ticket.state.kind !== 'refused')
  }

  /** @throws PERMISSION_DENIED when a peer is refused */
  check(peerId: string): void {
    const refusal = this.#rules?.refusalOf(peerId)
    if (refusal) throw refusal
  }

  /**
   * A stream asks for a slot.
   *
   * @param onChange called when the state changes, never within this call
   * @throws BUSY when the queue is full, for all or for this peer; PERMISSION_DENIED for one that is refused
   */
  enter(who: SlotClaim, onChange: (state: SlotState) => void): SlotTicket {
    this.check(who.peerId)
    const waiting = this.#waiting()
    const { maxQueued, maxQueuedPerPeer } = this.#options
    const ofPeer = waiting.filter((ticket) => ticket.peerId === who.peerId).length
    // Those who are paused keep nobody out; their own bound holds for them.
    if (waiting.filter((ticket) => !this.#isPaused(ticket)).length >= maxQueued)
      throw new ShoalError('BUSY', 'The upload queue is full. Try again later.')
    if (ofPeer >= maxQueuedPerPeer)
      throw new ShoalError('BUSY', `Already ${ofPeer} of your streams wait here. Try again later.`)
    const ticket = new SlotTicket(who, this.#sequence++, {
      requeue: () => {
        ticket.state = { kind: 'waiting', position: 0 }
        ticket.sequence = this.#sequence++
        this.#assign()
      },
      leave: () => {
        this.#tickets.delete(ticket)
        ticket.state = { kind: 'left' }
        if (![...this.#tickets].some((other) => other.peerId === who.peerId))
          this.#lastGrant.delete(who.peerId)
        this.#assign()
      },
      isWanted: (others) =>
        this.#waiting().some(
          (other) =>
            !this.#isPaused(other) &&
            (!others || other.peerId !== who.peerId) &&
            this.#mayHave(other.peerId, who.peerId),
        ),
    })
    this.#tickets.add(ticket)
    this.#assign()
    ticket.onChange = onChange
    return ticket
  }

  snapshot(): UploadsSnapshot {
    const active: UploadRow[] = []
    const queued: (UploadRow & { position: number })[] = []
    for (const { peerId, cid, bytes, isTunnelled, state } of this.#tickets) {
      const row = { peerId, cid, bytes, isTunnelled }
      if (state.kind === 'waiting') queued.push({ ...row, position: state.position })
      else if (state.kind === 'active') active.push(row)
    }
    return { slots: this.#options.slots, active, queued: queued.sort((a, b) => a.position - b.position) }
  }

  /** The owner has said something of a peer. */
  #obey(peerId: string): void {
    const reason = this.#rules?.refusalOf(peerId)
    const changed: SlotTicket[] = []
    for (const ticket of this.#tickets) {
      if (ticket.peerId !== peerId) continue
      const { kind } = ticket.state
      if (reason && kind !== 'refused') ticket.state = { kind: 'refused', reason }
      else if (this.#isPaused(ticket) && kind === 'active') ticket.state = { kind: 'waiting', position: 0 }
      else continue
      changed.push(ticket)
    }
    this.#assign()
    for (const ticket of changed) ticket.onChange(ticket.state)
  }

  #isPaused({ peerId }: SlotTicket): boolean {
    return this.#rules?.isPaused(peerId) === true
  }

  /** Gives free slots away and tells everybody whose state that changed. */
  #assign(): void {
    const changed: SlotTicket[] = []
    const active = this.#countByPeer()
    let free =
      this.#options.slots - [...this.#tickets].filter((ticket) => ticket.state.kind === 'active').length
    const all = this.#waiting()
    let waiting = all.filter((ticket) => !this.#isPaused(ticket))
    let position = 1
    const place = (ticket: SlotTicket) => {
      if (ticket.state.kind === 'waiting' && ticket.state.position !== position) {
        ticket.state = { kind: 'waiting', position }
        changed.push(ticket)
      }
      position++
    }
    while (waiting.length > 0) {
      const next = this.#nextOf(waiting, active)
      waiting = waiting.filter((ticket) => ticket !== next)
      const count = active.get(next.peerId) ?? 0
      active.set(next.peerId, count + 1)
      if (free > 0 && count < this.#options.slotsPerPeer) {
        free--
        this.#lastGrant.set(next.peerId, this.#sequence++)
        next.state = { kind: 'active' }
        changed.push(next)
      } else place(next)
    }
    for (const ticket of all) if (this.#isPaused(ticket)) place(ticket)
    for (const ticket of changed) ticket.onChange(ticket.state)
  }

  #nextOf(waiting: SlotTicket[], active: Map<string, number>): SlotTicket {
    const rank = (ticket: SlotTicket) => [
      active.get(ticket.peerId) ?? 0,
      this.#lastGrant.get(ticket.peerId) ?? -1,
      ticket.sequence,
    ]
    return waiting.reduce((best, ticket) => (isBefore(rank(ticket), rank(best)) ? ticket : best))
  }

  /** Whether a peer could take a slot that a stream of `giver` gives up. */
  #mayHave(peerId: string, giver: string): boolean {
    const held = (this.#countByPeer().get(peerId) ?? 0) - (peerId === giver ? 1 : 0)
    return held < this.#options.slotsPerPeer
  }

  #countByPeer(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { peerId, state } of this.#tickets)
      if (state.kind === 'active') counts.set(peerId, (counts.get(peerId) ?? 0) + 1)
    return counts
  }

  #waiting(): SlotTicket[] {
    return [...this.#tickets].filter((ticket) => ticket.state.kind === 'waiting')
  }
}

/** Who asks for a slot. */
export interface SlotClaim {
  readonly peerId: string
  /** What it asks for first. */
  readonly cid: string
  /** It comes through libp2p. Default: over TCP. */
  readonly isTunnelled?: boolean
}

interface TicketActions {
  requeue(): void
  leave(): void
  isWanted(byOthers: boolean): boolean
}

/** One stream's claim. Always {@link leave} in the end. */
export class SlotTicket {
  readonly peerId: string
  readonly isTunnelled: boolean
  /** What was sent last, or asked for first. */
  cid: string
  state: SlotState = { kind: 'waiting', position: 0 }
  sequence: number
  onChange: (state: SlotState) => void = () => {}
  bytes = 0
  #bytesAtGrant = 0
  readonly #actions: TicketActions

  constructor(who: SlotClaim, sequence: number, actions: TicketActions) {
    this.peerId = who.peerId
    this.isTunnelled = who.isTunnelled === true
    this.cid = who.cid
    this.sequence = sequence
    this.#actions = actions
  }

  /** Notes bytes that were sent. @param cid the file they are of */
  sent(bytes: number, cid = this.cid): void {
    this.bytes += bytes
    this.cid = cid
  }

  /** active -> waiting, when it has sent its share since it got the slot and another peer waits. True when it did. */
  rotate(rotateBytes: number): boolean {
    if (this.state.kind !== 'active' || this.bytes - this.#bytesAtGrant < rotateBytes) return false
    if (!this.#actions.isWanted(true)) {
      this.#bytesAtGrant = this.bytes
      return false
    }
    return this.#giveUp()
  }

  /** active -> waiting, when any other stream waits that could use the slot: for a stream with nothing to send. */
  yieldIdle(): boolean {
    if (this.state.kind !== 'active' || !this.#actions.isWanted(false)) return false
    return this.#giveUp()
  }

  /** -> left. Harmless when repeated. */
  leave(): void {
    if (this.state.kind !== 'left') this.#actions.leave()
  }

  #giveUp(): boolean {
    this.#bytesAtGrant = this.bytes
    this.#actions.requeue()
    return true
  }
}

function isBefore(a: number[], b: number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!
  return false
}
