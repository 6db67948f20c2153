import { ADA, MANUAL, NOON_MS } from '../examples/things.ts'

const hit = { ...MANUAL, modifiedMs: NOON_MS, providers: [ADA] }
const peer = { ...ADA, lastSeenMs: NOON_MS, entries: 400 }

export const INDEX_EXAMPLES = {
  hit,
  search: { hits: [hit] },
  resources: { resources: [hit], cursor: '1' },
  providers: { providers: [ADA] },
  peer,
  peers: { peers: [peer], cursor: '1' },
  info: {
    ...{ peerId: ADA.peerId, version: '0.1.0', grpc: 'index.example.org:9080', peers: 12, entries: 400 },
    ...{ heartbeatIntervalMs: 5000, leaseMs: 15_000 },
  },
  challenge: { nonce: `${ADA.peerId}:c2VjcmV0IG5vbmNl`, expiresInMs: 60_000 },
  session: {
    token: 'dGhpcyBpcyBubyB0b2tlbiBvZiBhbnkgc2VydmVyIQ',
    ...{ heartbeatIntervalMs: 5000, leaseMs: 15_000, revision: '', observedHost: '192.0.2.7' },
  },
  heartbeat: { leaseMs: 15_000, peers: 12 },
  published: { stored: 1, refused: 0, reason: '' },
  metrics:
    '# HELP shoal_index_sessions Peers that are online.\n# TYPE shoal_index_sessions gauge\nshoal_index_sessions 12\n',
  withdrawn: { removed: 1 },
}
