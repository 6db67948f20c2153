import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { randomInt, seededRandom } from '../../base/random.ts'
import { FloodQuerySchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type LocateCost, newCost } from '../locator.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { neighbourMessage } from './messages.ts'
import { FakeNetwork, type FakeNode } from './testing/fake-network.ts'
import { findOn } from './testing/find.ts'

const queries = (network: FakeNetwork) => network.count('query')
const traffic = (network: FakeNetwork) => queries(network) + network.count('answer') + network.count('cancel')
/** Each catalogue once: its own by the one who searches, too. */
const searches = (network: FakeNetwork) => network.nodes.map(({ searched }) => searched)

/** 50 nodes, each with about four links, connected. */
function mesh(options = {}): FakeNetwork {
  const network = FakeNetwork.ring(50, options)
  const random = seededRandom(4)
  for (let i = 0; i < 50; i++) {
    const j = randomInt(random, 50)
    if (Math.abs(i - j) > 1 && Math.abs(i - j) < 49) network.link(i, j)
  }
  return network
}

/** The first node searches, takes one hit and leaves. */
async function leaveAfterFirst({ nodes, clock }: FakeNetwork, cost: LocateCost): Promise<void> {
  const { signal } = new AbortController()
  let isOver = false
  const leave = async () => {
    for await (const _hit of nodes[0]!.locator.search({ words: 'song', limit: 100 }, { signal, cost })) break
    isOver = true
  }
  const leaving = leave()
  await clock.runUntil(() => isOver, 10_000)
  await leaving
}

describe('flooding by filters', () => {
  test('what is three hops away is asked along the way only, and counted to the message', async () => {
    const network = FakeNetwork.chain(8)
    await network.nodes[4]!.share(fileEntry('docs/needle.txt'))
    await network.start()
    const before = traffic(network)
    const { names, cost } = await findOn(network.nodes[1]!, 'needle')
    assert.deepEqual(names, ['needle.txt@peer4'])
    assert.equal(traffic(network) - before, cost.messages)
    assert.ok(cost.bytes > 0)
    assert.equal(cost.firstHitHops, 3)
    assert.equal(cost.asked, 4, 'peers 2, 3 and 4 on the way, and peer 0, which explores')
  })

  for (const [ttl, reaches] of [
    [5, true],
    [4, false],
  ] as const) {
    test(`with ${ttl} hops a peer five hops away is ${reaches ? '' : 'not '}found`, async () => {
      const network = FakeNetwork.chain(8, { ttl })
      await network.nodes[5]!.share(fileEntry('far.txt'))
      await network.start()
      const { names, cost } = await findOn(network.nodes[0]!, 'far')
      assert.deepEqual(names, reaches ? ['far.txt@peer5'] : [])
      assert.equal(cost.stopped, 'ttl', 'peers 6 and 7 are further off')
    })
  }

  test('nobody within the horizon has it and nobody explores: no message at all', async () => {
    const network = FakeNetwork.ring(6, { ttl: 3 })
    await network.start()
    const { names, cost } = await findOn(network.nodes[0]!, 'nowhere')
    assert.deepEqual([names, cost.messages, cost.stopped], [[], 0, undefined])
  })

  test('in a net with cycles all is found, and no catalogue is searched twice for one query', async () => {
    const network = mesh()
    for (const [i, node] of network.nodes.entries()) await node.share(fileEntry(`common ${i}.txt`))
    await network.start()
    const before = traffic(network)
    const { names, cost } = await findOn(network.nodes[7]!, 'common')
    assert.equal(names.length, 49)
    assert.equal(cost.asked, 49)
    assert.deepEqual(
      searches(network),
      network.nodes.map(() => 1),
    )
    assert.equal(traffic(network) - before, cost.messages)
    assert.equal(cost.stopped, undefined)
  })

  test('a change of a library is known within the horizon soon, and what is gone draws no query', async () => {
    const network = FakeNetwork.chain(4, { ttl: 3 })
    await network.start()
    await network.nodes[3]!.share(fileEntry('late.txt'))
    await network.settle()
    assert.deepEqual((await findOn(network.nodes[0]!, 'late')).names, ['late.txt@peer3'])
    await network.nodes[3]!.share()
    await network.settle()
    const { names, cost } = await findOn(network.nodes[0]!, 'late')
    assert.deepEqual([names, cost.messages], [[], 0])
  })

  test('a prefix is found by its first three letters, a shorter one by asking everybody', async () => {
    const network = FakeNetwork.chain(5)
    await network.nodes[3]!.share(fileEntry('quartet.txt'))
    await network.start()
    assert.deepEqual((await findOn(network.nodes[0]!, 'quart*')).names, ['quartet.txt@peer3'])
    assert.deepEqual((await findOn(network.nodes[0]!, 'qua*')).names, ['quartet.txt@peer3'])
    const before = queries(network)
    assert.deepEqual((await findOn(network.nodes[0]!, 'qu*')).names, ['quartet.txt@peer3'])
    assert.equal(queries(network) - before, 4)
  })

  test('few hits wanted: near peers are asked first, and when they have enough nobody else', async () => {
    const network = FakeNetwork.chain(6)
    for (const node of network.nodes) await node.share(fileEntry(`${node.record.peerId} song.ogg`))
    await network.start()
    const { names, cost } = await findOn(network.nodes[0]!, 'song', 1)
    assert.deepEqual(names, ['peer1 song.ogg@peer1'])
    assert.deepEqual([cost.messages, cost.stopped], [2, 'limit'])
  })
})

test('of many holders of a file each neighbour tells three to who searches by words, all to who asks for the CID', async () => {
  const network = new FakeNetwork(14)
  network.link(0, 1)
  network.link(0, 9)
  const song = fileEntry('song.ogg')
  for (let i = 2; i < 14; i++) {
    if (i === 9) continue
    network.link(i < 9 ? 1 : 9, i)
    await network.nodes[i]!.share(song)
  }
  await network.start()
  assert.equal((await findOn(network.nodes[0]!, 'song')).names.length, 3 + 3)
  const { locator } = network.nodes[0]!
  const { signal } = new AbortController()
  const asking = Array.fromAsync(locator.providers(song.cid, { signal, cost: newCost() }))
  await network.settle()
  assert.equal((await asking).length, 7 + 4)
})

describe('blind flooding', () => {
  test('every peer is asked once, duplicates end at once', async () => {
    const network = mesh({ filter: false, ttl: 7 })
    for (const [i, node] of network.nodes.entries()) await node.share(fileEntry(`common ${i}.txt`))
    await network.start()
    const before = traffic(network)
    const { names, cost } = await findOn(network.nodes[0]!, 'common')
    assert.equal(names.length, 49)
    assert.deepEqual(
      searches(network),
      network.nodes.map(() => 1),
    )
    assert.equal(traffic(network) - before, cost.messages)
  })
})

describe('when things go wrong', () => {
  test('a relay that goes in the middle of a query: the search ends, and says that somebody is missing', async () => {
    const network = FakeNetwork.chain(5)
    await network.nodes[1]!.share(fileEntry('both near.txt'))
    await network.nodes[3]!.share(fileEntry('both far.txt'))
    await network.start()
    const finding = findOn(network.nodes[0]!, 'both')
    network.clock.schedule(() => network.cut(1, 2), 25)
    const { names, cost, tookMs } = await finding
    assert.deepEqual(names, ['both near.txt@peer1'])
    assert.equal(cost.stopped, 'partial')
    assert.ok(tookMs < 200, `${tookMs} ms`)
  })

  test('one who never answers: the search ends in its time', async () => {
    const network = FakeNetwork.chain(3)
    await network.nodes[2]!.share(fileEntry('lost.txt'))
    await network.start()
    network.nodes[2]!.part(network.nodes[1]!)
    const { names, cost, tookMs } = await findOn(network.nodes[0]!, 'lost')
    assert.deepEqual([names, cost.stopped], [[], 'partial'])
    assert.ok(tookMs >= 3000 && tookMs < 5000, `${tookMs} ms`)
  })

  test('a reader who leaves: everybody is told, nobody who knows sends hits any more, and the cost is told to the message', async () => {
    const network = FakeNetwork.chain(8, { ttl: 7 })
    for (const node of network.nodes) await node.share(fileEntry(`${node.record.peerId} song.ogg`))
    await network.start()
    const knows = new Map<FakeNode, number>()
    let late = 0
    network.onMessage = (from, to, { message }) => {
      const now = network.clock.monotonic()
      if (message.case === 'cancel') knows.set(to, now + 10)
      const isHit = message.case === 'answer' && message.value.entries.length > 0
      if (isHit && now > (knows.get(from) ?? Infinity)) late++
    }
    const cost = newCost()
    const before = traffic(network)
    await leaveAfterFirst(network, cost)
    const carried = traffic(network) - before
    await network.settle()
    assert.equal(traffic(network) - before, carried, 'all of it was over')
    assert.equal(cost.messages, carried)
    assert.ok(knows.size >= 2)
    assert.equal(late, 0)
    for (const { locator } of network.nodes) assert.equal(locator.getDebugState().running, 0)
    assert.equal((await findOn(network.nodes[0]!, 'song')).names.length, 7)
  })

  test('a reader who leaves while somebody does not answer: the wait is short', async () => {
    const network = FakeNetwork.chain(4)
    for (const node of network.nodes) await node.share(fileEntry(`${node.record.peerId} song.ogg`))
    await network.start()
    network.nodes[2]!.part(network.nodes[1]!)
    const begin = network.clock.monotonic()
    await leaveAfterFirst(network, newCost())
    const tookMs = network.clock.monotonic() - begin
    assert.ok(tookMs >= 1000 && tookMs < 1100, `${tookMs} ms`)
  })

  test('a thousand queries from one neighbour: sixty are worked for, own searches as well as before', async () => {
    const network = FakeNetwork.chain(3)
    await network.nodes[2]!.share(fileEntry('wanted.txt'))
    await network.start()
    const [flooder, victim] = network.nodes as [(typeof network.nodes)[0], (typeof network.nodes)[0]]
    let refused = 0
    network.onMessage = (_from, _to, { message }) => {
      if (message.case === 'answer' && message.value.end?.partial) refused++
    }
    for (let i = 0; i < 1000; i++) {
      const id = Buffer.from(i.toString().padStart(16))
      const query = { id, query: { words: 'wanted' }, ttl: 0, hops: 1, timeoutMs: 1000 }
      flooder.inject(victim, neighbourMessage('query', create(FloodQuerySchema, query)))
    }
    await network.clock.run(100)
    assert.equal(victim.searched, 60)
    assert.equal(refused, 940)
    assert.deepEqual((await findOn(victim, 'wanted')).names, ['wanted.txt@peer2'])
  })

  test('impossible queries are ended, not worked for', async () => {
    const network = FakeNetwork.chain(2)
    await network.start()
    const [a, b] = network.nodes
    const id = new Uint8Array(16)
    for (const query of [{ id }, { id, query: {} }, { id: id.slice(1), query: { words: 'x' } }]) {
      a!.inject(b!, neighbourMessage('query', create(FloodQuerySchema, query)))
    }
    await network.clock.run(100)
    assert.equal(network.count('answer'), 2)
    assert.equal(b!.searched, 0)
  })

  test('who has stopped is not found, and without a neighbour nothing can be asked', async () => {
    const network = FakeNetwork.chain(3)
    for (const node of network.nodes) await node.share(fileEntry(`${node.record.peerId} song.ogg`))
    await network.start()
    await network.nodes[2]!.locator.stop()
    await network.settle()
    assert.deepEqual((await findOn(network.nodes[0]!, 'song')).names, ['peer1 song.ogg@peer1'])
    network.cut(0, 1)
    await assert.rejects(findOn(network.nodes[0]!, 'song'), { code: 'UNAVAILABLE' })
  })
})
