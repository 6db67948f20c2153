import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ZoneSearchRequestSchema, type ZoneSearchResponse } from '../contract/gen/shoal/v1/zone_pb.ts'
import type { CallContext } from '../link/rpc.ts'
import { type LocatorHit, newCost, type SearchQuery } from './locator.ts'
import { commonPrefix, pointOf } from './membership/point.ts'
import { fileEntry } from './testing/shared-set.ts'
import { makeZoneWorld, type ZoneWorldNode } from './zone/testing/zone-world.ts'

type World = ReturnType<typeof makeZoneWorld>

async function find(world: World, node: ZoneWorldNode, query: Partial<SearchQuery>) {
  const cost = newCost()
  const hits: LocatorHit[] = []
  let error: unknown
  let isDone = false
  const search = (async () => {
    const signal = new AbortController().signal
    for await (const hit of node.locator.search({ limit: 100, ...query }, { signal, cost })) hits.push(hit)
  })()
  void search.then(
    () => {
      isDone = true
    },
    (reason) => {
      isDone = true
      error = reason
    },
  )
  for (let i = 0; i < 300 && !isDone; i++) await world.run(100)
  if (error) throw error
  assert.ok(isDone, 'the search does not end')
  return { cost, names: hits.map(({ entry }) => entry.name).sort(), hits }
}

const started = async (count: number, bits: number, given = {}) => {
  const world = makeZoneWorld(count, bits, given)
  for (const { locator } of world.nodes) locator.start()
  await world.run(5000)
  return world
}

test('over four zones every node finds what every node shares by word, SHA-256 and CID, and asks one peer at most', async () => {
  const world = await started(48, 2)
  await Promise.all(world.nodes.map((node, i) => node.share([fileEntry(`some/thing number${i}.txt`)])))
  await world.run(5000)
  for (const i of [0, 13, 30, 47]) {
    const name = `thing number${i}.txt`
    const { sha256, cid } = fileEntry(`some/${name}`)
    for (const node of world.nodes.slice(0, 12)) {
      for (const query of [
        { words: `number${i}` },
        { words: `thing number${i}` },
        { sha256: sha256! },
        { cid },
      ]) {
        const { names, cost } = await find(world, node, query)
        assert.deepEqual(names, [name], JSON.stringify(query))
        assert.ok(cost.asked <= 1 && cost.messages <= 2, JSON.stringify(cost))
        assert.equal(cost.firstHitHops, cost.asked)
        assert.deepEqual(cost.problems, [])
      }
    }
  }
  const { names } = await find(world, world.nodes[0]!, { words: 'some' })
  assert.equal(names.length, 48)
  const states = world.membersOf('w:some').map(({ locator }) => locator.getDebugState().pages)
  assert.equal(new Set(states).size, 1, 'all members know the same')
  await world.nodes[3]!.share([])
  await world.run(5000)
  for (const node of world.nodes.slice(0, 4))
    assert.equal((await find(world, node, { words: 'number3' })).names.length, 0)
})

test('what is not looked through under a very common word is found under the rarer one', async () => {
  const world = await started(24, 1, { options: { keyPostings: 10 } })
  await Promise.all(
    world.nodes.map((node, i) =>
      node.share(
        [1, 2, 3]
          .map((part) => fileEntry(`everywhere ${i * 3 + part}.bin`))
          .concat(i === 7 ? [fileEntry('everywhere gem.bin')] : []),
      ),
    ),
  )
  await world.run(5000)
  for (const node of world.nodes.filter((_, i) => i !== 7)) {
    const { names, cost } = await find(world, node, { words: 'everywhere gem' })
    assert.deepEqual(names, ['everywhere gem.bin'])
    assert.ok(cost.messages <= 4 && cost.problems.length === 0, JSON.stringify(cost))
    // The node has learnt which word is the rarer one.
    assert.ok((await find(world, node, { words: 'everywhere gem' })).cost.messages <= 2)
  }
})

test('a dead contact is replaced by another of its zone', async () => {
  const world = await started(32, 1)
  await world.nodes[0]!.share([fileEntry('lonely.txt')])
  await world.run(5000)
  const asker = world.nodes.find(
    ({ membership }) => !world.membersOf('w:lonely').some((m) => m.membership === membership),
  )!
  const members = world.membersOf('w:lonely').filter((node) => node !== world.nodes[0])
  const first = asker.membership.closest(members[0]!.membership.record.point, 1)[0]!.peerId
  for (const member of members.slice(0, 3)) member.host.kill()
  assert.ok(first)
  const { names, cost } = await find(world, asker, { words: 'lonely' })
  assert.deepEqual(names, ['lonely.txt'])
  assert.ok(cost.asked <= 4)
})

test('a member answers for a zone that it left lately, and says that it may not know everything', async () => {
  const world = await started(24, 1)
  await Promise.all(world.nodes.map((node, i) => node.share([fileEntry(`kept number${i}.txt`)])))
  await world.run(5000)
  const point = pointOf('w:kept')
  const leaver = world
    .membersOf('w:kept')
    .find(({ membership }) => commonPrefix(membership.record.point, point) === 1)!
  const ask = async () => {
    const request = create(ZoneSearchRequestSchema, { key: 'w:kept', query: { words: 'kept', limit: 100 } })
    const answers = leaver.locator.service.search(
      request,
      {} as CallContext,
    ) as AsyncIterable<ZoneSearchResponse>
    const [answer] = await Array.fromAsync(answers)
    return { hits: answer!.hits.length, isIncomplete: answer!.incomplete }
  }
  assert.deepEqual(await ask(), { hits: 24, isIncomplete: false })
  leaver.membership.setBits(2)
  assert.deepEqual(await ask(), { hits: 24, isIncomplete: true })
})

test('members that have left a zone send those who know nobody else of it to its members', async () => {
  const world = await started(48, 1)
  const point = pointOf('w:late')
  const asker = world.nodes.find(({ membership }) => commonPrefix(membership.record.point, point) === 0)!
  const others = world.nodes.filter((node) => node !== asker)
  for (const { membership } of others) {
    membership.setBits(2)
    for (const other of others) other.membership.learn(membership.record)
  }
  const { peers } = asker.membership
  for (const { peerId, point: at } of [...peers.values()])
    if (commonPrefix(at, point) !== 1) peers.delete(peerId)
  // Of the other half: whoever shares it tells of it at once, also out of the zone.
  const owner = others.find(({ membership }) => commonPrefix(membership.record.point, point) === 0)!
  await owner.share([fileEntry('late.txt')])
  await world.run(5000)
  const { names, cost } = await find(world, asker, { words: 'late' })
  assert.deepEqual(names, ['late.txt'])
  assert.equal(cost.asked, 2)
})

test('split and merge lose nothing', async () => {
  const world = await started(24, 1)
  await Promise.all(world.nodes.map((node, i) => node.share([fileEntry(`kept number${i}.txt`)])))
  await world.run(5000)
  const check = async () => {
    for (const node of world.nodes)
      assert.equal((await find(world, node, { words: 'kept' })).names.length, 24)
    for (let i = 0; i < 24; i += 5)
      assert.equal((await find(world, world.nodes[i]!, { words: `number${23 - i}` })).names.length, 1)
  }
  await check()
  const setBits = async (bits: number) => {
    for (const [i, { membership }] of world.nodes.entries()) {
      membership.setBits(bits)
      for (const other of world.nodes) other.membership.learn(membership.record)
      if (i % 6 === 0) {
        await world.run(300)
        assert.equal((await find(world, world.nodes[(i + 7) % 24]!, { words: 'kept' })).names.length, 24)
      }
    }
  }
  await setBits(2)
  await check()
  await world.run(300_000)
  await check()
  await setBits(1)
  await world.run(30_000)
  await check()
  await setBits(0)
  await world.run(30_000)
  await check()
})

test('what a gone peer shares is hidden, and there again when it is back', async () => {
  const world = await started(12, 0)
  const [a, b] = world.nodes
  await a!.share([fileEntry('comes and goes.txt')])
  await world.run(2000)
  assert.equal((await find(world, b!, { words: 'goes' })).names.length, 1)
  b!.membership.gone.add(a!.peerId)
  assert.equal((await find(world, b!, { words: 'goes' })).names.length, 0)
  b!.membership.gone.delete(a!.peerId)
  assert.equal((await find(world, b!, { words: 'goes' })).names.length, 1)
})

test('a member that heard nothing gets it by comparing', async () => {
  const world = await started(12, 0)
  const [a, b] = world.nodes
  world.network.partition((host) => (host === b!.host ? 1 : 0))
  await a!.share([fileEntry('missed.txt')])
  await world.run(3000)
  world.network.heal()
  await world.run(60_000)
  assert.equal((await find(world, b!, { words: 'missed' })).names.length, 1)
  assert.equal((await find(world, b!, { words: 'miss*' })).names.length, 1)
})
