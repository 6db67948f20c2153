import type { CircuitRelayServerComponents } from '@libp2p/circuit-relay-v2'
import type { Connection, Startable } from '@libp2p/interface'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { formatBytes } from '../../base/units.ts'
import { networkOf } from '../../link/admission.ts'
import { ipOf, isRelayed } from '../multiaddrs.ts'
import type { Refusal, RelayCode } from './codes.ts'
import { ConnectionTable } from './connection-table.ts'
import { NoticeSender } from './notice-sender.ts'
import { DEFAULT_RELAY_OPTIONS, type RelayChange, type RelayOptions } from './options.ts'
import { DayQuotas } from './quotas.ts'
import { RateShare } from './rate-share.ts'
import type { Relayed } from './relayed.ts'
import { type Admitted, hookedServer, type RelayServer } from './server-hooks.ts'
import { slotFor } from './slots.ts'

/** Peers that {@link RelayState} names. */
const SHOWN_PEERS = 20

export interface RelaySetup {
  readonly options?: Partial<RelayOptions>
  readonly clock: Clock
  readonly log: Logger
}

/** What a relay is doing; for status and metrics. */
export interface RelayState {
  readonly reservations: number
  readonly slots: number
  /** Relayed connections, those that are being opened included. */
  readonly connections: number
  readonly maxConnections: number
  /** Bytes that wait in memory for slow receivers. */
  readonly waitingBytes: number
  /** Bytes passed on since the start. */
  readonly bytes: number
  /** Bytes passed on in the last 24 hours. */
  readonly bytesToday: number
  readonly bytesPerDay: number
  /** Those with the most bytes of the last 24 hours. */
  readonly peers: readonly {
    readonly peerId: string
    readonly bytesToday: number
    readonly connections: number
  }[]
  /** What was refused and ended since the start, by reason. */
  readonly refused: Readonly<Partial<Record<RelayCode, number>>>
  readonly ended: Readonly<Partial<Record<RelayCode, number>>>
}

/**
 * A circuit relay that carries files: libp2p's, with flow control, quotas and rates of its own (docs/adr/0018-relay.md).
 * Put it into the `services` of a libp2p host.
 */
export function relayService(setup: RelaySetup): (components: CircuitRelayServerComponents) => Relay {
  return (components) => new Relay(components, setup)
}

export class Relay implements Startable {
  readonly #setup: RelaySetup
  readonly #components: CircuitRelayServerComponents
  readonly #server: RelayServer
  readonly #quotas: DayQuotas
  readonly #rates: RateShare
  readonly #table: ConnectionTable
  readonly #notices: NoticeSender
  /** Reservations that are just being asked for, by PeerId. */
  readonly #asking = new Map<string, string>()
  readonly #refused = new Map<RelayCode, number>()
  readonly #ended = new Map<RelayCode, number>()
  #options: RelayOptions
  #bytes = 0
  #stopping = false

  constructor(components: CircuitRelayServerComponents, setup: RelaySetup) {
    const { clock, log } = setup
    this.#setup = setup
    this.#components = components
    this.#options = { ...DEFAULT_RELAY_OPTIONS, ...setup.options }
    this.#quotas = new DayQuotas(clock, this.#options)
    this.#rates = new RateShare(clock, this.#options)
    this.#notices = new NoticeSender({ connections: components.connectionManager, clock, log })
    this.#table = new ConnectionTable({
      clock,
      quotas: this.#quotas,
      rates: this.#rates,
      options: () => this.#options,
      notify: (connection, refusal) => this.#tellEnds(connection, refusal),
      onPassed: (bytes) => {
        this.#bytes += bytes
      },
      onEnded: (connection, refusal) => this.#connectionEnded(connection, refusal),
    })
    this.#server = hookedServer(
      components,
      {
        reserve: (connection) => this.#reserve(connection),
        reserved: ({ remotePeer }) => void this.#asking.delete(remotePeer.toString()),
        connect: (dialler, target) => this.#connect(dialler, target),
        roadTo: ({ remotePeer }) => this.#direct(remotePeer),
      },
      this.#options,
    )
  }

  async start(): Promise<void> {
    this.#stopping = false
    await this.#server.start()
    const { slots, bytesPerDay } = this.#options
    this.#setup.log.info({ slots, bytesPerDay }, `relaying for others, ${formatBytes(bytesPerDay)} a day`)
  }

  /** Tells all who use the relay, as long as they can still be told. */
  async beforeStop(): Promise<void> {
    this.#stopping = true
    const refusal: Refusal = { code: 'SHUTDOWN', limit: 0, retryAfterMs: 0 }
    const notice = { ...refusal, what: 'ended', isYours: false } as const
    const reserved = [...this.#server.reservations.entries()].map(([peerId]) => peerId.toString())
    await Promise.all([
      ...this.#table.all.map((connection) => connection.end(refusal)),
      ...reserved.map((peerId) => this.#notices.send(peerId, notice)),
    ])
  }

  async stop(): Promise<void> {
    if (!this.#stopping) await this.beforeStop()
    this.#rates.stop()
    await this.#server.stop()
  }

  /** Changes limits; those of a reservation or connection that exists hold from now on, but nothing is taken back. */
  update(change: RelayChange): void {
    this.#options = { ...this.#options, ...change }
    this.#quotas.update(this.#options)
    this.#rates.update(this.#options)
    this.#table.shareBuffers()
  }

  getDebugState(): RelayState {
    const { slots, connections, bytesPerDay } = this.#options
    return {
      reservations: this.#server.reservations.size,
      slots,
      connections: this.#table.size,
      maxConnections: connections,
      waitingBytes: this.#table.waitingBytes,
      bytes: this.#bytes,
      bytesToday: this.#quotas.bytesToday,
      bytesPerDay,
      peers: this.#quotas
        .top(SHOWN_PEERS)
        .map((peer) => ({ ...peer, connections: this.#table.countOf(peer.peerId) })),
      refused: Object.fromEntries(this.#refused),
      ended: Object.fromEntries(this.#ended),
    }
  }

  #reserve(connection: Connection): boolean {
    const peerId = connection.remotePeer.toString()
    const network = networkOf(ipOf(connection.remoteAddr) ?? '')
    const given = [...this.#server.reservations.entries()].map(([peer, { addr }]) => ({
      peerId: peer.toString(),
      network: networkOf(ipOf(addr) ?? ''),
      isConnected: this.#isConnected(peer as Connection['remotePeer']),
    }))
    // Those being asked for hold a place already: many that ask at once must not all see the last one free.
    const asked = [...this.#asking]
      .filter(([other]) => other !== peerId && !given.some((held) => held.peerId === other))
      .map(([other, otherNetwork]) => ({ peerId: other, network: otherNetwork, isConnected: true }))
    const { refusal, drop } = slotFor({ peerId, network }, [...given, ...asked], this.#options)
    if (refusal) {
      this.#refuse(refusal, [peerId], undefined)
      return false
    }
    for (const gone of drop) this.#dropReservation(gone)
    // libp2p would set the timer of the one that is renewed anew, but then cannot stop the timers before the last (retimeable-signal 1.0):
    // from the second renewal on, reservations would end early. So each renewal is a new reservation.
    this.#dropReservation(peerId)
    this.#asking.set(peerId, network)
    return !this.#stopping
  }

  #dropReservation(peerId: string): void {
    for (const [peer, { signal }] of this.#server.reservations.entries()) {
      if (peer.toString() !== peerId) continue
      // Its timer would otherwise take away a later reservation of the same peer.
      signal.clear()
      this.#server.reservations.delete(peer)
      return
    }
  }

  #connect(diallerConnection: Connection, targetConnection: Connection): Admitted | undefined {
    const dialler = diallerConnection.remotePeer.toString()
    const target = targetConnection.remotePeer.toString()
    const shutdown: Refusal = { code: 'SHUTDOWN', limit: 0, retryAfterMs: 0 }
    const refusal = this.#stopping
      ? shutdown
      : (this.#quotas.refusal([dialler, target]) ?? this.#table.refusal(dialler, target))
    if (refusal) {
      this.#refuse(refusal, [dialler], target)
      return undefined
    }
    return this.#table.open(dialler, target)
  }

  #refuse(refusal: Refusal, peers: readonly string[], other: string | undefined): void {
    this.#refused.set(refusal.code, (this.#refused.get(refusal.code) ?? 0) + 1)
    this.#setup.log.info({ ...refusal, peers, other }, 'relay: refused')
    for (const peerId of peers) void this.#notices.send(peerId, noticeFor(refusal, 'refused', peerId, other))
  }

  async #tellEnds({ ends: { dialler, target } }: Relayed, refusal: Refusal): Promise<void> {
    await Promise.all([
      this.#notices.send(dialler, noticeFor(refusal, 'ended', dialler, target)),
      this.#notices.send(target, noticeFor(refusal, 'ended', target, dialler)),
    ])
  }

  #connectionEnded({ ends, bytes, startMs }: Relayed, refusal: Refusal | undefined): void {
    const { dialler, target } = ends
    const facts = { dialler, target, bytes, lastedMs: Math.round(this.#setup.clock.monotonic() - startMs) }
    if (!refusal) {
      this.#setup.log.debug(facts, 'relay: a connection has ended')
      return
    }
    this.#ended.set(refusal.code, (this.#ended.get(refusal.code) ?? 0) + 1)
    this.#setup.log.info({ ...facts, ...refusal }, 'relay: ended a connection')
  }

  #isConnected(peer: Connection['remotePeer']): boolean {
    return this.#direct(peer) !== undefined
  }

  #direct(peer: Connection['remotePeer']): Connection | undefined {
    return this.#components.connectionManager
      .getConnections(peer)
      .find(({ status, remoteAddr }) => status === 'open' && !isRelayed(remoteAddr))
  }
}

function noticeFor(
  { code, limit, retryAfterMs, about }: Refusal,
  what: 'ended' | 'refused',
  to: string,
  other: string | undefined,
) {
  return { code, what, peerId: other, isYours: about === to, limit, retryAfterMs } as const
}
