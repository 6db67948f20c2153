import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createIdentity } from '../../link/identity.ts'
import { type Kad, kadOf } from './inside.ts'
import { K } from './options.ts'
import { peerPosition } from './peers.ts'
import { compareDistance, positionOf } from './position.ts'
import { type DhtHost, joinDht, startDhtHost, startDhtNetwork, until } from './testing/hosts.ts'

const keyOf = (text: string) => Uint8Array.of(0x12, 0x20, ...createHash('sha256').update(text).digest())
const newContext = (timeoutMs = 20_000) => ({
  signal: AbortSignal.timeout(timeoutMs),
  cost: { messages: 0, bytes: 0, asked: 0 },
})

async function providersOf({ dht }: DhtHost, key: Uint8Array, context = newContext()): Promise<string[]> {
  const found: string[] = []
  for await (const { peerId } of dht.providers(key, context)) found.push(peerId)
  return found.sort()
}

describe('a network of 12', () => {
  let hosts: DhtHost[] = []
  before(async () => {
    hosts = await startDhtNetwork(12)
  })
  after(() => Promise.all(hosts.map((host) => host.stop())))

  test('the closest peers are those that lie closest, and are known without asking, too', async () => {
    const key = keyOf('somewhere')
    const target = positionOf(key)
    const [asker, ...others] = hosts
    const right = others
      .map(({ peerId }) => peerId)
      .sort((a, b) => compareDistance(target, peerPosition(a), peerPosition(b)))
    const context = newContext()
    const found = await asker!.dht.closest(key, context)
    assert.deepEqual(
      found.map(({ peerId }) => peerId),
      right,
    )
    assert.ok(found.every(({ addresses }) => addresses.length > 0))
    assert.ok(found.every(({ addresses }) => !addresses.some((address) => address.includes('/p2p/'))))
    assert.deepEqual(
      asker!.dht.knownClosest(key, 5).map(({ peerId }) => peerId),
      right.slice(0, 5),
    )
    assert.ok(context.cost.messages >= 22 && context.cost.bytes > 1000, JSON.stringify(context.cost))
  })

  test('who is responsible is said alike by all', () => {
    const key = keyOf('responsibility')
    const order = hosts
      .map(({ peerId }) => peerId)
      .sort((a, b) => compareDistance(positionOf(key), peerPosition(a), peerPosition(b)))
    for (const { dht, peerId } of hosts)
      assert.equal(dht.isResponsible(key, 3), order.indexOf(peerId) < 3, peerId)
  })

  test('1,000 keys are told with one look-up and a stream for each holder, and every one is found', async () => {
    const [provider, asker] = hosts
    const keys = Array.from({ length: 1_000 }, (_, i) => keyOf(`many ${i}`))
    const context = newContext()
    const done = await provider!.dht.provide(keys, context)
    assert.equal(done.length, 1_000)
    assert.ok(done.every(({ holders }) => holders.length === 10))
    assert.ok(context.cost.messages < 10_800, `${context.cost.messages} messages`)
    for (const at of [0, 1, 499, 998, 999])
      assert.deepEqual(await providersOf(asker!, keys[at]!), [provider!.peerId])
    assert.deepEqual(await providersOf(asker!, keyOf('nobody has this')), [])
  })

  test('a client that nobody can call is found by an address that it tells', async () => {
    const relayed = `${hosts[0]!.address}/p2p-circuit`
    const client = await startDhtHost({ deaf: true, announce: [relayed], service: { server: false } })
    try {
      await joinDht(client, hosts[0]!)
      await until(() => client.dht.size() >= 11, 'the client does not get to know the others')
      const key = keyOf('behind NAT')
      const [done] = await client.dht.provide([key], newContext())
      assert.equal(done!.holders.length, 10)
      assert.ok(!done!.holders.includes(client.peerId))
      const found = []
      for await (const peer of hosts[5]!.dht.providers(key, newContext())) found.push(peer)
      assert.deepEqual(found, [{ peerId: client.peerId, addresses: [relayed] }])
      assert.equal(client.dht.mode(), 'client')
      assert.ok(!client.dht.isResponsible(key, K))
      assert.ok(hosts.every(({ dht }) => !dht.knownClosest(key, K).some((p) => p.peerId === client.peerId)))
    } finally {
      await client.stop()
    }
  })

  test('a look-up that is aborted ends at once', async () => {
    const context = { ...newContext(), signal: AbortSignal.abort(new Error('enough')) }
    assert.deepEqual(await providersOf(hosts[0]!, keyOf('many 1'), context), [])
    await assert.rejects(hosts[0]!.dht.closest(keyOf('many 1'), context), /enough/)
  })
})

test('what an answer names that is known already makes no work', async () => {
  const hosts = await startDhtNetwork(5)
  try {
    const [one, ...others] = hosts
    const kad = kadOf(one!.libp2p) as Kad & EventTarget
    const { network } = kad
    const news: string[] = []
    kad.addEventListener('peer', (event) => news.push(String((event as CustomEvent<PeerInfo>).detail.id)))
    const tell = (host: DhtHost, ...addresses: string[]) => {
      const peer = { id: host.libp2p.peerId, multiaddrs: addresses.map((each) => multiaddr(each)) }
      network.dispatchEvent(new CustomEvent('peer', { detail: peer }))
      return news.splice(0)
    }
    // Somebody is a contact a moment before his addresses are at hand.
    await until(
      () => others.every((each) => tell(each, each.address).length === 0),
      'who is known with his address is still news',
    )
    // Addresses that come later are news indeed, once; without the mechanism each answer is, always.
    for (let tries = 0; ; tries++) {
      news.splice(0)
      assert.equal((await one!.dht.closest(keyOf('known'), newContext())).length, 4)
      if (news.length === 0) break
      assert.ok(tries < 10, news.join())
    }
    const [other] = others
    assert.deepEqual(tell(other!, other!.address), [])
    assert.deepEqual(tell(other!, other!.address, '/memory/elsewhere'), [other!.peerId])
    one!.dht.stop()
    assert.deepEqual(tell(other!, other!.address), [other!.peerId])
  } finally {
    await Promise.all(hosts.map((host) => host.stop()))
  }
})

test('one who is alone knows nobody, tells nobody and waits for nobody', async () => {
  const host = await startDhtHost()
  try {
    const key = keyOf('alone')
    assert.deepEqual(await host.dht.closest(key, newContext()), [])
    assert.deepEqual(await host.dht.provide([key], newContext()), [{ key, holders: [] }])
    assert.deepEqual(await providersOf(host, key), [])
    assert.ok(host.dht.isResponsible(key, 1))
  } finally {
    await host.stop()
  }
})

test('the dead are no contacts for long, and what they kept is found at others', async () => {
  const hosts = await startDhtNetwork(8)
  try {
    const [provider, asker] = hosts
    const key = keyOf('survives')
    await provider!.dht.provide([key], newContext())
    const dead = hosts.splice(2, 3)
    await Promise.all(dead.map((host) => host.stop()))
    assert.deepEqual(await providersOf(asker!, key), [provider!.peerId])
    await until(() => hosts.every(({ dht }) => dht.size() === 4), 'the dead are still contacts')
  } finally {
    await Promise.all(hosts.map((host) => host.stop()))
  }
})

test('one that was met counts beside the contacts, unless it is gone', async () => {
  const hosts = await startDhtNetwork(3)
  const [one, other, third] = hosts
  try {
    const key = keyOf('met')
    const stranger = createIdentity().peerId
    const ids = (others: string[]) => one!.dht.knownClosest(key, 3, others).map(({ peerId }) => peerId)
    const right = [other!.peerId, third!.peerId, stranger].sort((a, b) =>
      compareDistance(positionOf(key), peerPosition(a), peerPosition(b)),
    )
    assert.deepEqual(ids([stranger, other!.peerId, one!.peerId]), right)
    await third!.stop()
    await until(() => one!.dht.size() === 1, 'the dead one is still a contact')
    assert.deepEqual(ids([third!.peerId]), [other!.peerId])
  } finally {
    await Promise.all([one, other].map((host) => host!.stop()))
  }
})

test('who is connected becomes a contact even when it takes no ping', async () => {
  const [one, busy] = await Promise.all([startDhtHost(), startDhtHost()])
  try {
    await busy.libp2p.unhandle('/ipfs/ping/1.0.0')
    await joinDht(one, busy)
    await until(() => one.dht.size() === 1, 'the busy host is no contact')
  } finally {
    await Promise.all([one, busy].map((host) => host.stop()))
  }
})

test('who only hung up stays a contact', async () => {
  const hosts = await startDhtNetwork(4)
  try {
    const [one, other] = hosts
    let changes = 0
    const off = one!.dht.changes.on(() => changes++)
    await one!.libp2p.hangUp(other!.libp2p.peerId)
    await until(() => one!.libp2p.getConnections(other!.libp2p.peerId).length > 0, 'it is not asked again')
    assert.equal(one!.dht.size(), 3)
    assert.equal(changes, 0)
    off()
  } finally {
    await Promise.all(hosts.map((host) => host.stop()))
  }
})

test('a server that becomes a client is asked no more', async () => {
  const hosts = await startDhtNetwork(4)
  try {
    const [, quiet, other] = hosts
    await quiet!.dht.setMode('client')
    const key = keyOf('mode')
    const [done] = await hosts[0]!.dht.provide([key], newContext())
    assert.ok(!done!.holders.includes(quiet!.peerId))
    assert.ok(done!.holders.includes(other!.peerId))
    await quiet!.dht.setMode('server')
    assert.equal(quiet!.dht.mode(), 'server')
  } finally {
    await Promise.all(hosts.map((host) => host.stop()))
  }
})
