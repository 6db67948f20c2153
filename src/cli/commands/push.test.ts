import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { runShoal, startCli } from '../../../test/support/cli-run.ts'
import { type FakeHandler, fakeNode } from '../../../test/support/fake-node.ts'
import { until } from '../../../test/support/until.ts'
import { REPLICA_BOUNDS } from '../../api/views/replica-view.ts'
import { ManualClock } from '../../base/clock.ts'
import type { HolderJson, ReplicaJson } from '../client/replica-rest.ts'
import { changedHolders, outcomeOf } from './follow-order.ts'

const NOW = 1_700_000_000_000
const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const ADA = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const BEN = '12D3KooWLsZGDzHkvcgyTFZDQ6NcLFHVZDBjCnvh6kXG9gZjBDYD'
const placing: ReplicaJson = {
  ...{ cid: CID, name: 'a.pdf', kind: 'file', sizeBytes: 200, owner: ADA, ownerName: 'me', role: 'owner' },
  ...{ state: 'placing', wanted: 1, live: 0, createdMs: NOW, expiresMs: NOW + 30 * 86_400_000, holders: [] },
}
const fetching: HolderJson = { peerId: BEN, name: 'ben\u202e', state: 'fetching', doneBytes: 50 }
const keeps: HolderJson = { ...fetching, state: 'kept', leaseExpiresMs: NOW + 86_400_000 }
const running: ReplicaJson = { ...placing, holders: [fetching] }
const kept: ReplicaJson = { ...placing, state: 'kept', live: 1, holders: [keeps] }
const short: ReplicaJson = { ...placing, state: 'short', reason: 'Nobody has room', wanted: 2 }

const watched = (...views: ReplicaJson[]): Record<string, FakeHandler> => ({
  'POST /replicas': () => ({ json: placing, status: 201 }),
  [`GET /replicas/${CID}/watch`]: () => ({ lines: views }),
})

test('push orders copies and tells who keeps them', async () => {
  await using node = await fakeNode(watched(placing, running, { ...running }, kept))
  const run = (...args: string[]) => runShoal(['push', CID, '--node', node.url, ...args])
  const { code, lines } = await run('--json')
  assert.equal(code, 0)
  assert.deepEqual(node.requests[0]?.body, { cid: CID, replicas: 3 })
  assert.deepEqual(lines, [
    { event: 'pushed', ...placing },
    { event: 'holder', cid: CID, ...fetching },
    { event: 'holder', cid: CID, ...keeps },
    { event: 'done', cid: CID, replicas: 1, wanted: 1, state: 'kept' },
  ])
  const { stdout, stderr } = await run('--replicas', '1', '--for', '90', '--zone-first')
  assert.equal(stdout, 'ben\\u{202e}: keeps it until 2023-11-15\n')
  assert.equal(stderr, '1 of 1 copy, until 2023-12-14.\n')
  const asked = node.requests.filter(({ method }) => method === 'POST').at(-1)
  assert.deepEqual(asked?.body, { cid: CID, replicas: 1, days: 90, zoneFirst: true })
})

test('a path is shared first, and its folder is what is ordered; links are taken as they are', async () => {
  const added = { event: 'added', cid: 'bafkreifile', name: 'f', path: 'x/f', size: 5, kind: 'file' }
  const folder = { ...added, cid: 'bafyfolder', path: 'x', kind: 'folder' }
  await using node = await fakeNode({
    ...watched(kept),
    'POST /library': ({ body }) => ({
      lines: [
        added,
        ...(body?.path === '/home/me/x' ? [folder] : []),
        { event: 'done', files: 1, bytes: 5, ms: 1 },
      ],
    }),
  })
  const push = async (target: string) => {
    await runShoal(['push', target, '--no-wait', '--node', node.url], { cwd: '/home/me' })
    return node.requests.at(-1)?.body?.cid
  }
  assert.equal(await push('x'), 'bafyfolder')
  assert.equal(await push('y'), 'bafkreifile')
  assert.equal(node.requests.at(-2)?.body?.path, '/home/me/y')
  const link = `shoal:${CID}?name=a.pdf`
  assert.equal(await push(link), link)
})

test('--peer takes PeerIds and names; what is wrong is said before anything is shared', async () => {
  const peer = { peerId: BEN, name: 'ben', addr: '', road: 'direct', state: 'alive' }
  await using node = await fakeNode({
    ...watched(kept),
    'GET /peers': () => ({
      json: { peers: [peer, { ...peer, peerId: ADA, name: 'x' }, { ...peer, peerId: `${BEN}x`, name: 'x' }] },
    }),
  })
  const push = (...args: string[]) => runShoal(['push', CID, '--no-wait', '--node', node.url, ...args])
  const { stdout } = await push('--peer', ADA, '--peer', 'ben')
  assert.equal(stdout, 'a.pdf: ordered until 2023-12-14, 0 of 1 copy there\n')
  assert.deepEqual(node.requests.at(-1)?.body?.peers, [ADA, BEN])
  const { maxReplicas, maxDays } = REPLICA_BOUNDS
  assert.equal((await push('--replicas', String(maxReplicas), '--for', String(maxDays))).code, 0)
  const before = node.requests.filter(({ method }) => method === 'POST').length
  assert.equal((await push('--peer', 'carl')).code, 3)
  assert.equal((await push('--peer', 'x')).code, 2)
  for (const wrong of [
    ['--replicas', '0'],
    ['--replicas', String(REPLICA_BOUNDS.maxReplicas + 1)],
    ['--for', '1.5'],
    ['--for', String(REPLICA_BOUNDS.maxDays + 1)],
    ['--timeout', '0'],
  ])
    assert.equal((await push(...wrong)).code, 2, wrong.join(' '))
  assert.equal(node.requests.filter(({ method }) => method === 'POST').length, before)
})

test('the exit code says what came of it', async () => {
  const table: [ReplicaJson[], number, RegExp][] = [
    [[short], 1, /^0 of 2 copies so far\. Nobody has room\. Shoal goes on looking for more/m],
    [[{ ...short, live: 1, holders: [keeps] }], 4, /^1 of 2 copies so far\. Nobody has room\./m],
    [[{ ...short, state: 'ended' }], 1, /^The order has ended\. Nobody has room\.$/m],
    [[placing], 1, /The node stopped\. The order stays/],
  ]
  for (const [views, code, said] of table) {
    await using node = await fakeNode(watched(...views))
    const run = await runShoal(['push', CID, '--node', node.url])
    assert.deepEqual([run.code], [code], run.stderr)
    assert.match(run.stderr, said)
  }
})

test('when the time is over the order stays: exit 4; Ctrl-C says so, too', async () => {
  const goesOn = async function* () {
    yield running
    await sleep(60_000, undefined, { ref: false })
  }
  await using node = await fakeNode({
    ...watched(),
    [`GET /replicas/${CID}/watch`]: () => ({ lines: goesOn() }),
  })
  const clock = new ManualClock(NOW)
  const start = () => {
    const run = startCli(['push', CID, '--json', '--node', node.url], { clock })
    return { run, seen: until('somebody fetches', () => run.stdout().includes('"holder"') || undefined) }
  }
  const late = start()
  await late.seen
  clock.advance(60_000)
  const { code, lines, stderr } = await late.run.done
  assert.equal(code, 4)
  assert.deepEqual(lines.at(-1), { event: 'done', cid: CID, replicas: 0, wanted: 1, state: 'placing' })
  assert.match(stderr, /goes on looking for more; see how it goes with: shoal replicas --node/)
  const stopped = start()
  await stopped.seen
  stopped.run.signal('SIGINT')
  const end = await stopped.run.done
  assert.equal(end.code, 1)
  assert.match(String(end.lines.at(-1)?.message), /^Interrupted\. The order stays; .*shoal unpush/)
})

test('each change of a holder is told once, and the outcome is one of three', () => {
  const holder = fc.record({
    peerId: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom('fetching', 'kept', 'leaving', 'lost'),
  }) as fc.Arbitrary<HolderJson>
  const views = fc.array(fc.uniqueArray(holder, { selector: ({ peerId }) => peerId }), { maxLength: 8 })
  fc.assert(
    fc.property(views, (all) => {
      const states = new Map<string, HolderJson['state']>()
      for (const holders of all) {
        const before = new Map(states)
        const changed = changedHolders(states, holders)
        for (const { peerId, state } of holders) {
          assert.equal(states.get(peerId), state)
          assert.equal(
            changed.some((each) => each.peerId === peerId),
            before.get(peerId) !== state,
          )
        }
        assert.deepEqual(changedHolders(states, holders), [])
      }
    }),
  )
  assert.equal(outcomeOf({ ...placing, wanted: 2, live: 2, state: 'placing' }, true), 0)
  assert.equal(outcomeOf({ ...short, live: 0 }, true), 4)
})
