import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uploadsView } from './uploads.ts'

test('uploads with names, rates, places and the time until it is their turn', () => {
  const asked: string[] = []
  const view = uploadsView(
    {
      slots: 1,
      active: [{ peerId: 'p1', cid: 'c1', bytes: 300 }],
      queued: [
        { peerId: 'p2', cid: 'c1', bytes: 0, position: 1 },
        { peerId: 'p3', cid: 'gone', bytes: 0, position: 2 },
      ],
    },
    {
      ratesOf: (rows) => rows.map(() => 99.7),
      peerName: (peerId) => (peerId === 'p1' ? 'ada' : ''),
      file: (cid) => {
        asked.push(cid)
        return cid === 'c1' ? { name: 'a.bin', sizeBytes: 1000 } : undefined
      },
      rotateBytes: 500,
    },
  )
  const rest = { cid: 'c1', name: 'a.bin' }
  assert.deepEqual(view, {
    slots: 1,
    active: [{ ...rest, peerId: 'p1', peerName: 'ada', bytes: 300, rateBytesPerSecond: 100 }],
    queued: [
      { ...rest, peerId: 'p2', peerName: '', bytes: 0, rateBytesPerSecond: 0, position: 1, etaMs: 2006 },
      {
        ...{ peerId: 'p3', peerName: '', cid: 'gone', name: '', bytes: 0, rateBytesPerSecond: 0 },
        ...{ position: 2, etaMs: 7021 },
      },
    ],
  })
  assert.deepEqual(asked, ['c1', 'gone'], 'each file is looked up once')
})
