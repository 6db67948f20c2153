import { isUtf8 } from 'node:buffer'
import { ShoalError } from '../../base/errors.ts'
import { printable } from '../../base/printable.ts'
import { formatBytes, MIB } from '../../base/units.ts'
import { PeeringService } from '../../contract/gen/dialects/peering_pb.ts'
import { Contacts } from '../common/contacts.ts'
import { type Address, addressOf, addressText } from '../common/fields.ts'
import { firstOf } from '../common/first-of.ts'
import { fresh } from '../common/fresh.ts'
import { readWhole } from '../common/read-whole.ts'
import { Tasks } from '../common/tasks.ts'
import { RpcError, unaryWithStatus } from '../common/unary.ts'
import { callUnary, isListening } from '../common/unary-call.ts'
import { given, nameOf } from '../common/values.ts'
import type { Caller, Dialect, DialectContext, DialectFile, GuestFile } from '../dialect.ts'
import { freePlace, layoutOf, placeOf, placesOf, zoneOf } from './zones.ts'

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
  ...{ networkSize: 64, numberOfZones: undefined, graceMs: 30_000, maxNames: 4_096 },
}

/** Longest file that is sent, bytes: clients take messages of 4 MiB. */
const MAX_TEXT_BYTES = MIB
/** Names that are brought at a time, and how long that may take, with a search of the network. */
const DELIVERIES = { limit: 64, timeoutMs: 15_000 }
/** Between two looks at who is there, and how long the silent keep their places. */
const PROBES = { intervalMs: 10_000, forgetMs: 300_000 }
/** Shared files whose places are known, and how long until they are looked at again. */
const SHARED = { limit: 1_000, freshMs: 1_000 }

/**
 * Server and member of the zoned system. Clients hash a name to a place and call who has it, and nobody else; so this node stands at each place that is
 * free, or whose holder is silent: a walk ends at the first zone, and what is stored here is known here. The place of who registers is its own from then
 * on; if names that are known here lead there, the node is told of before it, and asks it for what it lacks.
 * @throws ShoalError INVALID_CONFIG
 */
export function zonedDialect(context: DialectContext, options: Partial<ZonedOptions> = {}): Dialect {
  const { node, guests, clock } = context
  const { networkSize, numberOfZones, graceMs, maxNames } = { ...DEFAULT_ZONED_OPTIONS, ...options }
  const layout = layoutOf(networkSize, numberOfZones)
  /** By place. */
  const members = new Contacts<number, Address>(context, { limit: networkSize, graceMs })
  /** What clients gave to keep. */
  const kept = { names: new Set<string>(), places: new Set<number>() }
  const sharedPlaces = fresh(clock, SHARED.freshMs, () => {
    const files = node.shared({ limit: SHARED.limit, maxBytes: MAX_TEXT_BYTES })
    return new Set(files.map(({ name }) => placeOf(name, layout)))
  })
  const deliveries = new Tasks<string>({ clock, ...DELIVERIES })
  let self: Address | undefined

  /** Who had a place has it again. When all are taken, the silent lose theirs first, then those whom nobody can ask. */
  function register(address: Address, from: Caller) {
    const text = addressText(address)
    if (self && addressText(self) === text)
      throw new ShoalError('INVALID_ARGUMENT', 'This is the address of the server itself.')
    const all = members.all()
    const peerId =
      all.find(({ value }) => addressText(value) === text)?.key ??
      freePlace(layout, context.random, (place) => members.get(place) !== undefined) ??
      all.find(({ isSilent }) => isSilent)?.key ??
      all.find((contact) => !members.mayCall(contact))?.key
    if (peerId === undefined) throw new ShoalError('NO_SPACE', 'All places are taken. Try again later.')
    members.add(peerId, address, from.host)
    return { peerId, zoneKey: zoneOf(peerId, layout), ...layout }
  }

  function unregister(zoneKey: number, id: number, { host }: Caller) {
    const member = members.get(id)
    if (!member || zoneOf(id, layout) !== zoneKey)
      throw new ShoalError('NOT_FOUND', `Nobody has place ${id} in zone ${zoneKey}.`)
    if (host !== member.from && host !== member.value.host)
      throw new ShoalError('PERMISSION_DENIED', 'A place is given back from where it was registered.')
    members.remove(id)
  }

  /** Clients take the first with the place that they want, and walk down until somebody stops them. */
  function peersByZone(zone: number) {
    if (zone <= 0) throw new RpcError('INVALID_ARGUMENT', 'The keys of zones begin above 0.')
    const isLedTo = (place: number) => kept.places.has(place) || sharedPlaces().has(place)
    const told = placesOf(zone, layout).flatMap((place) => {
      const known = members.get(place)
      const member = known?.isSilent ? undefined : known
      const isOwn = !member || (members.mayCall(member) && isLedTo(place))
      const own = self && isOwn ? [{ order: member ? 0 : 2, place, address: addressText(self) }] : []
      return member ? [...own, { order: 1, place, address: addressText(member.value) }] : own
    })
    told.sort((a, b) => a.order - b.order)
    return { id: told.map(({ place }) => place), ipPort: told.map(({ address }) => address) }
  }

  function keep(name: string, from: Caller) {
    if (kept.names.has(name)) return
    if (kept.names.size >= maxNames) throw new ShoalError('NO_SPACE', 'No more names are kept here.')
    const there = members.all().filter(({ value }) => value.host === from.host)
    guests.add(guest(name, there.length === 1 ? there[0]!.value : from))
    kept.names.add(name)
    kept.places.add(placeOf(name, layout))
  }

  function guest(name: string, holder: Address): GuestFile {
    const place = placeOf(name, layout)
    return { dialect: 'zoned', owner: `${zoneOf(place, layout)}:${place}`, name, holder: addressText(holder) }
  }

  /** Own files first, then what was given to keep, then what members of the zone keep, then the network. */
  async function deliver(name: string, signal: AbortSignal): Promise<string> {
    const text = (here: boolean) => firstOf(node, { name, here }, (file) => textIn(file, signal), signal)
    const own = await text(true)
    if (own !== undefined) return own
    if (kept.names.has(name)) return name
    const file = (await ask(name, signal))?.file ?? (await text(false))
    if (file === undefined) throw new ShoalError('NOT_FOUND', `Nobody has "${printable(name)}".`)
    return file
  }

  async function textIn(file: DialectFile, signal: AbortSignal): Promise<string> {
    const [named, has] = [`"${printable(file.name)}"`, formatBytes(file.sizeBytes)]
    const most = `only text of up to ${formatBytes(MAX_TEXT_BYTES)} is sent.`
    if (file.sizeBytes > MAX_TEXT_BYTES) throw new ShoalError('TOO_LARGE', `${named} has ${has}: ${most}`)
    const bytes = await readWhole(node, file, signal)
    if (!isUtf8(bytes)) throw new ShoalError('NOT_ACCEPTABLE', `${named} is not text in UTF-8: ${most}`)
    return bytes.toString()
  }

  /** Asks members of a name's zone for it. */
  function ask(name: string, signal: AbortSignal) {
    const place = placeOf(name, layout)
    const call = { method: PeeringService.method.sendFile, maxBytes: MAX_TEXT_BYTES + 1_024 }
    return members.ask(
      [place, ...placesOf(zoneOf(place, layout), layout)],
      async ({ key, value: holder }, signal) => {
        const request = { fileName: name, properFile: key === place }
        const { status, file } = await callUnary(holder, { ...call, request, signal })
        return status === 'failed' ? undefined : { holder, file }
      },
      signal,
    )
  }

  const { method } = PeeringService
  const handlers = [
    unaryWithStatus(method.register, ({ ip, port }, from) => register(readAddress(ip, port), from)),
    unaryWithStatus(method.unregister, ({ zoneKey, id }, from) => unregister(zoneKey, id, from)),
    unaryWithStatus(method.peersByZone, ({ zone }) => peersByZone(zone)),
    unaryWithStatus(method.recieveFile, ({ fileName }, from) => keep(readName(fileName), from)),
    unaryWithStatus(method.sendFile, async ({ fileName }) => {
      const name = readName(fileName)
      return { file: await deliveries.run(name, (signal) => deliver(name, signal)) }
    }),
  ]

  return {
    name: 'zoned',
    grpc: { calls: new Map(handlers) },
    start({ host, port, grpcPort }) {
      self = { host, port: grpcPort ?? port }
      // The protocol has no word for it; that somebody listens has to do.
      deliveries.every(PROBES.intervalMs, (signal) => members.probe(isListening, PROBES.forgetMs, signal))
    },
    stop: () => deliveries.stop(),
    /** A name that a member keeps, when the words are one: what clients brought here is in the guest book. */
    async *search({ words }, signal) {
      const name = nameOf(words?.trim())
      const found = name && !kept.names.has(name) ? await ask(name, signal) : undefined
      if (name && found) yield guest(name, found.holder)
    },
    view() {
      const told = members.all().map(({ key: place, value, isSilent }) => {
        return { place, zone: zoneOf(place, layout), address: addressText(value), isSilent }
      })
      return { ...layout, keptNames: kept.names.size, members: told }
    },
  }
}

const readAddress = (ip: string, port: string): Address =>
  given(addressOf(ip, port), 'INVALID_ARGUMENT', 'Give an IPv4 address that others can call, and a port.')

const readName = (name: string): string =>
  given(nameOf(name), 'INVALID_ARGUMENT', 'A name is one line of 1 to 255 characters.')
