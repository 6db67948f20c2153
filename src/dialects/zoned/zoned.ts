import { isIPv4 } from 'node:net'
import { every, type Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { printable } from '../../base/printable.ts'
import { withDeadline } from '../../base/signals.ts'
import { MIB } from '../../base/units.ts'
import { PeeringService } from '../../contract/gen/dialects/peering_pb.ts'
import type {
  Caller,
  Dialect,
  DialectAddress,
  DialectContext,
  GrpcDialect,
  GuestFile,
  GuestQuery,
} from '../dialect.ts'
import { Asking } from './asking.ts'
import { handler, RpcError } from './handler.ts'
import { type Member, Members } from './members.ts'
import { Names } from './names.ts'
import { addressText, type PeerAddress } from './peer.ts'
import { type Layout, layoutOf, placeOf, placesOf, zoneOf } from './zones.ts'

export interface ZonedOptions {
  /** Places in all, 1 to 4,096. Default 64. */
  readonly networkSize: number
  /** A divisor of it. Default undefined: zones of the smallest size that divides it and is at least 6. */
  readonly numberOfZones: number | undefined
  /** Nobody calls a member sooner after it registered, ms: its own server comes up later. Default 30,000. */
  readonly graceMs: number
  /** Names that are kept for clients; more are refused. Default 4,096. */
  readonly maxNames: number
}

export const DEFAULT_ZONED_OPTIONS: ZonedOptions = {
  networkSize: 64,
  numberOfZones: undefined,
  graceMs: 30_000,
  maxNames: 4096,
}

/** Longest file that is sent, bytes: clients take messages of 4 MiB. */
const MAX_TEXT_BYTES = MIB
const MAX_NAME_BYTES = 255
const MAX_DELIVERIES = 64
/** How long a delivery may take, with a search of the network. */
const DELIVERY_TIMEOUT_MS = 15_000
/** Between two looks at who is there. */
const PROBE_INTERVAL_MS = 10_000

/**
 * Server and member of the zoned system. Clients hash a name to a place and call who has it, and nobody else; so this node stands at each place that is
 * free, or whose holder is silent: a walk ends at the first zone, and what is stored here is known here. Who registers is given a place that the fewest
 * names known here lead to, and its place is its own from then on; if names do lead there, the node is told of before it, and asks it for what it lacks.
 * @throws ShoalError INVALID_CONFIG
 */
export function zonedDialect(context: DialectContext, options: Partial<ZonedOptions> = {}): Dialect {
  return new Zoned(context, { ...DEFAULT_ZONED_OPTIONS, ...options })
}

class Zoned implements Dialect {
  readonly name = 'zoned'
  readonly grpc: GrpcDialect
  readonly #context: DialectContext
  readonly #layout: Layout
  readonly #names: Names
  readonly #members: Members
  readonly #asking: Asking
  /** By name: who asks for what is on its way waits for the same, so an echo of a question starts nothing. */
  readonly #deliveries = new Map<string, Promise<string>>()
  #stopping = new AbortController()
  #self: PeerAddress | undefined
  #probes: Timer | undefined

  constructor(context: DialectContext, options: ZonedOptions) {
    const { node, clock, random, calls } = context
    this.#context = context
    const { networkSize, numberOfZones, graceMs, maxNames } = options
    const layout = layoutOf(networkSize, numberOfZones)
    const names = new Names({ node, clock, layout, limit: maxNames, maxTextBytes: MAX_TEXT_BYTES })
    const namesAt = (place: number) => names.at(place)
    const mayCall = (host: string) => calls.mayCall(host)
    const members = new Members({ layout, clock, random, namesAt, mayCall })
    const maxAnswerBytes = MAX_TEXT_BYTES + MAX_NAME_BYTES
    this.#asking = new Asking({ members, layout, mayCall, clock, graceMs, maxAnswerBytes })
    this.#layout = layout
    this.#names = names
    this.#members = members
    const { register, unregister, peersByZone, recieveFile, sendFile } = PeeringService.method
    const handlers = [
      handler(register, ({ ip, port }, from) => this.#register(addressOf(ip, port), from)),
      handler(unregister, ({ zoneKey, id }, from) => this.#unregister(zoneKey, id, from)),
      handler(peersByZone, ({ zone }) => this.#peersByZone(zone)),
      handler(recieveFile, ({ fileName }, from) => this.#recieveFile(checkedName(fileName), from)),
      handler(sendFile, async ({ fileName }) => ({ file: await this.#sendFile(checkedName(fileName)) })),
    ]
    this.grpc = { calls: new Map(handlers) }
  }

  start({ host, port, grpcPort }: DialectAddress): void {
    this.#self = { host, port: grpcPort ?? port }
    this.#stopping = new AbortController()
    this.#probes = every(this.#context.clock, PROBE_INTERVAL_MS, () =>
      this.#asking.probe(this.#stopping.signal),
    )
  }

  async stop(): Promise<void> {
    this.#probes?.cancel()
    this.#stopping.abort(new ShoalError('CANCELLED'))
    await Promise.allSettled(this.#deliveries.values())
  }

  /** A name that a member keeps, when the words are one: what clients brought here is in the guest book. */
  async *search({ words }: GuestQuery, signal: AbortSignal): AsyncIterable<GuestFile> {
    const name = words?.trim()
    if (!name || this.#names.isKept(name)) return
    const found = await this.#asking.ask(name, signal)
    if (found) yield this.#guest(name, addressText(found.member))
  }

  view(): Readonly<Record<string, unknown>> {
    const members = this.#members.all().map((member) => ({
      place: member.place,
      zone: zoneOf(member.place, this.#layout),
      address: addressText(member),
      isSilent: member.silentSinceMs !== undefined,
    }))
    return { ...this.#layout, keptNames: this.#names.keptCount, members }
  }

  #register(address: PeerAddress, from: Caller) {
    if (this.#self && addressText(this.#self) === addressText(address))
      throw new ShoalError('INVALID_ARGUMENT', 'This is the address of the server itself.')
    const { place } = this.#members.register(address, from.host)
    const { numberOfZones, zoneSize } = this.#layout
    return { peerId: place, zoneKey: zoneOf(place, this.#layout), numberOfZones, zoneSize }
  }

  #unregister(zoneKey: number, id: number, from: Caller) {
    const member = this.#members.at(id)
    if (!member || zoneOf(id, this.#layout) !== zoneKey)
      throw new ShoalError('NOT_FOUND', `Nobody has place ${id} in zone ${zoneKey}.`)
    if (from.host !== member.from && from.host !== member.host)
      throw new ShoalError('PERMISSION_DENIED', 'A place is given back from where it was registered.')
    this.#members.remove(id)
    return {}
  }

  #peersByZone(zone: number) {
    // Clients walk down until somebody stops them.
    if (zone <= 0) throw new RpcError('INVALID_ARGUMENT', 'The keys of zones begin above 0.')
    const first: [number, PeerAddress][] = []
    const held: [number, PeerAddress][] = []
    const free: [number, PeerAddress][] = []
    for (const place of placesOf(zone, this.#layout)) {
      const member = this.#members.at(place)
      const isHeld = member !== undefined && member.silentSinceMs === undefined
      if (isHeld) held.push([place, member])
      if (this.#self && !isHeld) free.push([place, this.#self])
      // Clients take the first with the place that they want.
      else if (this.#self && this.#isHidden(member!)) first.push([place, this.#self])
    }
    const all = [...first, ...held, ...free]
    return { id: all.map(([place]) => place), ipPort: all.map(([, address]) => addressText(address)) }
  }

  /** Whether a member would hide names that lead to its place; only where it can be asked for those that it has. */
  #isHidden({ place, host }: Member): boolean {
    return this.#names.at(place) > 0 && this.#context.calls.mayCall(host)
  }

  #recieveFile(name: string, from: Caller) {
    if (this.#names.isKept(name)) return {}
    this.#names.checkRoom()
    const there = this.#members.all().filter(({ host }) => host === from.host)
    this.#context.guests.add(this.#guest(name, addressText(there.length === 1 ? there[0]! : from)))
    this.#names.keep(name)
    return {}
  }

  #guest(name: string, holder: string): GuestFile {
    const place = placeOf(name, this.#layout)
    return { dialect: 'zoned', owner: `${zoneOf(place, this.#layout)}:${place}`, name, holder }
  }

  #sendFile(name: string): Promise<string> {
    const underWay = this.#deliveries.get(name)
    if (underWay) return underWay
    if (this.#deliveries.size >= MAX_DELIVERIES) throw new ShoalError('BUSY')
    const delivery = this.#deliver(name).finally(() => this.#deliveries.delete(name))
    this.#deliveries.set(name, delivery)
    return delivery
  }

  /** Own files first, then what was given to keep, then what members of the zone keep, then the network. */
  async #deliver(name: string): Promise<string> {
    using deadline = withDeadline(this.#context.clock, DELIVERY_TIMEOUT_MS, this.#stopping.signal)
    const own = await this.#names.text(name, true, deadline.signal)
    if (own !== undefined) return own
    if (this.#names.isKept(name)) return name
    const asked = await this.#asking.ask(name, deadline.signal)
    const file = asked?.file ?? (await this.#names.text(name, false, deadline.signal))
    if (file === undefined) throw new ShoalError('NOT_FOUND', `Nobody has "${printable(name)}".`)
    return file
  }
}

/** @throws ShoalError INVALID_ARGUMENT */
function addressOf(ip: string, port: string): PeerAddress {
  const host = ip === 'localhost' ? '127.0.0.1' : ip
  if (!isIPv4(host) || host === '0.0.0.0')
    throw new ShoalError('INVALID_ARGUMENT', 'The IP has to be an IPv4 address that others can call.')
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw new ShoalError('INVALID_ARGUMENT', 'The port has to be a number from 1 to 65535.')
  return { host, port: Number(port) }
}

/** @throws ShoalError INVALID_ARGUMENT */
function checkedName(name: string): string {
  if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new ShoalError('INVALID_ARGUMENT', `A name has 1 to ${MAX_NAME_BYTES} bytes.`)
  return name
}
