import type { Libp2p, PeerId, PeerInfo, PeerUpdate } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Clock, every, type Timer } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { Limiter } from '../../base/limiter.ts'
import type { RoutingTable } from './inside.ts'
import { type DhtOptions, K } from './options.ts'
import { addressTexts, type DhtPeer } from './peers.ts'
import { type Position, PositionIndex, positionOf } from './position.ts'

export interface ContactsSetup {
  readonly libp2p: Libp2p
  readonly table: RoutingTable
  readonly clock: Clock
  readonly options: Pick<DhtOptions, 'suspectMs' | 'pingEveryMs' | 'roundMs'>
  /** Whether the peer still answers. */
  readonly ping: (peer: DhtPeer) => Promise<boolean>
}

interface Contact {
  readonly peerId: string
  readonly position: Position
  addresses: readonly string[]
  /** Did not answer when it was needed. */
  isSuspect: boolean
  /** A look at it is due then. */
  doubt: { readonly dueMs: number; readonly timer: Timer } | undefined
  /** It has hung up before, and was asked then. */
  isChecked: boolean
  /** When it was heard of or asked last. */
  pingedMs: number
}

/** All contacts that a routing table can have: 64 buckets of 20. */
const ALL = 64 * 20
/** Contacts that are asked at the same time whether they live. */
const PINGS = 4
/** Those nearest to this node, of which it has to know whether they live: they keep what it keeps. */
const NEAR = 2 * K

/**
 * kad-dht's routing table, with two things that it does not have: addresses at hand, and a doubt. It keeps contacts that died until a bucket
 * is full. Here one that does not answer is left out at once, asked again, and taken out of the table when it is silent; those near this
 * node are asked when they hang up, the others one by one, when there is no connection to show that they live.
 */
export class Contacts {
  readonly #setup: ContactsSetup
  readonly #self: Position
  readonly #contacts = new Map<string, Contact>()
  readonly #round: Timer
  readonly #pings = new Limiter(PINGS)
  readonly #offs: (() => void)[] = []
  /** Those that did not answer when they were asked whether they live, the latest last. */
  readonly #gone = new Set<string>()
  #index: PositionIndex<Contact> | undefined
  #isStopped = false
  /** The contacts that count are others than before. */
  readonly changes = new Emitter<void>()

  constructor(setup: ContactsSetup) {
    this.#setup = setup
    const { libp2p, table, clock, options } = setup
    this.#self = positionOf(libp2p.peerId.toMultihash().bytes)
    for (const id of table.closestPeers(this.#self, { count: ALL })) this.#add(id)
    const onAdd = ({ detail }: CustomEvent<PeerId>) => this.#add(detail)
    const onRemove = ({ detail }: CustomEvent<PeerId>) => this.#remove(detail.toString())
    const onUpdate = ({ detail }: CustomEvent<PeerUpdate>) => this.#update(detail)
    const onDisconnect = ({ detail }: CustomEvent<PeerId>) => this.#hungUp(detail.toString())
    const onConnect = ({ detail }: CustomEvent<PeerId>) => this.#trust(detail.toString())
    table.addEventListener('peer:add', onAdd)
    table.addEventListener('peer:remove', onRemove)
    libp2p.addEventListener('peer:update', onUpdate)
    libp2p.addEventListener('peer:disconnect', onDisconnect)
    libp2p.addEventListener('peer:connect', onConnect)
    this.#offs.push(
      () => table.removeEventListener('peer:add', onAdd),
      () => table.removeEventListener('peer:remove', onRemove),
      () => libp2p.removeEventListener('peer:update', onUpdate),
      () => libp2p.removeEventListener('peer:disconnect', onDisconnect),
      () => libp2p.removeEventListener('peer:connect', onConnect),
    )
    this.#round = every(clock, options.roundMs, () => this.#lookAtOne())
  }

  /** Contacts that count. */
  get size(): number {
    return this.#living().size
  }

  get suspects(): number {
    return this.#contacts.size - this.size
  }

  /** PeerIds of all, those that did not answer lately included. */
  ids(): ReadonlySet<string> {
    return new Set(this.#contacts.keys())
  }

  /** Up to `count` contacts nearest to `position`, nearest first. */
  closest(position: Position, count: number): DhtPeer[] {
    return this.#living()
      .closest(position, count)
      .map(({ peerId, addresses }) => ({ peerId, addresses }))
  }

  /** The addresses of a contact; undefined of somebody else, or when they are not known yet. */
  addressesOf(peerId: string): readonly string[] | undefined {
    const addresses = this.#contacts.get(peerId)?.addresses
    return addresses && addresses.length > 0 ? addresses : undefined
  }

  /** Whether what is told of a peer is nothing new: a contact that counts, at addresses that are at hand. */
  knows({ id, multiaddrs }: PeerInfo): boolean {
    const contact = this.#contacts.get(id.toString())
    if (!contact || contact.isSuspect) return false
    return addressTexts(
      contact.peerId,
      multiaddrs.map((multiaddr) => ({ multiaddr })),
    ).every((address) => contact.addresses.includes(address))
  }

  /** Whether a peer was a contact and did not answer any more when it was asked last. */
  isGone(peerId: string): boolean {
    return this.#gone.has(peerId) || this.#contacts.get(peerId)?.isSuspect === true
  }

  /** A peer could not be asked. */
  failed(peerId: string): void {
    const contact = this.#contacts.get(peerId)
    if (!contact || contact.isSuspect) return
    contact.isSuspect = true
    this.#changed()
    this.#doubt(contact, 0)
  }

  stop(): void {
    this.#isStopped = true
    this.#round.cancel()
    for (const off of this.#offs.splice(0)) off()
    for (const { doubt } of this.#contacts.values()) doubt?.timer.cancel()
  }

  #living(): PositionIndex<Contact> {
    this.#index ??= new PositionIndex(
      [...this.#contacts.values()]
        .filter(({ isSuspect }) => !isSuspect)
        .map((value) => ({ position: value.position, value })),
    )
    return this.#index
  }

  #add(id: PeerId): void {
    const { libp2p, clock } = this.#setup
    const peerId = id.toString()
    if (peerId === libp2p.peerId.toString() || this.#contacts.has(peerId)) return
    const position = positionOf(id.toMultihash().bytes)
    const state = { isSuspect: false, isChecked: false, doubt: undefined }
    const contact: Contact = { peerId, position, addresses: [], ...state, pingedMs: clock.monotonic() }
    this.#contacts.set(peerId, contact)
    this.#gone.delete(peerId)
    this.#changed()
    libp2p.peerStore.get(id).then(
      ({ addresses }) => {
        if (contact.addresses.length === 0) contact.addresses = addressTexts(peerId, addresses)
      },
      // Its addresses will come with an update.
      () => {},
    )
  }

  #remove(peerId: string): void {
    this.#contacts.get(peerId)?.doubt?.timer.cancel()
    if (this.#contacts.delete(peerId)) this.#changed()
  }

  #update({ peer }: PeerUpdate): void {
    const contact = this.#contacts.get(peer.id.toString())
    if (contact) contact.addresses = addressTexts(contact.peerId, peer.addresses)
  }

  #trust(peerId: string): void {
    const contact = this.#contacts.get(peerId)
    if (!contact) return
    contact.pingedMs = this.#setup.clock.monotonic()
    if (!contact.isSuspect) return
    contact.isSuspect = false
    this.#changed()
  }

  /** The last connection to a peer is closed. If it is pruned again and again, it is not opened again and again to see whether it could be. */
  #hungUp(peerId: string): void {
    const contact = this.#contacts.get(peerId)
    if (!contact) return
    const { clock, options } = this.#setup
    const isNear = this.#living().closest(this.#self, NEAR).includes(contact)
    const waitMs = contact.isChecked ? contact.pingedMs + options.pingEveryMs - clock.monotonic() : 0
    if (isNear) this.#doubt(contact, waitMs)
  }

  #doubt(contact: Contact, waitMs: number): void {
    const { clock, options } = this.#setup
    const ms = Math.max(options.suspectMs, waitMs)
    const dueMs = clock.monotonic() + ms
    if (this.#isStopped || (contact.doubt && contact.doubt.dueMs <= dueMs)) return
    contact.doubt?.timer.cancel()
    const look = () => {
      contact.doubt = undefined
      void this.#pings.run(() => this.#check(contact))
    }
    contact.doubt = { dueMs, timer: clock.schedule(look, ms) }
  }

  async #check(contact: Contact): Promise<void> {
    const { clock, ping, table } = this.#setup
    const { peerId } = contact
    if (this.#isStopped || this.#contacts.get(peerId) !== contact) return
    // It came back by itself.
    if (!contact.isSuspect && this.#isConnected(peerId)) return
    contact.pingedMs = clock.monotonic()
    contact.isChecked = true
    const isThere = await ping(contact)
    if (this.#isStopped) return
    if (isThere) return this.#trust(peerId)
    this.#gone.add(peerId)
    const [oldest] = this.#gone
    if (this.#gone.size > ALL && oldest !== undefined) this.#gone.delete(oldest)
    await table.remove(peerIdFromString(peerId)).catch(() => {})
  }

  /** Looks at the contact without a connection that was asked longest ago. */
  #lookAtOne(): void {
    let oldest: Contact | undefined
    for (const contact of this.#contacts.values()) {
      if (contact.doubt || this.#isConnected(contact.peerId)) continue
      if (!oldest || contact.pingedMs < oldest.pingedMs) oldest = contact
    }
    const { clock, options } = this.#setup
    if (oldest && clock.monotonic() - oldest.pingedMs >= options.pingEveryMs) this.#doubt(oldest, 0)
  }

  #isConnected(peerId: string): boolean {
    return this.#setup.libp2p.getConnections(peerIdFromString(peerId)).length > 0
  }

  #changed(): void {
    this.#index = undefined
    this.changes.emit()
  }
}
