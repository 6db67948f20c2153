import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type {
  Libp2pEvents,
  Listener,
  PeerId,
  PeerRouting,
  PeerStore,
  Startable,
  TypedEventTarget,
} from '@libp2p/interface'
import type { ConnectionManager, Registrar, TransportManager } from '@libp2p/interface-internal'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Clock, Timer } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { isRelayed, peerIdOf } from '../multiaddrs.ts'
import { RelayCandidates } from './candidates.ts'
import { RelaySearch } from './search.ts'
import { relayOf } from './transport.ts'

/** Relays that may be preferred; more are not looked at. */
const MAX_PREFERRED = 4
/** Between two looks whether all is as it should be, ms; events tell before that. */
const CHECK_MS = 30_000
/** The tag by which libp2p keeps the connection to a relay open; it takes it away only when that connection is lost. */
const KEEP_ALIVE_TAG = 'keep-alive-circuit-relay'

/** The parts of libp2p that this needs; it hands them to its services. */
export interface RelayReservationsComponents {
  readonly peerId: PeerId
  readonly transportManager: TransportManager
  readonly connectionManager: ConnectionManager
  readonly registrar: Registrar
  readonly peerStore: PeerStore
  readonly peerRouting: PeerRouting
  readonly events: TypedEventTarget<Libp2pEvents>
}

export interface RelayReservationsSetup {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Relays at which to have a reservation, when it is wanted at all. One may fail, so two. */
  readonly relays?: number
  /** Ms until a relay that has refused wants to be asked again, as it said; 0 when it said nothing. */
  readonly askAfterMs?: (relayId: string) => number
}

/** {@link RelayReservations} as a service of a libp2p host. */
export function relayReservations(
  setup: RelayReservationsSetup,
): (components: RelayReservationsComponents) => RelayReservations {
  return (components) => new RelayReservations(components, setup)
}

/** A listener of the relay transport, which serves one relay after the other. */
interface Place {
  readonly listener: Listener
  relayId: string | undefined
}

/**
 * Keeps this node reachable through relays as long as that is wanted. It chooses the relays itself and listens on each by name; libp2p's own
 * search (`/p2p-circuit`) cannot be called off, looks for ever without a pause while nobody is known, and does not return to a relay
 * that was away. Each place keeps its listener: libp2p adds one with each attempt to listen and never takes it away.
 */
export class RelayReservations implements Startable {
  readonly onChange = new Emitter<void>()
  readonly #components: RelayReservationsComponents
  readonly #setup: RelayReservationsSetup
  readonly #candidates: RelayCandidates
  readonly #search: RelaySearch
  readonly #onListening = () => this.#changed()
  #places: Place[] = []
  #wanted = false
  #running = false
  #working: Promise<void> | undefined
  #again = false
  #timer: Timer | undefined
  #topology: string | undefined
  #shown = ''

  constructor(components: RelayReservationsComponents, setup: RelayReservationsSetup) {
    this.#components = components
    this.#setup = setup
    this.#candidates = new RelayCandidates(setup)
    this.#search = new RelaySearch(components, setup, (relayId) => this.#found(relayId))
  }

  async start(): Promise<void> {
    const { registrar, events } = this.#components
    this.#topology = await registrar.register(RELAY_V2_HOP_CODEC, {
      onConnect: (peer) => this.#found(peer.toString()),
    })
    events.addEventListener('transport:listening', this.#onListening)
  }

  afterStart(): void {
    this.#running = true
    this.#kick()
  }

  async beforeStop(): Promise<void> {
    this.#running = false
    this.#timer?.cancel()
    this.#search.stop()
    await this.#working
  }

  stop(): void {
    const { registrar, events } = this.#components
    this.#places = []
    if (this.#topology !== undefined) registrar.unregister(this.#topology)
    events.removeEventListener('transport:listening', this.#onListening)
  }

  /** Begins to look for relays, or gives all reservations up. */
  want(wanted: boolean): void {
    if (this.#wanted === wanted) return
    this.#wanted = wanted
    this.#setup.log.info({ wanted }, wanted ? 'looking for relays' : 'relays are no longer needed')
    if (!wanted) this.#search.stop()
    this.#kick()
  }

  /** Relays that are asked first, by their addresses, each with its PeerId; the first four of them. Replaces those given before. */
  prefer(addresses: readonly Multiaddr[]): void {
    const byRelay = Map.groupBy(
      addresses.filter((address) => !isRelayed(address) && peerIdOf(address) !== undefined),
      (address) => peerIdOf(address)!,
    )
    const own = this.#components.peerId.toString()
    const preferred = [...byRelay].filter(([relayId]) => relayId !== own).slice(0, MAX_PREFERRED)
    for (const [relayId, multiaddrs] of preferred) {
      const noted = this.#components.peerStore.merge(peerIdFromString(relayId), { multiaddrs })
      noted.then(
        () => this.#kick(),
        (error) => this.#setup.log.debug({ err: error, relayId }, 'a relay could not be noted'),
      )
    }
    this.#candidates.prefer(preferred.map(([relayId]) => relayId))
  }

  get isWanted(): boolean {
    return this.#wanted
  }

  /** Addresses under which this node can be reached through its relays. */
  get addresses(): Multiaddr[] {
    const own = `/p2p/${this.#components.peerId}`
    return this.#places.flatMap(({ listener }) =>
      listener.getAddrs().map((address) => address.encapsulate(own)),
    )
  }

  /** PeerIds of the relays where this node has a reservation. */
  get relays(): string[] {
    return this.#places.flatMap((place) => (holds(place) ? [place.relayId!] : []))
  }

  getDebugState(): { wanted: boolean; relays: string[]; addresses: string[]; candidates: number } {
    return {
      wanted: this.#wanted,
      relays: this.relays,
      addresses: this.addresses.map(String),
      candidates: this.#candidates.size,
    }
  }

  #found(relayId: string): void {
    if (relayId === this.#components.peerId.toString()) return
    this.#candidates.add(relayId)
    this.#kick()
  }

  #changed(): void {
    const shown = this.addresses.join()
    if (shown === this.#shown) return
    this.#shown = shown
    this.#setup.log.info({ relays: this.relays }, 'the relays of this node have changed')
    this.onChange.emit()
    this.#kick()
  }

  /** Looks at once whether something is to be done; one look at a time. */
  #kick(): void {
    if (!this.#running) return
    if (this.#working) {
      this.#again = true
      return
    }
    this.#timer?.cancel()
    this.#again = false
    this.#working = this.#work().finally(() => {
      this.#working = undefined
      if (this.#again) this.#kick()
    })
  }

  async #work(): Promise<void> {
    try {
      if (!this.#wanted) await this.#giveUp()
      while (this.#running && this.#wanted && this.#isShort()) {
        const relayId = this.#candidates.next(new Set(this.relays))
        if (relayId === undefined) break
        await this.#ask(relayId)
      }
    } catch (error) {
      this.#setup.log.warn({ err: error }, 'relays could not be asked')
    }
    this.#changed()
    if (this.#running && this.#wanted) this.#later()
  }

  /** Whether there is a place to fill. A preferred relay that has come back gets one even when others have been found. */
  #isShort(): boolean {
    const relays = this.relays
    if (relays.length < (this.#setup.relays ?? 2)) return true
    const next = this.#candidates.next(new Set(relays))
    const isBetter = next !== undefined && this.#candidates.isPreferred(next)
    return isBetter && !relays.some((relayId) => this.#candidates.isPreferred(relayId))
  }

  #later(): void {
    const relays = new Set(this.relays)
    if (!this.#isShort()) {
      this.#search.stop()
      this.#timer = this.#setup.clock.schedule(() => this.#kick(), CHECK_MS)
      return
    }
    this.#search.start()
    const waitMs = Math.min(CHECK_MS, this.#candidates.waitMs(relays) ?? CHECK_MS)
    this.#timer = this.#setup.clock.schedule(() => this.#kick(), Math.max(100, waitMs))
  }

  async #ask(relayId: string): Promise<void> {
    try {
      const place = await this.#listen(relayId)
      if (!holds(place)) {
        // libp2p has a reservation there that belongs to no listener: one that was being made when all were given up.
        await this.#giveUp()
        throw new Error('the relay gave no addresses')
      }
      this.#candidates.succeeded(relayId)
    } catch (error) {
      this.#candidates.failed(relayId, this.#setup.askAfterMs?.(relayId) ?? 0)
      this.#setup.log.debug({ err: error, relayId }, 'a relay gave no reservation')
    }
  }

  async #listen(relayId: string): Promise<Place> {
    const address = multiaddr(`/p2p/${relayId}/p2p-circuit`)
    const free = this.#places.find((place) => !holds(place))
    if (free) {
      free.relayId = relayId
      await free.listener.listen(address)
      return free
    }
    const { transportManager } = this.#components
    const before = new Set(transportManager.getListeners())
    try {
      await transportManager.listen([address])
    } finally {
      const listener = transportManager.getListeners().find((other) => !before.has(other))
      if (listener) this.#places.push({ listener, relayId })
    }
    return this.#places.at(-1)!
  }

  /** Closing one listener of libp2p's gives up all reservations, so all are closed. */
  async #giveUp(): Promise<void> {
    const places = this.#places
    this.#places = []
    for (const { listener, relayId } of places) {
      const addresses = listener.getAddrs()
      await listener.close()
      if (relayId === undefined || addresses.length === 0) continue
      await this.#components.peerStore.merge(peerIdFromString(relayId), {
        tags: { [KEEP_ALIVE_TAG]: undefined },
      })
    }
  }
}

/** Whether a place's listener has a reservation at its relay. */
function holds({ listener, relayId }: Place): boolean {
  return listener.getAddrs().some((address) => relayOf(address) === relayId)
}
