import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planSet } from './plan.ts'
import { ReplicaWorld } from './testing/replica-world.ts'

const DAY = 24 * 3_600_000
const order = (world: ReplicaWorld, replicas: number) => ({
  replicas,
  expiresMs: world.clock.now() + 30 * DAY,
})

test('a file is kept by as many as wanted, who sign for it and prove it', async () => {
  await using world = new ReplicaWorld(6)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  const { view, created } = owner!.replication.push(file, order(world, 3))
  assert.equal(created, true)
  assert.equal(view.state, 'placing')
  await world.until(() => owner!.replication.get(file.cid)[0]?.state === 'kept', 10_000)
  assert.equal(world.holders(file.cid).length, 3)
  await world.until(
    () => owner!.replication.get(file.cid)[0]!.holders.every(({ provedMs }) => provedMs !== undefined),
    5000,
  )
  const now = owner!.replication.get(file.cid)[0]!
  assert.equal(now.live, 3)
  for (const holder of now.holders) {
    assert.equal(holder.state, 'kept')
    assert.ok(holder.leaseExpiresMs! > world.clock.now() + DAY)
  }
  // Nothing more comes of it.
  const fetched = world.nodes.map((node) => node.fetched)
  await world.pass(60_000)
  assert.deepEqual(
    world.nodes.map((node) => node.fetched),
    fetched,
  )
  assert.equal(world.holders(file.cid).length, 3)
})

test('the owner makes a lost copy again', async () => {
  await using world = new ReplicaWorld(6)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 2))
  await world.until(() => world.holders(file.cid).length === 2, 10_000)
  const [lost] = world.holders(file.cid)
  await world.kill(lost!)
  const ms = await world.until(() => world.holders(file.cid).length === 2, 60_000)
  assert.ok(ms >= 20_000, `a moment's absence is no loss: ${ms}`)
  // It comes back: one is too many, and only for a moment.
  world.restart(lost!)
  await world.until(() => world.holders(file.cid).length === 2 && !lost!.files.has(file.cid), 30_000)
  await world.pass(60_000)
  assert.equal(world.holders(file.cid).length, 2)
})

test('without the owner the surviving holders make lost copies again, and no more than those', async () => {
  await using world = new ReplicaWorld(8)
  const [owner] = world.nodes
  const files = Array.from({ length: 20 }, (_, i) => owner!.share(`f${i}`, 1000 + i))
  for (const file of files) owner!.replication.push(file, order(world, 3))
  await world.until(() => files.every(({ cid }) => world.holders(cid).length === 3), 20_000)
  const before = world.nodes.reduce((sum, { fetched }) => sum + fetched, 0)
  const doomed = world.holders(files[0]!.cid).slice(0, 2)
  const lost = doomed
    .flatMap((node) => node.replication.kept().rows)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  await world.kill(owner!)
  for (const node of doomed) await world.kill(node)
  let most = 0
  const ms = await world.until(() => {
    most = Math.max(most, ...files.map(({ cid }) => world.holders(cid).length))
    return files.every(({ cid }) => world.holders(cid).length === 3)
  }, 60_000)
  assert.ok(ms <= 60_000)
  await world.pass(60_000)
  for (const { cid } of files) assert.equal(world.holders(cid).length, 3)
  assert.ok(most <= 4, `${most} copies`)
  const repair = world.nodes.reduce((sum, { fetched }) => sum + fetched, 0) - before
  assert.ok(repair <= 1.3 * lost, `${repair} bytes to make ${lost} again`)
  // All come back: those who were replaced let go, the owner learns who keeps what now.
  for (const node of [owner!, ...doomed]) world.restart(node)
  await world.until(
    () =>
      files.every(
        ({ cid }) => world.holders(cid).length === 3 && owner!.replication.get(cid)[0]!.state === 'kept',
      ),
    90_000,
  )
})

test('fifty at once never get more than there is', async () => {
  await using world = new ReplicaWorld(0)
  const holder = world.add({ name: 'h' }, { maxBytes: 10_500, maxFiles: 8, maxBytesPerPeer: 2500 })
  const owners = Array.from({ length: 50 }, (_, i) => world.add({ name: `o${i}` }, { keepsFor: 'nobody' }))
  let most = 0
  owners.forEach((owner, i) => {
    for (const j of [1, 2, 3]) owner.replication.push(owner.share(`f${i}-${j}`, 1000), order(world, 1))
  })
  for (let i = 0; i < 100; i++) {
    await world.pass(200)
    const { total } = holder.replication.kept()
    most = Math.max(most, total.bytes)
    assert.ok(total.bytes <= 10_500 && total.files <= 8)
  }
  assert.equal(most, 8000)
  const byOwner = Map.groupBy(holder.replication.kept().rows, ({ owner }) => owner)
  for (const rows of byOwner.values()) assert.ok(rows.length <= 2)
})

test('nobody keeps anything for strangers unless it is allowed', async () => {
  await using world = new ReplicaWorld(0)
  const owner = world.add({ name: 'owner' })
  const friend = world.add({ name: 'friend' }, { keepsFor: 'trusted', trusted: [owner.peerId] })
  const stranger = world.add({ name: 'stranger' }, { keepsFor: 'trusted' })
  const file = owner.share('a', 1000)
  owner.replication.push(file, order(world, 2))
  await world.until(() => owner.replication.get(file.cid)[0]!.state === 'short', 10_000)
  const view = owner.replication.get(file.cid)[0]!
  assert.equal(view.live, 1)
  assert.match(view.reason!, /1 keep nothing for this owner/)
  assert.equal(friend.files.size, 1)
  assert.equal(stranger.files.size, 0)
  // It is asked again, and may by then.
  stranger.settings = { ...stranger.settings, trusted: [owner.peerId] }
  await world.until(() => owner.replication.get(file.cid)[0]!.state === 'kept', 120_000)
  // Who insists does not wait for that.
  const other = owner.share('b', 1000)
  friend.settings = { ...friend.settings, keepsFor: 'nobody' }
  owner.replication.push(other, order(world, 2))
  await world.until(() => owner.replication.get(other.cid)[0]!.state === 'short', 30_000)
  friend.settings = { ...friend.settings, keepsFor: 'everybody' }
  owner.replication.push(other, order(world, 2))
  await world.until(() => owner.replication.get(other.cid)[0]!.state === 'kept', 3000)
})

test('who has to let go is replaced first', async () => {
  await using world = new ReplicaWorld(4)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 2))
  await world.until(() => world.holders(file.cid).length === 2, 10_000)
  const [leaving] = world.holders(file.cid)
  leaving!.settings = { ...leaving!.settings, maxBytes: 0 }
  leaving!.replication.changed()
  assert.ok(leaving!.files.has(file.cid), 'not before there is another one')
  await world.until(() => !leaving!.files.has(file.cid), 60_000)
  assert.equal(world.holders(file.cid).length, 2)
})

test('what is pinned stays', async () => {
  await using world = new ReplicaWorld(4)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 1))
  await world.until(() => world.holders(file.cid).length === 1, 10_000)
  const [holder] = world.holders(file.cid)
  holder!.replication.pin(file)
  holder!.settings = { ...holder!.settings, maxBytes: 0 }
  holder!.replication.changed()
  await world.pass(30_000)
  assert.ok(holder!.files.has(file.cid))
  const told = await world.run(owner!.replication.unpush(file.cid, new AbortController().signal))
  assert.deepEqual(told, { told: 1, untold: 0 })
  await world.pass(5000)
  assert.ok(holder!.files.has(file.cid), 'also when nobody needs it any more')
  assert.equal(holder!.replication.kept().total.bytes, 0)
  holder!.replication.unpin(file.cid)
  await world.pass(1000)
  assert.equal(holder!.files.has(file.cid), false)
})

test('an order that is taken back ends everywhere, also at who was away', async () => {
  await using world = new ReplicaWorld(5)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 3))
  await world.until(() => world.holders(file.cid).length === 3, 10_000)
  const [away] = world.holders(file.cid)
  await world.kill(away!)
  const told = await world.run(owner!.replication.unpush(file.cid, new AbortController().signal))
  assert.deepEqual(told, { told: 2, untold: 1 })
  await world.pass(5000)
  assert.equal(world.holders(file.cid).length, 0)
  world.restart(away!)
  await world.until(() => !away!.files.has(file.cid), 60_000)
  await world.until(() => owner!.replication.get(file.cid).length === 0, 60_000)
  assert.ok(owner!.files.has(file.cid), "the owner's own file stays")
})

test('who cannot prove its copy is replaced', async () => {
  await using world = new ReplicaWorld(5)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 2))
  await world.until(() => world.holders(file.cid).length === 2, 10_000)
  const [liar] = world.holders(file.cid)
  liar!.lies = true
  await world.run(owner!.replication.prove(file.cid, new AbortController().signal))
  await world.until(() => {
    const view = owner!.replication.get(file.cid)[0]!
    return view.live === 2 && !view.holders.some(({ peerId }) => peerId === liar!.peerId)
  }, 60_000)
})

test('two sides that cannot see each other do not undo what the other does once they can', async () => {
  await using world = new ReplicaWorld(9)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 4))
  await world.until(() => world.holders(file.cid).length === 4, 10_000)
  await world.kill(owner!)
  const left = new Set(
    world
      .holders(file.cid)
      .slice(0, 2)
      .map(({ peerId }) => peerId),
  )
  for (const node of world.nodes.slice(-2)) left.add(node.peerId)
  world.side = (peerId) => Number(left.has(peerId))
  await world.pass(120_000)
  const most = world.holders(file.cid).length
  assert.ok(most >= 4 && most <= 8, `${most}`)
  world.side = () => 0
  await world.until(() => world.holders(file.cid).length === 4, 400_000)
  await world.pass(120_000)
  assert.equal(world.holders(file.cid).length, 4)
})

test('a restart in the middle loses nothing', async () => {
  await using world = new ReplicaWorld(4)
  const [owner] = world.nodes
  for (const node of world.nodes) node.fetchMs = 5000
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 3))
  await world.pass(2500)
  for (const node of world.nodes.slice(1)) {
    assert.equal(node.replication.kept().rows[0]?.state, 'fetching')
    await world.kill(node)
    world.restart(node)
  }
  await world.kill(owner!)
  world.restart(owner!)
  await world.until(() => owner!.replication.get(file.cid)[0]?.state === 'kept', 30_000)
  assert.equal(world.holders(file.cid).length, 3)
})

test('two that cannot see each other: one makes the copy, and whoever gave up stands in nobody’s way', async () => {
  await using world = new ReplicaWorld(4)
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 3))
  await world.until(() => world.holders(file.cid).length === 3, 10_000)
  const holders = world.holders(file.cid).map(({ peerId }) => peerId)
  const facts = (peerIds: readonly string[]) => ({
    ...{
      owner: owner!.peerId,
      isOwnerSilent: true,
      cid: file.cid,
      wanted: 4,
      nowMs: 0,
      fetchPatienceMs: 0,
    },
    holders: peerIds.map((peerId) => ({
      ...{ peerId, isGone: false, isSilent: false, status: 'kept' as const },
      ...{ leaseExpiresMs: 1, addedMs: 0 },
    })),
  })
  // The first one and the one after it, as all agree.
  const first = planSet(facts(holders)).coordinator!
  const second = planSet(facts(holders.filter((peerId) => peerId !== first))).coordinator!
  owner!.replication.push(file, order(world, 4))
  await world.pass(1000)
  await world.kill(owner!)
  world.isCut = (a, b) => (a === first && b === second) || (a === second && b === first)
  // Each of the two takes the other for gone, looks for somebody, and finds nobody.
  await world.pass(90_000)
  assert.equal(world.holders(file.cid).length, 3)
  world.isCut = () => false
  const sees = (a: string, b: string) => {
    const node = world.nodes.find(({ peerId }) => peerId === a)!
    const { holders: all } = node.replication.get(file.cid)[0]!
    return all.some(({ peerId, state }) => peerId === b && state === 'kept')
  }
  await world.until(() => sees(first, second) && sees(second, first), 300_000)
  world.add({ name: 'late' })
  const ms = await world.until(() => world.holders(file.cid).length === 4, 60_000)
  assert.ok(ms <= 25_000, `${ms}`)
  await world.pass(60_000)
  assert.equal(world.holders(file.cid).length, 4)
})

test('who is slow to say yes is not replaced for it', async () => {
  await using world = new ReplicaWorld(8)
  const [owner] = world.nodes
  world.lagMs = (name) => (name === 'keep' ? 3000 : 0)
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 3))
  await world.until(() => owner!.replication.get(file.cid)[0]?.state === 'kept', 30_000)
  await world.pass(20_000)
  assert.equal(
    world.nodes.reduce((sum, { fetched }) => sum + fetched, 0),
    3000,
  )
})

test('with a long grace holders that have just gone stop nobody from making older losses good', async () => {
  // Well longer than it takes to notice that somebody is silent.
  await using world = new ReplicaWorld(8, { graceMs: 180_000 })
  const [owner] = world.nodes
  const file = owner!.share('a', 1000)
  owner!.replication.push(file, order(world, 4))
  await world.until(() => world.holders(file.cid).length === 4, 10_000)
  // All have heard of all.
  await world.pass(15_000)
  await world.kill(owner!)
  const [first, second, third] = world.holders(file.cid)
  await world.kill(first!)
  await world.pass(60_000)
  // One that has been restarted has never heard of the owner; one is silent when the first is missed.
  await world.kill(third!)
  world.restart(third!)
  await world.pass(60_000)
  await world.kill(second!)
  await world.pass(40_000)
  assert.equal(world.holders(file.cid).length, 2, 'nobody is missed yet')
  await world.until(() => world.holders(file.cid).length === 3, 100_000)
  await world.until(() => world.holders(file.cid).length === 4, 180_000)
})

test('many orders at once are placed at once, in few messages', async () => {
  await using world = new ReplicaWorld(5)
  const [owner] = world.nodes
  for (let i = 0; i < 400; i++) owner!.replication.push(owner!.share(`f${i}`, 10), order(world, 3))
  await world.until(() => owner!.replication.counts().short === 0, 15_000)
  assert.deepEqual(owner!.replication.counts(), { ordered: 400, short: 0, kept: 0, keptBytes: 0 })
  assert.ok(world.calls.exchange! < 800 * 3, `${world.calls.exchange} messages about 1200 copies`)
})

test('who has no room for a large file may have it for a small one', async () => {
  await using world = new ReplicaWorld(0)
  const owner = world.add({ name: 'owner' })
  const holder = world.add({ name: 'holder' }, { maxBytes: 1000 })
  const large = owner.share('large', 5000)
  owner.replication.push(large, order(world, 1))
  await world.until(() => owner.replication.get(large.cid)[0]!.state === 'short', 10_000)
  assert.match(owner.replication.get(large.cid)[0]!.reason!, /1 have no room/)
  const small = owner.share('small', 500)
  owner.replication.push(small, order(world, 1))
  await world.until(() => holder.files.has(small.cid), 3000)
})
