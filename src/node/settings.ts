import { hostname } from 'node:os'
import Type, { type Static, type TSchema, type TSchemaOptions } from 'typebox'
import { KEEPS_FOR } from '../api/views/replica-view.ts'
import { LOG_LEVELS, LOG_MODULES } from '../base/log.ts'
import type { LogLevels } from '../base/log-levels.ts'
import { GIB } from '../base/units.ts'
import { LOCATOR_NAMES } from '../discovery/locator.ts'
import { DEFAULT_RELAY_OPTIONS } from '../fabric/relay/options.ts'

/** What each setting says beside its JSON schema: `restart`: whether a change needs one. */
const restart = { restart: true }
const live = { restart: false }

const port = (preset: number, what: string) =>
  Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: preset,
    description: `${what} 0 takes any free one.`,
    ...restart,
  })

const strings = (description: string, extra: object) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), {
    default: [],
    maxItems: 1000,
    description,
    ...extra,
  })

/** A union of literals keeps what it may be in the schema; the type of a mapped union would be lost. */
const oneOf = <T extends string>(values: readonly T[], options: TSchemaOptions = {}) =>
  Type.Unsafe<T>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      options,
    ),
  )

const common = {
  name: Type.String({
    default: hostname(),
    minLength: 1,
    maxLength: 64,
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
    description: 'Name that others see. Default: the name of the machine.',
    ...restart,
  }),
  httpHost: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    description:
      'Address the HTTP API listens on. Leave it on loopback unless a proxy with its own login stands before it.',
    ...restart,
  }),
  grpcHost: Type.String({
    default: '0.0.0.0',
    minLength: 1,
    description: 'Address that gRPC and libp2p, which other peers use, listen on.',
    ...restart,
  }),
  logLevel: oneOf(LOG_LEVELS, { default: 'info', description: 'What is logged to stderr.', ...live }),
  logLevels: Type.Unsafe<LogLevels>(
    Type.Partial(Type.Object(Object.fromEntries(LOG_MODULES.map((module) => [module, oneOf(LOG_LEVELS)]))), {
      additionalProperties: false,
      default: {},
      unit: 'logLevels',
      description: `Modules of which more or less than that is logged: an object, or text such as \`transfer=debug,link=warn\`. Modules: ${LOG_MODULES.join(', ')}.`,
      ...live,
    }),
  ),
}

const interval = (preset: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: preset, minimum, maximum, description, ...restart })

/** The network without a server. Minima keep a mistake from becoming a flood of messages; tests need short times. */
const network = {
  heartbeatMs: interval(5000, 100, 600_000, 'Neighbours send each other a heartbeat this often, ms.'),
  missedHeartbeats: Type.Integer({
    default: 3,
    minimum: 1,
    maximum: 100,
    description: 'After so many missed ones a neighbour is suspected, and others are asked to try it.',
    ...restart,
  }),
  probeTimeoutMs: interval(
    2000,
    50,
    60_000,
    'A suspected peer that answers nobody within this is taken for dead, ms.',
  ),
  gossipMs: interval(15_000, 100, 3_600_000, 'A neighbour is told of some other peers this often, ms.'),
  recordTtlMs: interval(
    3_600_000,
    60_000,
    86_400_000,
    'What the node says of itself holds so long, ms; it is renewed at half of it. Peers and files of one that vanished without a word are forgotten by then.',
  ),
  floodTtl: Type.Integer({
    default: 5,
    minimum: 1,
    maximum: 7,
    description: 'A flooded search reaches peers at most so many hops away.',
    ...restart,
  }),
  zoneRepublishMs: interval(
    300_000,
    1000,
    3_600_000,
    'Zones are told this often that what they know of this node still holds, ms.',
  ),
  zoneSyncMs: interval(20_000, 100, 3_600_000, 'Members of a zone compare what they know this often, ms.'),
}

/** The libp2p host, which index servers have too: as relays. */
const fabric = (preset: number) => ({
  p2pPort: port(preset, 'TCP port of the libp2p host.'),
  p2pWsPort: port(preset + 100, 'Port of the libp2p host for WebSockets; not used in a private network.'),
  announce: strings(
    'Addresses under which others reach this node besides its own, as through a forwarded port: HOST:PORT of gRPC, or multiaddrs of libp2p.',
    restart,
  ),
  upnp: Type.Boolean({
    default: true,
    description:
      'Ask the router (UPnP) to forward the ports of gRPC and libp2p. Not done while `grpcHost` is a loopback address.',
    ...restart,
  }),
})

const bytes = (preset: number, description: string) =>
  Type.Integer({ default: preset, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description, ...live })

const rate = (preset: number, description: string) =>
  Type.Integer({
    default: preset,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    unit: 'bytesPerSecond',
    description: `${description} Bytes a second, or text such as 5MiB/s or 40Mbit/s. 0: as fast as it goes.`,
    ...live,
  })

/** How fast files are moved. */
const limits = {
  uploadLimit: rate(0, 'Rate of all uploads to peers that are not on the local network.'),
  downloadLimit: rate(0, 'Rate of all downloads from peers that are not on the local network.'),
  uploadLimitPerPeer: rate(0, 'Rate of the uploads to one such peer.'),
  downloadLimitPerPeer: rate(0, 'Rate of the downloads from one such peer.'),
  uploadLimitLan: rate(0, 'Rate of all uploads to peers on the local network.'),
  downloadLimitLan: rate(0, 'Rate of all downloads from peers on the local network.'),
  limitsIncludeLan: Type.Boolean({
    default: false,
    description:
      'Peers on the local network (private, link-local and loopback addresses) count for `uploadLimit`, `downloadLimit` and the limits per peer too.',
    ...live,
  }),
}

/** What a relay gives away; the presets stand with the relay. */
const relay = {
  relaySlots: Type.Integer({
    default: DEFAULT_RELAY_OPTIONS.slots,
    minimum: 0,
    maximum: 10_000,
    description: 'As a relay: peers that can be reached through this one.',
    ...live,
  }),
  relaySlotsPerAddress: Type.Integer({
    default: DEFAULT_RELAY_OPTIONS.slotsPerAddress,
    minimum: 1,
    maximum: 10_000,
    description: 'As a relay: of them, peers at one IPv4 address or in one IPv6 /64 network.',
    ...live,
  }),
  relayConnectionBytes: Type.Integer({
    default: DEFAULT_RELAY_OPTIONS.connectionBytes,
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'As a relay: bytes that one relayed connection may carry, both directions together.',
    ...restart,
  }),
  relayPeerBytesPerDay: bytes(
    DEFAULT_RELAY_OPTIONS.peerBytesPerDay,
    'As a relay: bytes that one peer may have passed on in 24 hours.',
  ),
  relayBytesPerDay: bytes(
    DEFAULT_RELAY_OPTIONS.bytesPerDay,
    'As a relay: bytes passed on in 24 hours in all.',
  ),
  relayPeerBytesPerSecond: rate(DEFAULT_RELAY_OPTIONS.peerBytesPerSecond, 'As a relay: rate for one peer.'),
  relayBytesPerSecond: rate(
    DEFAULT_RELAY_OPTIONS.bytesPerSecond,
    'As a relay: rate in all, shared by those who dial.',
  ),
}

/** The wish list. The minimum keeps it from becoming a burden to others. */
const wishes = {
  wishIntervalMs: Type.Integer({
    default: 600_000,
    minimum: 60_000,
    maximum: 604_800_000,
    description: 'Each wish is searched for once in this time, ms; less often when there are many.',
    ...live,
  }),
  wishMaxFetches: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: 1000,
    description: 'Hits that wishes fetch by themselves in 24 hours, over all wishes.',
    ...live,
  }),
  wishMaxBytes: bytes(
    4 * GIB,
    'Hits of wishes that are larger than this, bytes, are not fetched by themselves. 0: of any size.',
  ),
}

/** Copies that are kept for others, and how copies are looked after. Minima keep a mistake from becoming a burden to others; tests need short times. */
const replicas = {
  replicasFor: oneOf(KEEPS_FOR, {
    default: 'trusted',
    description:
      'For whom copies are kept: `nobody`, `trusted` (the members of the private network, if there is one, and `replicasForPeers`), or `everybody`.',
    ...live,
  }),
  replicasForPeers: strings('PeerIds for which copies are kept when `replicasFor` is `trusted`.', live),
  replicaBytes: bytes(
    10 * GIB,
    'Copies for others may have so many bytes in all. With less than there are, some are let go of once others have replaced them.',
  ),
  replicaFiles: bytes(10_000, 'Copies for others, files and folders, in all.'),
  replicaBytesPerPeer: bytes(5 * GIB, 'Copies for one other peer may have so many bytes.'),
  replicaFilesPerPeer: bytes(5000, 'Copies for one other peer.'),
  replicaCheckMs: interval(
    10_000,
    500,
    3_600_000,
    'Those who order and keep the same copies tell each other this often what they have, ms.',
  ),
  replicaGraceMs: interval(
    30_000,
    1000,
    86_400_000,
    'Who has not been heard of for this long is taken for gone: copies that were there are made again elsewhere, ms. Longer spares copies when machines are off for a while.',
  ),
}

/** Clients of other systems. */
const dialects = {
  dialects: strings(
    'Other systems whose clients this node serves, and on which ports: `NAME:PORT`, for kv also `NAME:PORT:GRPCPORT`. Names: central, zoned, neighbour, flood, kv. They prove nothing, so whoever can reach the port may use it; see docs/DIALECTS.md.',
    restart,
  ),
  dialectHost: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    description:
      'IP address that dialects listen on. Leave it on loopback unless everybody who can reach another one is welcome.',
    ...restart,
  }),
  dialectShares: strings(
    'Files and folders that clients of dialects may have, of those that are shared: absolute paths. Empty: all that is shared, but for copies kept for others.',
    restart,
  ),
  dialectPeers: strings(
    'Peers that dialects may call though they have not called first: IP address, IP:PORT or HOST. With `flood` they are joined at the start.',
    restart,
  ),
  dialectNetwork: Type.Boolean({
    default: true,
    description: 'Clients of dialects also find and get what other nodes share. Never in a private network.',
    ...restart,
  }),
  dialectGuestBytes: Type.Integer({
    default: GIB,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description:
      'Room for files that clients of dialects hold, bytes: they are fetched, and shared like others as long as their owner is there.',
    ...restart,
  }),
}

/** Every setting of a node. This one schema checks config files, environment and flags, and makes docs/CONFIG.md. */
export const NodeSettings = Type.Object(
  {
    ...common,
    shares: strings('Files and folders to share: absolute paths.', live),
    downloads: Type.String({
      default: '',
      description:
        'Folder for downloads. Empty: `downloads` in the folder given with --data, otherwise `Shoal` in the user’s download folder.',
      ...live,
    }),
    httpPort: port(8081, 'Port of the HTTP API.'),
    gateway: Type.Boolean({
      default: true,
      description:
        'Give content by its CID, `/ipfs/CID` on the HTTP port, to whoever can reach that. Off: only to those who have the token of the API, as `shoal get --stream` does.',
      ...live,
    }),
    grpcPort: port(9081, 'Port of the gRPC server.'),
    ...fabric(4081),
    allowedHosts: strings(
      'Values of the Host header, HOST:PORT, besides 127.0.0.1, localhost and [::1] under which the HTTP API may be called, as through a proxy.',
      restart,
    ),
    index: strings(
      'Index servers: HOST:PORT (gRPC), http://HOST:PORT, or PEERID@HOST:PORT to accept only that identity.',
      restart,
    ),
    peers: strings(
      'Peers to contact at the start: HOST:PORT of their gRPC server, or multiaddrs that end with /p2p/PEERID.',
      restart,
    ),
    discovery: Type.Array(oneOf(LOCATOR_NAMES), {
      default: ['index', 'zone', 'flood', 'dht'],
      uniqueItems: true,
      description:
        'Locators to use: `index`, `zone`, `flood`, `dht`. With `zone` or `flood` the node takes part in the network without a server; the index servers then only tell whom to join when `index` is left out. With `dht` it is found through the DHT, and the key-value store is there.',
      ...restart,
    }),
    ...network,
    mdns: Type.Boolean({
      default: true,
      description:
        'Find peers on the local network by multicast DNS. Not done while `grpcHost` is a loopback address, nor in a private network, where it would tell everybody who is there.',
      ...restart,
    }),
    relay: Type.Boolean({
      default: false,
      description:
        'Be a relay: peers that nobody can reach are reached through this one, within the quotas below. Index servers always are.',
      ...restart,
    }),
    ...relay,
    uploadSlots: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1000,
      description:
        'Peers served at once, block by block in turn; more wait in a queue. More slots serve more peers, each one slower.',
      ...restart,
    }),
    maxDownloads: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: 100,
      description: 'Downloads that run at once; more wait.',
      ...restart,
    }),
    ...limits,
    rescanMs: Type.Integer({
      default: 30_000,
      minimum: 1000,
      maximum: 86_400_000,
      description: 'Time between full rescans of the shares, ms: finds what the watcher missed.',
      ...restart,
    }),
    settleMs: Type.Integer({
      default: 2000,
      minimum: 0,
      maximum: 3_600_000,
      description: 'A file is shared once it has not changed for this long, ms.',
      ...restart,
    }),
    verifyRate: Type.Integer({
      default: 0,
      minimum: 0,
      description:
        'Bytes a second that `shoal verify` reads at most; 0 = as many as it can. Whatever else the node does goes first in any case.',
      ...live,
    }),
    logQueries: Type.Boolean({
      default: true,
      description:
        'Keep the last 200 searches of others that this node answered or passed on, with their words, for `shoal stats --queries` and the page. In memory only; off: they are only counted, and those that were kept are forgotten.',
      ...live,
    }),
    searchTimeoutMs: Type.Integer({
      default: 10_000,
      minimum: 100,
      maximum: 600_000,
      description: 'A search ends after this long at the latest, ms.',
      ...live,
    }),
    ...wishes,
    ...replicas,
    ...dialects,
  },
  { additionalProperties: false },
)

export type NodeConfig = Static<typeof NodeSettings>

/** Every setting of an index server. */
export const IndexSettings = Type.Object(
  {
    ...common,
    httpPort: port(8080, 'Port of the HTTP API.'),
    grpcPort: port(9080, 'Port of the gRPC server.'),
    ...fabric(4080),
    ...relay,
    heartbeatMs: Type.Integer({
      default: 5000,
      minimum: 100,
      maximum: 600_000,
      description: 'Peers send a heartbeat this often, ms; after three missed ones they are taken for gone.',
      ...restart,
    }),
  },
  { additionalProperties: false },
)

export type IndexConfig = Static<typeof IndexSettings>

/** One row of the settings' documentation. */
export interface SettingDoc {
  key: string
  environment: string
  default: unknown
  description: string
  restart: boolean
}

/** `httpPort` -> `SHOAL_HTTP_PORT`. */
export const environmentName = (key: string): string => `SHOAL_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`

/** The settings of `schema` in their order, as documentation shows them. */
export function describeSettings(schema: { properties: Record<string, TSchema> }): SettingDoc[] {
  return Object.entries(schema.properties).map(([key, property]) => {
    const facts = property as { default?: unknown; description?: string; restart?: boolean }
    return {
      key,
      environment: environmentName(key),
      default: facts.default,
      description: facts.description ?? '',
      restart: facts.restart ?? true,
    }
  })
}
