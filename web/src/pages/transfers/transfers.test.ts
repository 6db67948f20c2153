import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BlockMap, Download } from '../../api/types.ts'
import { blocksHere, cellViews, mapText, shadeOf } from './blocks.ts'
import { limitOf, limitText } from './limits.ts'
import { currentDownloads, historyOf } from './lists.ts'
import { mirrorOf, sourceRows } from './sources.ts'
import { waitingText } from './words.ts'

const download = (id: string, extra: Partial<Download> = {}): Download => ({
  id,
  cid: id,
  name: id,
  path: `/downloads/${id}`,
  kind: 'file',
  state: 'running',
  priority: 'normal',
  sequential: false,
  sizeBytes: 10,
  doneBytes: 5,
  rateBytesPerSecond: 0,
  sources: {},
  activeSources: [],
  dropped: [],
  createdMs: 0,
  ...extra,
})
const ids = (views: Download[]) => views.map(({ id }) => id).join(' ')

test('the list: running ones, then the queue in its order, paused and failed ones; ended ones only when they were seen', () => {
  const all = [
    download('failed', { state: 'failed' }),
    download('second', { state: 'queued', queuePosition: 2 }),
    download('first', { state: 'queued', queuePosition: 1 }),
    download('young', { createdMs: 2 }),
    download('old', { createdMs: 1, state: 'resolving' }),
    download('paused', { state: 'paused' }),
    download('seen', { state: 'done' }),
    download('unseen', { state: 'done' }),
    download('given up', { state: 'cancelled' }),
  ]
  const shown = currentDownloads(all, new Set(['seen', 'given up']))
  assert.equal(ids(shown), 'old young first second paused failed seen')
})

test('the history: what ended, the last first, by state and words', () => {
  const all = [
    download('Live in Tokyo.flac', { state: 'done', finishedMs: 1 }),
    download('b.flac', { state: 'failed', finishedMs: 3 }),
    download('c.txt', { state: 'cancelled', finishedMs: 2 }),
    download('running.flac'),
  ]
  assert.equal(ids(historyOf(all, 'all', '')), 'b.flac c.txt Live in Tokyo.flac')
  assert.equal(ids(historyOf(all, 'all', 'FLAC  live')), 'Live in Tokyo.flac')
  assert.equal(ids(historyOf(all, 'failed', '')), 'b.flac')
})

test('what it waits for is told in words', () => {
  const text = (extra: Partial<Download>) => waitingText(download('x', extra))
  assert.match(text({ state: 'queued', queuePosition: 1 }), /^Next in line/)
  assert.match(text({ state: 'queued', queuePosition: 3 }), /^Number 3 in line/)
  assert.match(text({ waitingFor: 'providers' }), /^Nobody who has it/)
  const waits = (position?: number) => ({
    ...{ peerId: 'p', name: '', addr: '', state: 'waiting', rateBytesPerSecond: 0 },
    ...(position !== undefined && { position }),
  })
  const connecting = [{ peerId: 'p', state: 'connecting' }] as Download['activeSources']
  assert.match(text({ waitingFor: 'providers', activeSources: connecting }), /^Connects/)
  const slots = { waitingFor: 'slots' as const }
  assert.match(
    text({ ...slots, activeSources: [waits(4), waits(2)] as Download['activeSources'] }),
    /number 2 in line\.$/,
  )
  assert.match(
    text({ ...slots, activeSources: [waits()] as Download['activeSources'] }),
    /serve others now\.$/,
  )
  assert.equal(text({}), '')
})

test('sources: those that give now first, in a fixed order, then those that gave, by what they gave', () => {
  const active = { name: 'ada', addr: 'h:1', state: 'active', rateBytesPerSecond: 1 }
  const rows = sourceRows(
    {
      sources: { a: 5, gone: 9, 'mirror:http://x/y': 3 },
      activeSources: [
        { ...active, peerId: 'b', name: 'zoe' },
        { ...active, peerId: 'a' },
      ] as Download['activeSources'],
    },
    {
      sources: [
        { peerId: 'gone', name: 'ben' },
        { peerId: 'a', name: 'ada' },
      ],
    },
  )
  assert.deepEqual(
    rows.map(({ peerId, bytes, place, name }) => [peerId, bytes, place, name]),
    [
      ['a', 5, 1, 'ada'],
      ['b', 0, -1, 'zoe'],
      ['gone', 9, 0, 'ben'],
      ['mirror:http://x/y', 3, -1, ''],
    ],
  )
  assert.equal(mirrorOf('mirror:http://x/y'), 'http://x/y')
  assert.equal(mirrorOf('12D3'), undefined)
})

const map = (extra: Partial<BlockMap>): BlockMap => ({
  blocks: 4,
  blockSizeBytes: 1 << 20,
  cells: 4,
  have: [100, 100, 0, 0],
  inFlight: [0, 0, 1, 0],
  from: [0, 9, -1, -1],
  flying: [-1, -1, 1, -1],
  sources: [],
  ...extra,
})

test('cells: by shade how much is there, by colour from whom, by a frame what comes', () => {
  const cells = cellViews(map({}), (place) => `p${place}`)
  assert.deepEqual(
    cells.map(({ className }) => className),
    [
      'cell shade-4 from-0',
      'cell shade-4 from-others',
      'cell shade-0 from-1 coming come-from-1',
      'cell shade-0 from-unknown',
    ],
  )
  assert.deepEqual(
    cells.map(({ hint }) => hint),
    ['Block 1: here from p0', 'Block 2: here from p9', 'Block 3: 1 on the way from p1', 'Block 4: missing'],
  )
  assert.equal(mapText(map({})), '2 of 4 blocks are here, 1 on the way.')
  assert.match(mapText(map({ blocks: 0, cells: 0 })), /not known yet/)
  assert.deepEqual([0, 1, 50, 99, 100].map(shadeOf), [0, 1, 2, 3, 4])
})

test('blocks that are there are between none and all, whatever the cells', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 64 }),
      (blocks, percents) => {
        const have = percents.slice(0, blocks)
        const here = blocksHere(map({ blocks, cells: have.length, have }))
        assert.ok(here >= 0 && here <= blocks)
        if (have.every((percent) => percent === 100)) assert.equal(here, blocks)
        if (have.every((percent) => percent === 0)) assert.equal(here, 0)
      },
    ),
  )
})

test('a limit that is read back is the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (rate) => assert.equal(limitOf(limitText(rate)), rate)),
  )
  assert.equal(limitText(5 * 1024 * 1024), '5 MiB/s')
  assert.equal(limitOf(' '), 0)
  assert.equal(limitOf('40 Mbit/s'), 5_000_000)
  assert.throws(() => limitOf('fast'), /“fast” is no rate/)
})
