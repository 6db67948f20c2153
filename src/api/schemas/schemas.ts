import Type, { type TProperties } from 'typebox'
import { LEFT_OUT_REASONS } from '../../library/left-out.ts'
import { PRIORITIES } from '../events/download-changes.ts'
import { MAX_EXAMPLES } from '../views/left-out.ts'

/** Schemas of what the API answers, for OpenAPI; a test holds the answers against them. */

export const CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'
export const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
export const PEER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

/** `title` in the options names the type that generators make of it. */
export const object = <P extends TProperties>(properties: P, options: object = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })
export const text = (description: string, ...examples: string[]) =>
  Type.String({ description, ...(examples.length > 0 && { examples }) })
export const count = (description: string) => Type.Integer({ minimum: 0, description })
export const number = (description: string) => Type.Number({ minimum: 0, description })
export const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Enum([...values], { description })

const entry = {
  cid: text('CID in canonical form', CID),
  sha256: Type.Optional(text('Hex SHA-256 of the bytes; not for folders', SHA256)),
  name: text('File name', 'manual.pdf'),
  path: text('Path below the shared folder, `/` between parts', 'Documents/manual.pdf'),
  size: count('Bytes of the file, or of all files in the folder'),
  kind: oneOf(['file', 'folder'], 'What it is'),
}

export const LibraryEntry = object(
  {
    ...entry,
    modifiedMs: number('Last change, ms since the Unix epoch; 0 when not known'),
    file: text('Absolute path on this machine', '/home/ada/Documents/manual.pdf'),
  },
  { title: 'LibraryEntry' },
)

export const LibraryPageSchema = object(
  {
    entries: Type.Array(LibraryEntry),
    cursor: Type.Optional(text('Give it as `cursor` for the next page; missing at the end')),
  },
  { title: 'LibraryPage' },
)

export const failed = object(
  { event: Type.Literal('error'), code: text('Stable code of the error'), message: text('For people') },
  { title: 'StreamFailure', description: 'It failed after the answer had begun. The last one.' },
)

const leftOut = object(
  {
    count: count('Files and folders; what is in such a folder is not counted'),
    examples: Type.Array(
      object({
        path: text('Path as that of an entry', 'Documents/notes.txt~'),
        reason: oneOf(
          LEFT_OUT_REASONS,
          '`removed` was taken out of the share on request; `changed` was being written to and is shared when that is over',
        ),
      }),
      { maxItems: MAX_EXAMPLES, description: 'The first of them' },
    ),
  },
  { description: 'What was found and is not shared' },
)

export const AddLine = Type.Union(
  [
    object({ event: Type.Literal('added'), ...entry }, { description: 'Shared now' }),
    object(
      {
        event: Type.Literal('done'),
        files: count('Files shared'),
        bytes: count('Their bytes'),
        ms: number('It took so long'),
        leftOut,
      },
      { description: 'All is shared. The last one.' },
    ),
    failed,
  ],
  { title: 'AddLine', description: 'One JSON object a line' },
)

export const Provider = object(
  {
    peerId: text('PeerId', PEER),
    name: text('Name its owner gave it; proves nothing', 'ada'),
    addresses: Type.Array(text('HOST:PORT', '192.0.2.7:9081'), { description: 'gRPC addresses, best first' }),
  },
  { title: 'Provider' },
)

const errorView = object(
  { code: text('Stable code of the error'), message: text('For people') },
  { title: 'ErrorView' },
)

export const locatorReport = object(
  {
    hits: count('Hits it gave'),
    messages: count('Messages that went over links for them, both ways'),
    ms: number('It took so long'),
    asked: count('Peers and index servers whose answer was asked for'),
    bytes: count('Bytes of the messages'),
    firstHitHops: Type.Optional(
      count('Links to the peer that answered with the first hit; 0 for what was known here'),
    ),
    stopped: Type.Optional(
      oneOf(
        ['complete', 'limit', 'timeout', 'cancelled', 'partial', 'ttl'],
        'Why it stopped. partial: somebody did not answer in time; ttl: there may be peers further off. Missing when it failed',
      ),
    ),
    error: Type.Optional(errorView),
    problems: Type.Optional(Type.Array(Type.String(), { description: 'Faults that did not stop it' })),
  },
  { title: 'LocatorReport' },
)

export const SearchLine = Type.Union(
  [
    object(
      {
        event: Type.Literal('hit'),
        ...entry,
        providers: Type.Array(Provider),
        via: Type.Array(text('Locator', 'index')),
      },
      { description: 'Found. A later one of the same CID replaces the one before.' },
    ),
    object(
      {
        event: Type.Literal('done'),
        hits: count('Different CIDs found'),
        ms: number('It took so long'),
        reason: oneOf(['limit', 'complete', 'timeout', 'cancelled'], 'Why it ended'),
        via: Type.Record(Type.String(), locatorReport, { description: 'What each locator did' }),
      },
      { description: 'The search is over. The last one.' },
    ),
    failed,
  ],
  { title: 'SearchLine', description: 'One JSON object a line, or one a server-sent event' },
)

export const FoundTargetSchema = object({
  cid: text('CID in canonical form', CID),
  name: Type.Optional(text('Name in the target, or that it is found under', 'manual.pdf')),
})

export const Download = object(
  {
    id: text('Id on this node'),
    cid: text('CID', CID),
    name: text('Name', 'manual.pdf'),
    path: text('Where it is or will be', '/home/ada/Downloads/manual.pdf'),
    kind: entry.kind,
    state: oneOf(
      ['queued', 'resolving', 'running', 'paused', 'finishing', 'done', 'failed', 'cancelled'],
      'What it does; done, failed and cancelled are final',
    ),
    priority: oneOf(PRIORITIES, 'Which of the waiting ones start first'),
    sequential: Type.Boolean({ description: 'Blocks come from the beginning to the end' }),
    queuePosition: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Place in the queue while it is queued; 1 = next' }),
    ),
    sizeBytes: count('0 while not known'),
    doneBytes: count('Verified and written'),
    rateBytesPerSecond: number('Over the last seconds'),
    etaMs: Type.Optional(number('Left at this rate; missing while it cannot be told')),
    files: Type.Optional(object({ done: count('Complete'), total: count('In the folder') })),
    waitingFor: Type.Optional(
      oneOf(['providers', 'slots'], 'Running, and nobody serves: it looks for somebody, or stands in queues'),
    ),
    sources: Type.Record(Type.String(), count('Bytes'), {
      description: 'Verified bytes by PeerId; those of a mirror by mirror: and its URL',
    }),
    activeSources: Type.Array(
      object({
        peerId: text('PeerId; of a mirror, mirror: and its URL', PEER),
        name: text('Its name'),
        addr: text('HOST:PORT; of a mirror, its URL'),
        state: text('What it does'),
        position: Type.Optional(count('Place in its queue, 1 = next; missing when it does not wait')),
        rateBytesPerSecond: number('Over the last seconds'),
        road: oneOf(
          ['direct', 'relayed', 'tunnel', 'mirror'],
          'How it is reached, or will be tried first; mirror: an HTTP server',
        ),
        doneBytes: count('Verified bytes of it'),
      }),
    ),
    dropped: Type.Array(object({ peerId: text('PeerId', PEER), reason: text('Why') }), {
      description: 'Sources that are not asked any more',
    }),
    error: Type.Optional(errorView),
    createdMs: number('ms since the Unix epoch'),
    finishedMs: Type.Optional(number('ms since the Unix epoch')),
  },
  { title: 'Download', description: 'One download' },
)

const cursor = Type.Optional(text('Give it as `cursor` for the next page; missing at the end'))

export const DownloadList = object({ downloads: Type.Array(Download), cursor }, { title: 'DownloadList' })

export const Shares = object(
  {
    shares: Type.Array(
      object({
        id: text('Id on this node'),
        path: text('Absolute path', '/home/ada/Documents'),
        kind: entry.kind,
        origin: oneOf(['config', 'user', 'download'], 'Who shared it'),
        files: count('Files below it'),
        sizeBytes: count('Their bytes'),
      }),
    ),
  },
  { title: 'Shares' },
)

const upload = object(
  {
    peerId: text('PeerId of who fetches', PEER),
    peerName: text('Name its owner gave it, empty when not known; proves nothing', 'ada'),
    cid: text('CID of the file', CID),
    name: text('Name of the file; empty when it is not shared any more', 'manual.pdf'),
    sizeBytes: Type.Optional(count('Of the file; missing when it is not shared any more')),
    bytes: count('Sent on this stream, of this file and those before it: may be more than sizeBytes'),
    road: oneOf(['direct', 'relayed', 'tunnel'], 'How it fetches'),
    rateBytesPerSecond: number('Over the last seconds'),
    position: Type.Optional(count('Place in the queue, 1 = next; missing while it sends')),
    etaMs: Type.Optional(number('Probable time until its turn; missing while it cannot be told')),
  },
  { title: 'Upload' },
)

export const pausedPeer = {
  peerId: text('PeerId of who fetches', PEER),
  name: text('Name its owner gave it, empty when not known; proves nothing', 'ada'),
  state: oneOf(['paused', 'refused'], 'Why it is not served'),
  untilMs: Type.Optional(number('End of the refusal, ms since the Unix epoch')),
}

export const Uploads = object(
  {
    slots: count('Uploads at once'),
    active: Type.Array(upload),
    queued: Type.Array(upload, { description: 'The next one first; those of paused peers last' }),
    paused: Type.Array(object(pausedPeer), {
      description: 'Peers that are not served because the owner said so; a restart forgets them',
    }),
  },
  { title: 'Uploads' },
)

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
  },
  { title: 'Status' },
)

export const PutDone = object(
  {
    key: text('The key', 'motd'),
    version: number('Version of the value; the greater one of a key counts'),
    writer: text('PeerId of this node, which wrote it', PEER),
    expiresMs: number('When it is void unless this node renews it, ms since the Unix epoch'),
    replicas: count('Nodes that keep it now, this one too when it is one of the closest or alone'),
  },
  { title: 'StoredValue' },
)

export const FoundValue = object(
  {
    key: text('The key', 'motd'),
    version: number('Version of the value'),
    writer: text('PeerId of who wrote it', PEER),
    expiresMs: number('When it is void unless its writer renews it, ms since the Unix epoch'),
    size: count('Bytes of the value'),
    base64: text('The value in base64 (RFC 4648, section 4)', 'aGVsbG8='),
    text: Type.Optional(text('The value as text; missing when it is no UTF-8', 'hello')),
  },
  { title: 'FoundValue' },
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

export const Removed = object({ removed: count('Entries no longer shared') })
export const Health = object({ status: Type.Literal('ok') })
export const DebugState = Type.Record(Type.String(), Type.Unknown(), { description: 'Inner state by part' })
