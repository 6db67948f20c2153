import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Road } from '../link/roads.ts'
import { sourceRoad } from './source-road.ts'

const P2P = '/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

test('the road that was taken, else the one that is tried first', () => {
  const cases: [string[], Road | undefined, string][] = [
    [['192.0.2.1:9081', P2P], undefined, 'direct'],
    [[P2P], undefined, 'tunnel'],
    [[`${P2P}/p2p-circuit/p2p/x`], undefined, 'relayed'],
    [[], undefined, 'direct'],
    [['192.0.2.1:9081'], 'relayed', 'relayed'],
    [[`${P2P}/p2p-circuit/p2p/x`], 'tunnel', 'tunnel'],
  ]
  for (const [addresses, taken, road] of cases)
    assert.equal(sourceRoad({ peerId: 'p', name: '', addresses }, taken), road)
  const mirror = { url: 'https://example.org/a', sizeBytes: undefined }
  assert.equal(sourceRoad({ peerId: 'mirror:x', name: '', addresses: [], mirror }, undefined), 'mirror')
})
