import { CID, PEER } from '../schemas/forms.ts'
import { ADA, ERROR_LINE, MANUAL, NOON_MS, OTHER_PEER, UUID } from './things.ts'

const running = {
  ...{ id: UUID, cid: CID, name: 'manual.pdf', path: '/home/ada/Downloads/Shoal/manual.pdf' },
  ...{ kind: 'file', state: 'running', priority: 'normal', sequential: false },
  ...{ sizeBytes: 20_971_520, doneBytes: 5_242_880, rateBytesPerSecond: 10_485_760, etaMs: 1500 },
  sources: { [PEER]: 5_242_880 },
  activeSources: [
    {
      ...{ peerId: PEER, name: 'ada', addr: '192.0.2.7:9081', state: 'active' },
      ...{ rateBytesPerSecond: 10_485_760, road: 'direct', doneBytes: 5_242_880 },
    },
  ],
  dropped: [{ peerId: OTHER_PEER, reason: 'BAD_BLOCK' }],
  createdMs: NOON_MS,
}

const { etaMs: _, ...still } = running
const resting = { ...still, rateBytesPerSecond: 0, activeSources: [] }
const done = { ...resting, state: 'done', doneBytes: running.sizeBytes, finishedMs: NOON_MS + 2000 }

const hit = {
  ...{ cid: CID, name: 'holiday photos.zip', size: 3_000_000, kind: 'file', providers: 2 },
  ...{ foundMs: NOON_MS, isNew: true, downloadId: UUID },
}

export const DOWNLOAD_EXAMPLES = {
  download: running,
  queued: { ...resting, state: 'queued', queuePosition: 1 },
  paused: { ...resting, state: 'paused' },
  cancelled: { ...resting, state: 'cancelled', finishedMs: NOON_MS + 2000 },
  list: { downloads: [running, { ...done, id: 'e8a1c0de-51a5-4c39-9e7b-0f3b1f5ff2a4' }] },
  events: { running, done },
  cleared: { removed: 3 },
  blocks: {
    ...{ blocks: 20, blockSizeBytes: 1_048_576, cells: 4, have: [100, 0, 0, 0], inFlight: [0, 4, 0, 0] },
    ...{ from: [0, -1, -1, -1], flying: [-1, 0, -1, -1], sources: [{ peerId: PEER, name: 'ada' }] },
  },
  target: { cid: CID, name: 'manual.pdf' },
  found: {
    hit: { event: 'hit', ...MANUAL, providers: [ADA], via: ['index'] },
    done: {
      ...{ event: 'done', hits: 1, ms: 21, reason: 'complete' },
      via: {
        library: { hits: 0, messages: 0, ms: 1, asked: 0, bytes: 0, stopped: 'complete' },
        index: { hits: 1, messages: 2, ms: 20, asked: 1, bytes: 310, firstHitHops: 1, stopped: 'complete' },
      },
    },
    error: ERROR_LINE,
  },
  wish: {
    ...{ id: UUID, words: 'holiday photos', fetch: true, createdMs: NOON_MS - 600_000 },
    ...{ lastSearchedMs: NOON_MS, nextSearchMs: NOON_MS + 600_000, newHits: 1, hits: [hit] },
  },
}
