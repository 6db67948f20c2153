import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal, startCli } from '../../../test/support/cli-run.ts'
import { fakeNode } from '../../../test/support/fake-node.ts'

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const figures = {
  files: 1,
  filesTotal: 3,
  bytes: 1024,
  bytesTotal: 4096,
  rateBytesPerSecond: 512,
  etaMs: 6000,
  damaged: 0,
}
const running = { state: 'running', ...figures, ms: 2000 }
const finding = { path: "/home/me/it's.bin", cid: CID, blocks: [4, 9], blockCount: 2, reason: 'blocks' }
const progress = { event: 'progress', ...figures }
const done = { event: 'done', files: 3, bytes: 4096, damaged: 0, ms: 8000 }

const nodeThatSays = (...lines: object[]) =>
  fakeNode({
    'POST /library/verify': () => ({ json: running }),
    'GET /library/verify/events': () => ({ lines }),
    'GET /library/verify': () => ({ json: { ...running, damaged: 1, damagedFiles: [finding] } }),
    'DELETE /library/verify': () => ({ json: { ...running, state: 'stopped', etaMs: null } }),
  })

test('verify tells progress and the end as the node does; all well is exit 0', async () => {
  await using node = await nodeThatSays(progress, done)
  const run = await runShoal(['verify', 'x', CID, '--json', '--node', node.url], { cwd: '/home/me' })
  assert.equal(run.code, 0)
  assert.deepEqual(run.lines, [progress, done])
  assert.deepEqual(node.requests[0]?.body, { targets: ['/home/me/x', CID] })
  const people = await runShoal(['verify', '--node', node.url], { terminalColumns: 120 })
  assert.deepEqual(node.requests[2]?.body, { targets: [] })
  assert.match(people.stderr, /25 % {2}1\.00 KiB of 4\.00 KiB {2}512 B\/s {2}6\.0 s left {2}1 of 3 files/)
  assert.match(people.stderr, /3 files, 4\.00 KiB, 0 damaged, 8\.0 s\.\n$/)
})

test('damage is exit 1, and people are told what to do', async () => {
  const missing = { path: '/gone', cid: CID, blocks: [], blockCount: 0, reason: 'missing' }
  const events = [finding, missing].map((each) => ({ event: 'damaged', ...each }))
  await using node = await nodeThatSays(progress, ...events, { ...done, damaged: 2 })
  const { code, lines } = await runShoal(['verify', '--json', '--node', node.url])
  assert.deepEqual([code, lines.slice(1, 3)], [1, events])
  const people = await runShoal(['verify', '--node', node.url])
  assert.equal(people.code, 1)
  assert.equal(people.stdout, "/home/me/it's.bin: DAMAGED, 2 blocks: 4 9\n/gone: is not there\n")
  assert.ok(
    people.stderr.includes(`shoal get --node ${node.url} ${CID} --out '/home/me/it'\\''s.bin'`),
    people.stderr,
  )
  assert.doesNotMatch(people.stderr, /get .*gone/)
})

test('--detach begins, --status tells, --stop ends', async () => {
  await using node = await nodeThatSays()
  const detached = await runShoal(['verify', '--detach', '--json', '--node', node.url])
  assert.deepEqual([detached.code, detached.lines], [0, [progress]])
  const status = await runShoal(['verify', '--status', '--json', '--node', node.url])
  assert.deepEqual(status.lines, [
    { event: 'damaged', ...finding },
    { ...progress, damaged: 1 },
  ])
  assert.equal(status.code, 1)
  const stopped = await runShoal(['verify', '--stop', '--json', '--node', node.url])
  assert.deepEqual([stopped.code, stopped.lines[0]?.event], [0, 'stopped'])
  assert.deepEqual(
    node.requests.map(({ method }) => method),
    ['POST', 'GET', 'DELETE'],
  )
  for (const wrong of [
    ['--stop', '--status'],
    ['--status', 'x'],
    ['--stop', 'x'],
  ]) {
    assert.equal((await runShoal(['verify', ...wrong, '--node', node.url])).code, 2)
  }
  assert.equal(node.requests.length, 3)
})

test('a target that is not shared is exit 3; a run that somebody stops, or a node that dies, exit 1', async () => {
  const problem = { status: 404, code: 'NOT_FOUND', detail: '/x is not shared.' }
  await using empty = await fakeNode({ 'POST /library/verify': () => ({ problem }) })
  assert.equal((await runShoal(['verify', '/x', '--node', empty.url])).code, 3)
  await using stopping = await nodeThatSays(progress, { ...progress, event: 'stopped', ms: 5 })
  const stopped = await runShoal(['verify', '--json', '--node', stopping.url])
  assert.deepEqual([stopped.code, stopped.lines.at(-1)?.code], [1, 'CANCELLED'])
  await using dying = await fakeNode({
    'POST /library/verify': () => ({ json: running }),
    'GET /library/verify/events': () => ({ lines: [progress], cutOff: true }),
  })
  const { code, stderr } = await runShoal(['verify', '--node', dying.url])
  assert.equal(code, 1)
  assert.match(stderr, /shoal verify --node \S+ --status/)
})

test('Ctrl-C leaves the node at it and says how to go on', async () => {
  async function* forever() {
    yield progress
    await new Promise(() => {})
  }
  await using node = await fakeNode({
    'POST /library/verify': () => ({ json: running }),
    'GET /library/verify/events': () => ({ lines: forever() }),
  })
  const run = startCli(['verify', '--json', '--node', node.url])
  while (run.stdout() === '') await new Promise((resolve) => setTimeout(resolve, 5))
  run.signal('SIGINT')
  const { code, stderr } = await run.done
  assert.equal(code, 1)
  assert.match(stderr, /goes on.*--status.*--stop/)
  assert.ok(node.requests.every(({ method }) => method !== 'DELETE'))
})
