import { CID, PEER } from '../schemas/forms.ts'
import { ADA, NOON_MS, OTHER_PEER, UUID } from './things.ts'

const upload = {
  ...{ peerId: OTHER_PEER, peerName: 'bob', cid: CID, name: 'manual.pdf', sizeBytes: 20_971_520 },
  ...{ bytes: 5_242_880, road: 'direct', rateBytesPerSecond: 10_485_760 },
}

const { rateBytesPerSecond: _, ...waiting } = upload

const series = (stepMs: number) => ({
  ...{ stepMs, endMs: NOON_MS, uploadedBytes: [0, 1_048_576], downloadedBytes: [2_097_152, 0] },
  ...{ blockFailures: [0, 0], searches: [1, 0], queries: [2, 5], peersAlive: [11, 12], neighbours: [4, 4] },
})

const report = { hits: 1, messages: 4, ms: 12, asked: 2, bytes: 300, firstHitHops: 2, stopped: 'complete' }

const settings = { name: 'ada', maxUploads: 8 }

export const NODE_EXAMPLES = {
  status: {
    ...{ peerId: PEER, name: 'ada', version: '0.1.0', uptimeMs: 3_600_000 },
    ...{ http: 'http://127.0.0.1:8081', grpc: '0.0.0.0:9081', addresses: ['192.0.2.7:9081'] },
    p2p: [`/ip4/192.0.2.7/tcp/4081/p2p/${PEER}`],
    dataDir: '/home/ada/.local/share/shoal',
    library: {
      ...{ files: 400, folders: 12, sizeBytes: 10_000_000_000, damaged: 0 },
      ...{ hashing: null, shares: ['/home/ada/Documents'] },
    },
    locators: { index: { connected: true } },
    downloads: { active: 1, done: 3 },
    uploads: { active: 1, queued: 1, slots: 8 },
    peers: 12,
    network: { role: 'member', neighbours: 4, zone: '', zoneSize: 13, size: 13 },
    reachability: 'public',
    relay: { reservations: [], serving: null },
    dht: { mode: 'server', contacts: 12 },
    privateNetwork: null,
    replicas: { ordered: 12, short: 0, kept: 4, keptBytes: 104_857_600 },
    dialects: [
      {
        ...{ name: 'central', address: '127.0.0.1:5000', calls: { ok: 12, refused: 1, failed: 0 } },
        state: { peers: 1 },
      },
    ],
  },
  events: 'id: mh3x2k1s-7\nevent: library\ndata: {"added":1,"removed":0}\n\n',
  uploads: {
    slots: 8,
    active: [upload],
    queued: [{ ...waiting, bytes: 0, rateBytesPerSecond: 0, position: 1, etaMs: 2000 }],
    paused: [{ peerId: OTHER_PEER, name: 'bob', state: 'refused', untilMs: NOON_MS + 600_000 }],
  },
  served: { peerId: OTHER_PEER, name: 'bob', state: 'served' },
  paused: { peerId: OTHER_PEER, name: 'bob', state: 'paused' },
  refused: { peerId: OTHER_PEER, name: 'bob', state: 'refused', untilMs: NOON_MS + 600_000 },
  peers: {
    peers: [
      {
        ...{ ...ADA, addr: '192.0.2.7:9081', road: 'direct', zone: '', state: 'alive', neighbour: true },
        ...{ latencyMs: 1.5, lastSeenMs: NOON_MS, updatedMs: NOON_MS, via: 'index' },
      },
    ],
    cursor: 'WzE3OTM2MjA4MDAwMDAsIjEyRDMiXQ',
  },
  config: {
    config: settings,
    schema: { type: 'object', properties: { name: { type: 'string' }, maxUploads: { type: 'integer' } } },
    sources: { name: 'file', maxUploads: 'default' },
  },
  configChanged: { config: { ...settings, name: 'grace' }, restartNeeded: [] },
  put: { key: 'motd', version: NOON_MS, writer: PEER, expiresMs: NOON_MS + 86_400_000, replicas: 8 },
  value: {
    ...{ key: 'motd', version: NOON_MS, writer: PEER, expiresMs: NOON_MS + 86_400_000 },
    ...{ size: 5, base64: 'aGVsbG8=', text: 'hello' },
  },
  doctor: {
    checks: [
      { id: 'reachability', status: 'ok', title: 'Reachability', detail: 'Others can connect.', fix: '' },
      {
        ...{ id: 'index', status: 'broken', title: 'Index server index.example.org:9080' },
        ...{ detail: 'It does not answer.', fix: 'Is it running? Its operator starts it with: shoal index' },
      },
    ],
  },
  debug: { library: { queue: 0 }, api: { streams: 1, events: { readers: 1 } } },
  health: { status: 'ok' },
  ready: { status: 'ready' },
  metrics:
    '# HELP shoal_peers Known peers, by state.\n# TYPE shoal_peers gauge\nshoal_peers{state="alive"} 12\n',
  qr: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><path d="M4 4h7v1H4z"/></svg>',
  stats: {
    ...{ nowMs: NOON_MS, startedMs: NOON_MS - 3_600_000 },
    totals: {
      ...{ uploadedBytes: 1_048_576, uploadedLanBytes: 0, downloadedBytes: 2_097_152, downloadedLanBytes: 0 },
      ...{ blocksVerified: 2, blockFailures: { stalled: 1 }, searches: 1, hits: 1, messages: { flood: 4 } },
      queries: { flood: { received: 7, answered: 2, dropped: 0 } },
      ...{ downloadsDone: 1, downloadsFailed: 0, filesDone: 1 },
    },
    now: {
      ...{ peersKnown: 12, peersAlive: 12, neighbours: 4, zoneSize: 13, networkSize: 13, dhtContacts: 12 },
      ...{ dhtMode: 'server', dhtRecords: 7, downloadsActive: 1, uploadsActive: 1, uploadsQueued: 1 },
      eventReaders: 1,
    },
    storage: {
      ...{ libraryFiles: 400, libraryBytes: 10_000_000_000, catalogueBytes: 409_600, stateBytes: 40_960 },
      ...{ downloadsBytesLeft: 200_000_000_000, freeBytes: 200_000_000_000 },
    },
    series: { hour: series(10_000), day: series(60_000) },
  },
  searches: {
    searches: [
      {
        ...{ id: UUID, queryIds: [UUID], startedMs: NOON_MS, query: { words: 'annual report*' } },
        ...{ ms: 12, hits: 1, reason: 'complete', via: { flood: report } },
        responders: [{ peerId: OTHER_PEER, name: 'bob', hits: 1, via: ['flood'], hops: 2, through: PEER }],
      },
    ],
    cursor: UUID,
  },
  queries: {
    queries: [
      {
        ...{ id: UUID, atMs: NOON_MS, locator: 'flood', query: { words: 'holiday' }, from: OTHER_PEER },
        ...{ fromName: 'bob', ttl: 4, hops: 1, hits: 2, passedOn: 3 },
      },
    ],
    cursor: UUID,
  },
}
