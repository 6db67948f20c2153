import Type from 'typebox'
import { count, cursor, number, object, oneOf, PEER, text } from './forms.ts'

/** Schemas of what the API answers about the node, its peers and its settings. */

export const Peers = object(
  {
    peers: Type.Array(
      object({
        peerId: text('PeerId', PEER),
        name: text('Name its owner gave it; proves nothing', 'ada'),
        addr: text('Address last used, HOST:PORT; empty when none was', '192.0.2.7:9081'),
        addresses: Type.Array(Type.String()),
        road: oneOf(['direct', 'relayed', 'tunnel'], 'How it is reached'),
        zone: Type.Union([Type.String(), Type.Null()], {
          description: 'Bits of its zone; empty while there is one zone, null when it is in none',
        }),
        state: oneOf(
          ['alive', 'suspect', 'dead', 'left', 'known'],
          'How it is; known: told of or remembered, not watched',
        ),
        neighbour: Type.Boolean({ description: 'A stream to it is open' }),
        latencyMs: Type.Union([number('Of its last sign of life'), Type.Null()]),
        lastSeenMs: number('Last sign of life, ms since the Unix epoch'),
        updatedMs: Type.Union([
          number('When it last told of itself (name, addresses, zone), ms since the Unix epoch by its clock'),
          Type.Null(),
        ]),
        via: text('How this node came to know it', 'index'),
      }),
    ),
    cursor,
  },
  { title: 'Peers' },
)

const settings = Type.Record(Type.String(), Type.Unknown(), { description: 'Setting to value' })

export const Config = object(
  {
    config: settings,
    schema: Type.Record(Type.String(), Type.Unknown(), { description: 'JSON Schema of the settings' }),
    sources: Type.Record(Type.String(), oneOf(['default', 'file', 'env', 'flag'], 'Where it comes from')),
  },
  { title: 'Settings' },
)

export const ConfigChanged = object({
  config: settings,
  restartNeeded: Type.Array(Type.String(), { description: 'Settings that take effect at the next start' }),
})

export const Status = object(
  {
    peerId: text('PeerId of this node', PEER),
    name: text('Its name', 'ada'),
    version: text('Version of Shoal', '0.1.0'),
    uptimeMs: number('Since its start'),
    http: text('URL of this API', 'http://127.0.0.1:8081'),
    grpc: Type.Optional(text('HOST:PORT of its gRPC server', '0.0.0.0:9081')),
    addresses: Type.Array(text('HOST:PORT', '192.0.2.7:9081'), { description: 'Told to other peers' }),
    p2p: Type.Array(Type.String(), { description: 'Multiaddrs of its libp2p host' }),
    dataDir: text('Data folder', '/home/ada/.local/share/shoal'),
    library: object({
      files: count('Files shared'),
      folders: count('Folders shared'),
      sizeBytes: count('Bytes of all files'),
      damaged: count('Files whose bytes are wrong: not shared'),
      hashing: Type.Union(
        [
          Type.Null(),
          object({ files: count('Waiting'), bytesDone: count('Hashed'), bytesTotal: count('To hash') }),
        ],
        { description: 'What is being hashed; null when nothing is' },
      ),
      shares: Type.Array(Type.String(), { description: 'Absolute paths' }),
    }),
    locators: Type.Record(Type.String(), Type.Unknown(), { description: 'State of each enabled locator' }),
    downloads: Type.Record(Type.String(), Type.Integer(), { description: 'Counts: `active` and others' }),
    uploads: object({ active: count('Running'), queued: count('Waiting'), slots: count('Most at once') }),
    peers: count('Known peers'),
    network: Type.Union(
      [
        Type.Null(),
        object({
          role: oneOf(['member', 'leaf'], 'A leaf cannot be called by others'),
          neighbours: count('Peers with whom a stream is open'),
          zone: text('Bits of its zone; empty while there is one zone', '011'),
          zoneSize: count('Peers in the own zone, this one too'),
          size: count('Peers in the network, as far as it can be told'),
        }),
      ],
      { description: 'The network without a server; null when this node takes no part in it' },
    ),
    reachability: oneOf(
      ['unknown', 'local', 'private', 'public'],
      'Who can connect: nobody outside (private), others outside (public), those of the same network (local)',
    ),
    relay: object({
      reservations: Type.Array(text('PeerId', PEER), { description: 'Relays through which others reach it' }),
      serving: Type.Union(
        [
          Type.Null(),
          object({
            reservations: count('Peers that are reached through it'),
            slots: count('How many there may be'),
            connections: count('Relayed now'),
            bytesToday: count('Relayed in the last 24 hours'),
            bytesPerDay: count('How many there may be'),
          }),
        ],
        { description: 'What it does as a relay of others; null when it is none' },
      ),
    }),
    dht: object({
      mode: oneOf(['client', 'server'], 'A client asks the DHT and is not asked'),
      contacts: count('Peers of the DHT that it knows'),
    }),
    privateNetwork: Type.Union(
      [Type.Null(), object({ name: text('Its name', 'home'), fingerprint: text('Of its key', '1A2B-3C4D') })],
      { description: 'The private network that it is in; null for the public one' },
    ),
    replicas: object({
      ordered: count('Orders of copies of what it shares that last'),
      short: count('Of them, those with fewer live copies than wanted'),
      kept: count('Copies that it keeps for others'),
      keptBytes: count('Bytes of these'),
    }),
    dialects: Type.Array(
      object({
        name: oneOf(['central', 'zoned', 'neighbour', 'flood', 'kv'], 'Which system'),
        address: text('HOST:PORT that its clients call', '127.0.0.1:5000'),
        grpcAddress: Type.Optional(text('HOST:PORT of its gRPC, when that is another one', '127.0.0.1:7001')),
        calls: object({
          ok: count('Answered'),
          refused: count('Wrong, or too many'),
          failed: count('Not answered, for a fault of this side or of those that it asked'),
        }),
        state: Type.Record(Type.String(), Type.Unknown(), { description: 'What it tells of itself' }),
      }),
      { description: 'Systems whose clients this node serves' },
    ),
  },
  { title: 'Status' },
)

export const DoctorReport = object(
  {
    checks: Type.Array(
      object({
        id: text('Stable name of the check; `index` comes once for each index server', 'reachability'),
        status: oneOf(
          ['ok', 'warn', 'broken', 'skipped'],
          'warn: works, but less than it could. skipped: cannot be told, or does not apply; the detail says why',
        ),
        title: text('What was looked at, for people', 'Reachability'),
        detail: text('What was found'),
        fix: text('What to do; empty when nothing is to be done'),
      }),
    ),
  },
  { title: 'DoctorReport' },
)

export const Health = object({ status: Type.Literal('ok') })

export const DebugState = Type.Record(Type.String(), Type.Unknown(), { description: 'Inner state by part' })
