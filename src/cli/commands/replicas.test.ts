import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal } from '../../../test/support/cli-run.ts'
import { fakeNode } from '../../../test/support/fake-node.ts'
import { ManualClock } from '../../base/clock.ts'
import type { KeptJson, ReplicaJson } from '../client/replica-rest.ts'

const NOW = 1_700_000_000_000
const DAY_MS = 86_400_000
const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const OTHER = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const order: ReplicaJson = {
  ...{ cid: CID, name: 'a\u001b[2J.pdf', kind: 'file', sizeBytes: 200, owner: 'me', ownerName: 'me' },
  ...{ role: 'owner', state: 'short', reason: 'nobody else has room', wanted: 3, live: 1 },
  ...{ createdMs: NOW, expiresMs: NOW + 30 * DAY_MS },
  holders: [
    {
      ...{ peerId: 'p1', name: 'ada', state: 'kept', zone: '01', leaseExpiresMs: NOW + 7 * DAY_MS },
      ...{ provedMs: NOW - 5000, lastSeenMs: NOW - 1000 },
    },
    { peerId: 'p2', name: '', state: 'fetching', doneBytes: 50 },
    { peerId: 'p3', name: 'carl', state: 'lost' },
  ],
}
const held: ReplicaJson = {
  ...order,
  role: 'holder',
  owner: 'p1',
  ownerName: 'ada',
  state: 'kept',
  live: 3,
  holders: [],
}
const later: ReplicaJson = { ...order, cid: OTHER, name: 'b.pdf', state: 'ended' }
const kept: KeptJson = {
  ...{ keepsFor: 'trusted', files: 1, sizeBytes: 2048, maxFiles: 1000, maxBytes: 4096 },
  replicas: [
    {
      ...{ cid: CID, name: 'c\u202e', sizeBytes: 2048, owner: 'p1', ownerName: 'ada', state: 'kept' },
      ...{ pinned: true, path: '/k/c', leaseExpiresMs: NOW + DAY_MS },
    },
    { cid: OTHER, name: 'd', sizeBytes: 0, state: 'fetching', pinned: true },
  ],
}

const nodeWith = () =>
  fakeNode({
    'GET /replicas': ({ query }) =>
      query.get('cursor') === 'x'
        ? { json: { replicas: [later] } }
        : { json: { replicas: [order, held], cursor: 'x' } },
    [`GET /replicas/${CID}`]: () => ({ json: { replicas: [order, held] } }),
    [`POST /replicas/${CID}/prove`]: () => ({ json: order }),
    [`DELETE /replicas/${CID}`]: () => ({ json: { cid: CID, told: 1, untold: 2 } }),
    'GET /kept': () => ({ json: kept }),
    'GET /targets': ({ query }) => ({ json: { cid: OTHER, name: query.get('target') } }),
    'POST /links': () => ({ json: { cid: OTHER } }),
    [`PUT /pins/${OTHER}`]: () => ({ json: kept.replicas[1] }),
    [`DELETE /pins/${OTHER}`]: () => ({ raw: '', status: 204 }),
  })

test('replicas: a block for each order, over all pages, with nothing that a terminal acts upon', async () => {
  await using node = await nodeWith()
  const run = (...args: string[]) =>
    runShoal(['replicas', '--node', node.url, ...args], { clock: new ManualClock(NOW) })
  assert.deepEqual(
    (await run('--json')).lines,
    [order, held, later].map((view) => ({ event: 'replica', ...view })),
  )
  const { stdout, code } = await run()
  assert.equal(code, 0)
  assert.match(stdout, /^a.+\[2J\.pdf: 1 of 3 copies until 2023-12-14 {2}bafkrei\w+$/m)
  assert.match(stdout, /^ {2}nobody else has room$/m)
  assert.match(stdout, /^ {2}ada {3}keeps it {10}2023-11-21 {2}5\.0 s ago {2}1\.0 s ago {2}01$/m)
  assert.match(stdout, /^ {2}p2 {4}fetches it, 25 % {2}- /m)
  assert.match(stdout, /: 3 of 3 copies until 2023-12-14, for ada {2}/)
  assert.match(stdout, /^b\.pdf: 1 of 3 copies, ended/m)
  assert.doesNotMatch(stdout, /\u001b/)
  const [narrow] =
    (await runShoal(['replicas', '--node', node.url], { terminalColumns: 100 })).stdout.match(/PEER.*/) ?? []
  assert.match(narrow ?? '', /^PEER +STATE +LEASE UNTIL +PROVED +SEEN +ZONE$/)
})

test('one order by its CID, the beginning of it, or its name; --prove checks it', async () => {
  await using node = await nodeWith()
  const run = (...args: string[]) => runShoal(['replicas', '--node', node.url, ...args, '--json'])
  for (const text of [CID, CID.slice(0, 12), order.name])
    assert.deepEqual(
      (await run(text)).lines.map(({ role }) => role),
      ['owner', 'holder'],
      text,
    )
  assert.equal((await run(CID, '--prove')).lines.length, 1)
  assert.equal(node.requests.at(-1)?.path, `/replicas/${CID}/prove`)
  assert.equal((await run('none')).code, 3)
  assert.equal((await run(OTHER)).code, 3)
  assert.equal((await run('bafkrei')).code, 2)
  assert.equal((await run('--prove')).code, 2)
  assert.equal((await run(CID, '--prove', '--kept')).code, 2)
})

test('--kept: what is kept for others, and how much may be', async () => {
  await using node = await nodeWith()
  const run = (...args: string[]) => runShoal(['replicas', '--kept', '--node', node.url, ...args])
  const { replicas, ...quota } = kept
  assert.deepEqual((await run('--json')).lines, [
    ...replicas.map((each) => ({ event: 'kept', ...each })),
    { event: 'quota', ...quota },
  ])
  const { stdout, stderr } = await run()
  assert.match(stdout, /^kept, pinned +2\.00 KiB {2}2023-11-15 {2}ada {2}bafkrei\w+ {2}c\\u\{202e\}$/m)
  assert.match(stdout, /^fetching, pinned +0 B {2}- +- {4}bafkrei\w+ {2}d$/m)
  assert.equal(stderr, 'Keeps copies for trusted peers: 1 of 1000 copies, 2.00 KiB of 4.00 KiB.\n')
  assert.equal((await run('d', '--json')).lines.length, 2)
  assert.equal((await run('none')).code, 3)
})

test('none: a word for people, no line for programs', async () => {
  await using node = await fakeNode({
    'GET /replicas': () => ({ json: { replicas: [] } }),
    'GET /kept': () => ({ json: { ...kept, keepsFor: 'nobody', files: 0, replicas: [] } }),
  })
  const run = (...args: string[]) => runShoal(['replicas', '--node', node.url, ...args])
  assert.match((await run()).stderr, /^No copies are ordered\./)
  assert.equal((await run('--json')).stdout, '')
  assert.equal((await run('--kept')).stderr, 'Keeps copies for nobody.\n')
})

test('unpush, pin and unpin', async () => {
  await using node = await nodeWith()
  const run = (...args: string[]) => runShoal([...args, '--node', node.url])
  assert.deepEqual((await run('unpush', order.name, '--json')).lines, [
    { event: 'unpushed', cid: CID, told: 1, untold: 2 },
  ])
  assert.equal(
    (await run('unpush', CID)).stdout,
    `${CID}: ended; 1 told to drop its copy, 2 to be told once they are back\n`,
  )
  assert.equal((await run('unpush', OTHER)).code, 3)
  assert.equal((await run('pin', 'd')).stdout, 'd: pinned, is being fetched\n')
  assert.deepEqual(node.requests.at(-1)?.body, { name: 'd' })
  const [row] = (await run('pin', `shoal:${OTHER}?peer=x`, '--json')).lines
  assert.deepEqual(row, { event: 'kept', ...kept.replicas[1] })
  assert.deepEqual(
    node.requests.slice(-2).map(({ path }) => path),
    ['/links', `/pins/${OTHER}`],
  )
  assert.deepEqual(node.requests.at(-1)?.body, {})
  for (const text of ['d', OTHER])
    assert.deepEqual((await run('unpin', text, '--json')).lines, [{ event: 'unpinned', cid: OTHER }])
  assert.equal((await run('unpin', 'none')).code, 3)
  assert.equal((await run('unpin', CID)).code, 3)
})
