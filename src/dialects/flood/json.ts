import type { Peer } from './peers.ts'
import type { OwnQuery } from './queries.ts'

/** As its system writes times: `Sun, 22 Nov 2026 18:54:29 GMT`. */
const time = (ms: number): string => new Date(ms).toUTCString()

export const peerJson = ({ host, port, status, seenAt, updatedAt }: Peer) => ({
  ...{ host, port, status, last_seen: seenAt > 0 ? time(seenAt) : null, last_update: time(updatedAt) },
})

/** Answers are in the order in which they came. */
export const queryJson = ({ id, name = '', sha256 = '', at, hits }: OwnQuery) => ({
  id,
  filename: name,
  hash: sha256,
  timestamp: time(at),
  responses: [...hits.values()].map(({ at, ...hit }) => ({ QID: id, timestamp: time(at), ...hit })),
})
