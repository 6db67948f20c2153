import { CID } from '../schemas/forms.ts'
import { ADA, ERROR_LINE, MANUAL, NOON_MS, OTHER_PEER } from './things.ts'

const file = '/home/ada/Documents/manual.pdf'

const verification = {
  ...{ files: 120, filesTotal: 400, bytes: 3_000_000_000, bytesTotal: 10_000_000_000 },
  ...{ rateBytesPerSecond: 500_000_000, etaMs: 14_000, damaged: 1 },
}

const damagedFile = { path: file, cid: CID, blocks: [1], blockCount: 1, reason: 'blocks' }

const { etaMs: _, rateBytesPerSecond: __, ...stopped } = verification

export const LIBRARY_EXAMPLES = {
  page: { entries: [{ ...MANUAL, modifiedMs: NOON_MS, file }], cursor: 'RG9jdW1lbnRzL21hbnVhbC5wZGY' },
  added: {
    added: { event: 'added', ...MANUAL },
    done: {
      ...{ event: 'done', files: 1, bytes: 2_000_000, ms: 12 },
      leftOut: { count: 1, examples: [{ path: 'Documents/notes.txt~', reason: 'temporary name' }] },
    },
    error: ERROR_LINE,
  },
  removed: { removed: 1 },
  shares: {
    shares: [
      {
        ...{ id: '1', path: '/home/ada/Documents', kind: 'folder', origin: 'user' },
        ...{ files: 400, sizeBytes: 10_000_000_000 },
      },
    ],
  },
  received: { ...MANUAL, path: 'shared/manual.pdf', file: '/home/ada/Downloads/Shoal/shared/manual.pdf' },
  verification: { state: 'running', ...verification, ms: 6000 },
  report: { state: 'running', ...verification, ms: 6000, damagedFiles: [damagedFile] },
  verifyLines: {
    damaged: { event: 'damaged', ...damagedFile },
    progress: { event: 'progress', ...verification },
    done: { event: 'done', files: 400, bytes: 10_000_000_000, damaged: 1, ms: 20_000 },
    stopped: { event: 'stopped', ...stopped, ms: 6000 },
    error: ERROR_LINE,
  },
  link: {
    ...{ cid: CID, name: 'manual.pdf', size: 2_000_000, kind: 'file' },
    shoal: `shoal:${CID}?name=manual.pdf&size=2000000&peer=${ADA.peerId}@192.0.2.7:9081`,
    http: `http://127.0.0.1:8081/ipfs/${CID}?filename=manual.pdf&size=2000000&peer=${ADA.peerId}@192.0.2.7:9081`,
    peers: [{ peerId: ADA.peerId, addresses: ADA.addresses }],
  },
  opened: {
    ...{ cid: CID, name: 'manual.pdf', size: 2_000_000, kind: 'file' },
    peers: [{ peerId: OTHER_PEER, addresses: ['192.0.2.8:9081'] }],
    shared: false,
  },
}
