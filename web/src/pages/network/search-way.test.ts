import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchHit, SearchRow } from '../../api/types.ts'
import { rowToShow, type SearchWay, wayOfRow, wayOfSearch } from './search-way.ts'

const report = (hits: number, asked: number, firstHitHops?: number) => ({
  hits,
  messages: 2 * asked,
  ms: 5,
  asked,
  bytes: 100,
  ...(firstHitHops !== undefined && { firstHitHops }),
})
const responder = (peerId: string, via: string[], more: object = {}) => ({
  peerId,
  name: peerId.toUpperCase(),
  hits: 1,
  via,
  ...more,
})
const linesOf = ({ lines }: SearchWay) =>
  lines.map(({ via, from = 'here', to, links }) => `${via}: ${from}-${to} ${links ?? '?'}`)

const ROW: SearchRow = {
  id: 'id',
  queryIds: [],
  startedMs: 0,
  query: { words: 'holiday' },
  ms: 12,
  hits: 3,
  reason: 'complete',
  via: {
    flood: report(2, 4, 2),
    other: report(0, 0),
    dht: report(0, 3),
    zone: report(1, 1),
    library: report(1, 0),
  },
  responders: [
    responder('ben', ['zone'], { hops: 1, through: 'ben' }),
    responder('dora', ['flood'], { hops: 3, through: 'carl' }),
    responder('emil', ['flood', 'index'], { hops: 2, through: 'carl' }),
    responder('far', ['index'], { through: '192.0.2.7:9091' }),
    responder('me', ['library']),
  ],
}

test('the way of a search in the log', () => {
  const way = wayOfRow(ROW)
  assert.deepEqual(linesOf(way), [
    'zone: here-ben 1',
    'flood: here-carl 1',
    'flood: carl-dora 2',
    'flood: carl-emil 1',
    'index: here-emil ?',
    'index: here-far ?',
  ])
  assert.deepEqual(
    way.steps.map(({ via, through, responders, hops }) => [via, through.join(), responders.join(), hops]),
    [
      ['library', '', 'me', undefined],
      ['zone', 'ben', 'ben', 1],
      ['flood', 'carl', 'dora,emil', 3],
      ['dht', '', '', undefined],
      ['other', '', '', undefined],
    ],
  )
  assert.equal(way.words, 'holiday')
  assert.equal(way.peers.get('dora'), 'DORA')
})

test('what a download looked for is not shown instead of what a person did', () => {
  const byCid = { ...ROW, id: 'cid', query: { cid: 'bafy' } }
  assert.equal(rowToShow([byCid, ROW], false), ROW)
  assert.equal(rowToShow([byCid, ROW], true), byCid)
  assert.equal(rowToShow([byCid], false), byCid)
  assert.equal(rowToShow([], false), undefined)
})

test('the way of a search made in the page', () => {
  const hit = (cid: string, via: string[], ...holders: string[]): SearchHit => ({
    event: 'hit',
    cid,
    name: cid,
    path: cid,
    size: 1,
    kind: 'file',
    providers: holders.map((peerId) => ({ peerId, name: peerId, addresses: [] })),
    via,
  })
  const way = wayOfSearch(
    {
      words: 'x',
      done: { event: 'done', hits: 4, ms: 1, reason: 'complete', via: { zone: report(2, 1, 1) } },
      hits: [
        hit('a', ['library', 'zone'], 'me', 'ben'),
        hit('b', ['flood', 'dht'], 'ben', 'carl'),
        hit('c', ['library', 'zone'], 'me'),
        hit('d', ['zone', 'index'], 'ben'),
      ],
    },
    'me',
  )
  assert.deepEqual(linesOf(way), [
    'zone: here-ben ?',
    'flood: here-ben ?',
    'index: here-ben ?',
    'flood: here-carl ?',
  ])
  assert.deepEqual([...way.peers.keys()], ['ben', 'carl'])
})
