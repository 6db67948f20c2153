import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { ManualClock } from '../../base/clock.ts'
import { createIdentity } from '../../link/identity.ts'
import { kadPeerStore } from './kad-peer-store.ts'
import { MAX_PEER_ADDRESSES } from './options.ts'
import { startDhtHost } from './testing/hosts.ts'

const addresses = (...ports: number[]) => ports.map((port) => multiaddr(`/ip4/192.0.2.7/tcp/${port}`))

test('what a provider tells of its addresses takes the place of what it told before, and is not without end', async () => {
  const host = await startDhtHost()
  try {
    const clock = new ManualClock()
    const events = host.libp2p as unknown as KadDHTComponents['events']
    const inner = host.libp2p.peerStore as KadDHTComponents['peerStore']
    let patches = 0
    let gets = 0
    const counted = new Proxy(inner, {
      get(target, name) {
        if (name === 'patch') patches++
        if (name === 'get') gets++
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const store = kadPeerStore(counted, events, clock)
    const id = peerIdFromString(createIdentity().peerId)
    const stored = async () =>
      (await inner.get(id)).addresses.map(({ multiaddr }) => multiaddr.toString().split('/').at(-1))
    await store.merge(id, { multiaddrs: addresses(1, 2) })
    await store.merge(id, { tags: { near: { value: 1 } } })
    assert.deepEqual(await stored(), ['1', '2'])
    await store.merge(id, { multiaddrs: addresses(3) })
    assert.deepEqual(await stored(), ['3'])
    assert.ok((await inner.get(id)).tags.has('near'))
    assert.equal(patches, 2)
    for (let i = 0; i < 100; i++) await store.merge(id, { multiaddrs: addresses(3) })
    assert.equal(patches, 2, 'the same again is not stored again')
    await clock.advance(600_001)
    await store.merge(id, { multiaddrs: addresses(3) })
    assert.equal(patches, 3)
    await store.merge(id, { multiaddrs: addresses(...Array.from({ length: 500 }, (_, i) => i + 1)) })
    assert.equal((await stored()).length, MAX_PEER_ADDRESSES)
    for (let i = 0; i < 100; i++)
      assert.equal((await store.getInfo(id)).multiaddrs.length, MAX_PEER_ADDRESSES)
    assert.equal(gets, 0, 'what was just written is at hand')
    await clock.advance(10_001)
    for (let i = 0; i < 100; i++) assert.equal((await store.get(id)).addresses.length, MAX_PEER_ADDRESSES)
    assert.equal(gets, 1)
    await inner.patch(id, { multiaddrs: addresses(7) })
    assert.equal((await store.get(id)).addresses.length, 1, 'what others write shows at once')
    const stranger = peerIdFromString(createIdentity().peerId)
    await assert.rejects(store.get(stranger), { name: 'NotFoundError' })
  } finally {
    await host.stop()
  }
})
