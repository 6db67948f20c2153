import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runShoal, startCli } from '../../test/support/cli-run.ts'
import { type FakeAnswer, type FakeHandler, fakeNode } from '../../test/support/fake-node.ts'
import type { DownloadJson } from './client/rest.ts'
import { liveOf } from './commands/download-progress.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-get-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const view = (state: DownloadJson['state'], more: Partial<DownloadJson> = {}): DownloadJson => ({
  id: 'd1',
  cid: CID,
  name: 'a.bin',
  path: '/downloads/a.bin',
  state,
  priority: 'normal',
  sequential: false,
  sizeBytes: 1000,
  doneBytes: 0,
  rateBytesPerSecond: 0,
  sources: {},
  activeSources: [],
  dropped: [],
  createdMs: 1,
  ...more,
})

/** A node whose download goes through `views`; the last one stays for good when `stuck`. */
const nodeWith = (views: DownloadJson[], more: Record<string, FakeHandler> = {}, stuck = false) =>
  fakeNode({
    'POST /downloads': () => ({ json: views[0], status: 201 }),
    'GET /downloads/d1/events': ({ signal }): FakeAnswer => ({
      lines: (async function* () {
        yield* views
        if (stuck) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      })(),
    }),
    ...more,
  })

test('progress lines, then what was fetched from whom', async () => {
  const sources = { peerA: 400, peerB: 600 }
  const activeSources = [{ peerId: 'peerA', name: 'anna' }]
  const running = view('running', { doneBytes: 400, rateBytesPerSecond: 50, etaMs: 12, activeSources })
  const dropped = [{ peerId: 'peerC', reason: 'BAD_BLOCK' }]
  await using node = await nodeWith([
    view('resolving'),
    running,
    view('done', { doneBytes: 1000, sources, dropped }),
  ])
  const { code, lines, stderr } = await runShoal(['get', CID, '--json', '--node', node.url])
  assert.equal(code, 0)
  assert.equal(stderr.includes('1000 B from 2 sources'), true)
  assert.deepEqual(
    lines.map(({ event, state }) => [event, state]),
    [
      ['progress', 'resolving'],
      ['progress', 'running'],
      ['progress', 'done'],
      ['done', undefined],
    ],
  )
  const { event: _, id: __, ...progress } = lines[1]!
  assert.deepEqual(progress, {
    cid: CID,
    name: 'a.bin',
    state: 'running',
    bytes: 400,
    size: 1000,
    rateBytesPerSecond: 50,
    etaMs: 12,
    activeSources: 1,
    sources: {},
    dropped: [],
  })
  const { ms, ...done } = lines[3]!
  assert.ok(typeof ms === 'number' && ms >= 0)
  assert.deepEqual(done, { event: 'done', cid: CID, path: '/downloads/a.bin', bytes: 1000, sources, dropped })
})

test('--out is made absolute by the folder of the caller', async () => {
  const cases: [string[], string | undefined][] = [
    [[], undefined],
    [['--out', 'b.bin'], join(folder, 'b.bin')],
    [['--out', '.'], `${folder}/`],
    [['--out', 'new/'], `${join(folder, 'new')}/`],
    [['--out', '/abs/c'], '/abs/c'],
  ]
  for (const [args, out] of cases) {
    await using node = await nodeWith([view('done')])
    await runShoal(['get', 'a.bin', ...args, '--node', node.url], { cwd: folder })
    assert.deepEqual(
      node.requests[0]?.body,
      out === undefined ? { target: 'a.bin' } : { target: 'a.bin', out },
    )
  }
})

test('priority and order go to the node; the place in the queue is told', async () => {
  const queued = view('queued', { queuePosition: 3 })
  await using node = await nodeWith([queued, view('done')])
  const args = ['get', CID, '--node', node.url, '--priority', 'high', '--sequential']
  const { code, lines } = await runShoal([...args, '--json'])
  assert.equal(code, 0)
  assert.deepEqual(node.requests[0]?.body, { target: CID, priority: 'high', sequential: true })
  assert.deepEqual(
    [lines[0]?.state, lines[0]?.queuePosition, lines[1]?.queuePosition],
    ['queued', 3, undefined],
  )
  assert.match(liveOf(queued, 80), /waiting for its turn, #3 in the queue/)
  assert.equal((await runShoal(['get', CID, '--node', node.url, '--priority', 'urgent'])).code, 2)
})

test('mirrors go to the node as they are, each of them', async () => {
  await using node = await nodeWith([view('done')])
  const urls = ['https://a.example/x?y=1,2', 'http://b.example/x']
  const args = ['get', CID, '--node', node.url, ...urls.flatMap((url) => ['--mirror', url])]
  assert.equal((await runShoal(args)).code, 0)
  assert.deepEqual(node.requests[0]?.body, { target: CID, mirrors: urls })
})

test('several candidates: exit 2 and a list of them; nobody: exit 3', async () => {
  const candidates = [{ cid: CID, name: 'a\u001b.bin', size: 2048, providers: 3 }]
  const problem = {
    status: 409,
    code: 'AMBIGUOUS',
    detail: 'Two files have this name.',
    details: { candidates },
  }
  await using many = await fakeNode({ 'POST /downloads': () => ({ problem }) })
  const ambiguous = await runShoal(['get', 'a.bin', '--json', '--node', many.url])
  assert.equal(ambiguous.code, 2)
  assert.deepEqual(ambiguous.lines.at(-1), {
    event: 'error',
    code: 'AMBIGUOUS',
    message: 'Two files have this name.',
    details: { candidates },
  })
  assert.match(ambiguous.stderr, new RegExp(`^  ${CID}  2\\.00 KiB  3 with it  a␛\\.bin$`, 'm'))

  const missing = { status: 404, code: 'NOT_FOUND', detail: 'Nobody has it.' }
  await using none = await fakeNode({ 'POST /downloads': () => ({ problem: missing }) })
  assert.equal((await runShoal(['get', 'a.bin', '--node', none.url])).code, 3)
})

test('a failed download exits by its error, and it is said what to do', async () => {
  const cases: [string, number, advice: RegExp][] = [
    [
      'NO_PROVIDERS',
      3,
      / Whoever has it may be away .*shoal doctor .*shoal downloads resume --node \S+ d1$/m,
    ],
    ['NO_SPACE', 1, / Go on when that is mended with: shoal downloads resume --node \S+ d1$/m],
    ['TIMED_OUT', 4, / shoal downloads resume /],
    ['NOT_IMPLEMENTED', 2, /work\.$/m],
    ['FROM_THE_FUTURE', 1, / shoal downloads resume /],
    ['IO', 1, /^shoal: It did not work\. Go on/m],
  ]
  for (const [errorCode, expected, advice] of cases) {
    // What the system says has no full stop.
    const message = errorCode === 'IO' ? 'It did not work' : 'It did not work.'
    const failed = view('failed', { error: { code: errorCode, message } })
    await using node = await nodeWith([view('resolving'), failed])
    const { code, lines, stderr } = await runShoal(['get', CID, '--json', '--node', node.url])
    assert.equal(code, expected, errorCode)
    assert.equal(lines.at(-1)?.event, 'error')
    assert.match(stderr, /^shoal: It did not work\./m)
    assert.match(stderr, advice)
  }
})

test('--timeout: exit 4, the download stays, and it is said how to go on', async () => {
  await using node = await nodeWith([view('running')], {}, true)
  const args = ['get', "it's", '--timeout', '0.05', '--json', '--node', node.url]
  const { code, lines, stderr } = await runShoal(args)
  assert.equal(code, 4)
  assert.equal(lines.at(-1)?.code, 'TIMED_OUT')
  assert.ok(stderr.includes(`shoal get --node ${node.url} 'it'\\''s'`), stderr)
  assert.ok(stderr.includes(`shoal downloads pause --node ${node.url} d1`), stderr)
  assert.deepEqual(
    node.requests.map(({ method }) => method),
    ['POST', 'GET'],
  )
})

test('Ctrl-C pauses the download and says how to resume', async () => {
  const pause = Promise.withResolvers<FakeAnswer>()
  await using node = await nodeWith(
    [view('running')],
    { 'POST /downloads/d1/pause': () => pause.promise },
    true,
  )
  const run = startCli(['get', CID, '--json', '--node', node.url])
  while (!run.stdout().includes('running')) await new Promise((resolve) => setTimeout(resolve, 2))
  run.signal('SIGINT')
  while (node.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 2))
  assert.deepEqual(run.exits, [])
  run.signal('SIGINT')
  assert.deepEqual(run.exits, [1])
  pause.resolve({ json: view('paused') })
  const { code, lines } = await run.done
  assert.equal(code, 1)
  assert.equal(lines.at(-1)?.code, 'CANCELLED')
  assert.match(String(lines.at(-1)?.message), /shoal downloads resume --node \S+ d1/)
})

test('a paused download goes on', async () => {
  const resumed = view('running')
  await using node = await nodeWith([view('paused')], {
    'POST /downloads/d1/resume': () => ({ json: resumed }),
    'GET /downloads/d1/events': () => ({ lines: [resumed, view('done')] }),
  })
  assert.equal((await runShoal(['get', CID, '--node', node.url])).code, 0)
})

test('paused or cancelled by somebody else, or a node that stops: exit 1, and what to do', async () => {
  for (const [views, message] of [
    [[view('running'), view('paused')], /downloads resume/],
    [[view('running'), view('cancelled')], /was cancelled/],
    [[view('running')], /goes on where it was.*shoal get/],
  ] as const) {
    await using node = await nodeWith([...views])
    const { code, stderr } = await runShoal(['get', CID, '--node', node.url])
    assert.equal(code, 1)
    assert.match(stderr, message)
  }
})

test('on a terminal one line is drawn over and over, and taken away in the end', async () => {
  const running = view('running', { doneBytes: 500, rateBytesPerSecond: 100 })
  await using node = await nodeWith([running, view('done', { doneBytes: 1000, sources: { p: 1000 } })])
  const { stdout, stderr } = await runShoal(['get', CID, '--node', node.url], { terminalColumns: 60 })
  assert.equal(stdout, '/downloads/a.bin\n')
  const drawn = stderr.split('\r\u001b[2K')
  assert.ok(drawn.length >= 3)
  assert.match(drawn.at(-1)!, /^1000 B from 1 source in .+, verified\.\n$/)
})

test('--stream writes what the node reads, and nothing else, to stdout', async () => {
  const bytes = Buffer.from('\u0000bytes\xff'.repeat(1000), 'latin1')
  await using node = await fakeNode({
    'GET /targets': ({ query }) => ({ json: { cid: CID, name: query.get('target') } }),
    [`GET /ipfs/${CID}`]: () => ({ raw: bytes, type: 'application/octet-stream' }),
  })
  const { code, bytes: written, stderr } = await runShoal(['get', '--stream', 'a.bin', '--node', node.url])
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(written.equals(bytes))
  assert.deepEqual(
    node.requests.map(({ method, path }) => `${method} ${path}`),
    ['GET /targets', `GET /ipfs/${CID}`],
  )
})

test('--stream: what it does not go with, names that lead nowhere, and a terminal', async () => {
  const detail = { status: 409, code: 'AMBIGUOUS', detail: 'Two files have this name.' }
  const candidates = [{ cid: CID, name: 'a.bin', size: 2048, providers: 3 }]
  await using node = await fakeNode({
    'GET /targets': ({ query }) =>
      query.get('target') === 'two'
        ? { problem: { ...detail, details: { candidates } } }
        : { json: { cid: query.get('target') } },
    'GET /ipfs/none': () => ({ problem: { status: 404, code: 'NO_PROVIDERS', detail: 'Nobody has it.' } }),
    'GET /ipfs/folder': () => ({ raw: '', status: 301 }),
  })
  const run = (...args: string[]) => runShoal(['get', '--stream', ...args, '--node', node.url])
  for (const more of [['--json'], ['--out', 'x'], ['--sequential'], ['--priority', 'high']]) {
    const { code, stderr } = await run(CID, ...more)
    assert.equal(code, 2, more[0])
    assert.match(stderr, /'--stream' cannot be used with/)
  }
  assert.equal(node.requests.length, 0)
  const ambiguous = await run('two')
  assert.deepEqual([ambiguous.code, ambiguous.stdout], [2, ''])
  assert.match(ambiguous.stderr, new RegExp(`  ${CID}  2\\.00 KiB  3 with it  a\\.bin`))
  assert.deepEqual((({ code, stdout }) => [code, stdout])(await run('none')), [3, ''])
  const folder = await run('folder')
  assert.equal(folder.code, 2)
  assert.match(folder.stderr, /is a folder.*shoal get/)
  const terminal = await runShoal(['get', '--stream', CID, '--node', node.url], { terminalColumns: 80 })
  assert.equal(terminal.code, 2)
  assert.match(terminal.stderr, /> FILE/)
})

test('--stream that breaks off says so; Ctrl-C and --timeout end it', async () => {
  const stuck: FakeHandler = ({ signal }) => ({
    lines: (async function* () {
      yield 'some'
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })(),
  })
  await using node = await fakeNode({
    'GET /targets': ({ query }) => ({ json: { cid: query.get('target') } }),
    'GET /ipfs/cut': () => ({
      lines: (async function* () {
        yield 'some'
      })(),
      cutOff: true,
    }),
    'GET /ipfs/stuck': stuck,
  })
  const cut = await runShoal(['get', '--stream', 'cut', '--node', node.url])
  assert.deepEqual([cut.code, cut.stdout], [1, '"some"\n'])
  assert.match(cut.stderr, /broke off before its end/)
  const late = await runShoal(['get', '--stream', 'stuck', '--timeout', '0.2', '--node', node.url])
  assert.equal(late.code, 4)
  const run = startCli(['get', '--stream', 'stuck', '--node', node.url])
  while (!run.stdout().includes('some')) await new Promise((resolve) => setTimeout(resolve, 2))
  run.signal('SIGINT')
  assert.equal((await run.done).code, 1)
})
