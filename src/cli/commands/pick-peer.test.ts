import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pickPeer } from './pick-peer.ts'

const peers = [
  { peerId: '12D3KooWaaXY', name: 'anna' },
  { peerId: '12D3KooWaaXY', name: 'anna' },
  { peerId: '12D3KooWbbXZ', name: 'ben' },
  { peerId: '12D3KooWccXZ', name: 'ben' },
]

test('a peer is named by its PeerId, an end of it, or its name', () => {
  const cases = [
    ['12D3KooWaaXY', '12D3KooWaaXY'],
    ['12D3KooWa', '12D3KooWaaXY'],
    ['XY', '12D3KooWaaXY'],
    ['anna', '12D3KooWaaXY'],
    ['ccXZ', '12D3KooWccXZ'],
  ] as const
  for (const [text, peerId] of cases) assert.equal(pickPeer(peers, text).peerId, peerId, text)
  for (const text of ['ben', 'XZ', '12D3'])
    assert.throws(() => pickPeer(peers, text), { code: 'AMBIGUOUS' }, text)
  for (const text of ['', 'carl']) assert.throws(() => pickPeer(peers, text), { code: 'NOT_FOUND' }, text)
})
