import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uploadsView } from './uploads.ts'

test('uploads with names, rates, places and the time until it is their turn', () => {
  const asked: string[] = []
  const view = uploadsView(
    {
      slots: 1,
      active: [{ peerId: 'p1', cid: 'c1', bytes: 300, isTunnelled: true }],
      queued: [
        { peerId: 'p2', cid: 'c1', bytes: 0, isTunnelled: false, position: 1 },
        { peerId: 'p3', cid: 'gone', bytes: 0, isTunnelled: true, position: 2 },
        { peerId: 'p4', cid: 'c1', bytes: 9, isTunnelled: false, position: 3 },
      ],
    },
    {
      ratesOf: (rows) => rows.map(() => 99.7),
      peerName: (peerId) => (peerId === 'p1' ? 'ada' : ''),
      file: (cid) => {
        asked.push(cid)
        return cid === 'c1' ? { name: 'a.bin', sizeBytes: 1000 } : undefined
      },
      tunnelTo: (peerId) => (peerId === 'p1' ? 'relayed' : undefined),
      paused: [{ peerId: 'p4', name: '', state: 'paused' }],
      rotateBytes: 500,
    },
  )
  const rest = { cid: 'c1', name: 'a.bin', sizeBytes: 1000 }
  const direct = { road: 'direct' } as const
  assert.deepEqual(view, {
    slots: 1,
    active: [
      { ...rest, peerId: 'p1', peerName: 'ada', bytes: 300, road: 'relayed', rateBytesPerSecond: 100 },
    ],
    queued: [
      {
        ...rest,
        ...direct,
        peerId: 'p2',
        peerName: '',
        bytes: 0,
        rateBytesPerSecond: 0,
        position: 1,
        etaMs: 2006,
      },
      {
        ...{ peerId: 'p3', peerName: '', cid: 'gone', name: '', bytes: 0, rateBytesPerSecond: 0 },
        ...{ road: 'tunnel', position: 2, etaMs: 7021 },
      },
      { ...rest, ...direct, peerId: 'p4', peerName: '', bytes: 9, rateBytesPerSecond: 0, position: 3 },
    ],
    paused: [{ peerId: 'p4', name: '', state: 'paused' }],
  })
  assert.deepEqual(asked, ['c1', 'gone'], 'each file is looked up once')
})
