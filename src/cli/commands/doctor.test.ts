import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runShoal } from '../../../test/support/cli-run.ts'
import { type FakeHandler, type FakeNode, fakeNode } from '../../../test/support/fake-node.ts'
import { describeSettings, NodeSettings } from '../../node/settings.ts'

const LOCAL = [
  ...['config', 'data-folder', 'disk', 'fd-limit', 'ports'],
  ...['node-version', 'shares', 'identity', 'network'],
]
const REACHABLE = { id: 'reachability', status: 'ok', title: 'Reachability', detail: 'Fine.', fix: '' }
const SILENT = { id: 'peers', status: 'broken', title: 'Peers', detail: 'No \u202epeer.', fix: 'Name one.' }
const SLOW = { id: 'relay', status: 'warn', title: 'Relay', detail: 'Full.', fix: 'Wait.' }

/** A folder of its own, and an environment in which any port will do. */
function world() {
  const root = mkdtempSync(join(tmpdir(), 'shoal-doctor-cli-'))
  const data = join(root, 'data')
  const env = {
    ...{ XDG_DATA_HOME: join(root, 'xdg'), XDG_CONFIG_HOME: join(root, 'config') },
    ...{ SHOAL_HTTP_PORT: '0', SHOAL_GRPC_PORT: '0', SHOAL_P2P_PORT: '0', SHOAL_P2P_WS_PORT: '0' },
  }
  return {
    root,
    data,
    doctor: (args: string[], options: Parameters<typeof runShoal>[1] = {}) =>
      runShoal(['doctor', ...args], { cwd: root, ...options, env: { ...env, ...options.env } }),
    /** Notes a node as one that runs does. */
    note(node: FakeNode) {
      mkdirSync(data, { recursive: true, mode: 0o700 })
      const token = join(data, 'api.token')
      writeFileSync(token, 'secret\n', { mode: 0o600 })
      writeFileSync(join(data, 'node.json'), JSON.stringify({ pid: 1, http: node.url, token }))
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

const defaults = Object.fromEntries(
  describeSettings(NodeSettings).map((setting) => [setting.key, setting.default]),
)

/** A node that answers so; its ports are any free ones. */
function running(dataDir: string, doctor: FakeHandler): Promise<FakeNode> {
  const ports = { httpPort: 0, grpcPort: 0, p2pPort: 0, p2pWsPort: 0 }
  const status = {
    peerId: 'me',
    name: 'box',
    version: '1.2.3',
    http: 'http://127.0.0.1:1',
    grpc: '127.0.0.1:2',
    p2p: [],
  }
  return fakeNode({
    'GET /status': () => ({ json: { ...status, dataDir } }),
    'GET /config': () => ({ json: { config: { ...defaults, ...ports }, sources: {}, schema: {} } }),
    'GET /doctor': doctor,
  })
}

const rows = (lines: Record<string, unknown>[]) => lines.filter(({ event }) => event === 'check')
const row = (lines: Record<string, unknown>[], id: string) => rows(lines).find((each) => each.id === id)

test('no node runs: the first line says so with the fix, and the rest is looked at', async () => {
  using at = world()
  const { code, lines, stderr } = await at.doctor(['--data', 'data', '--json'])
  assert.equal(code, 0, stderr)
  assert.deepEqual(lines[0], {
    ...{ event: 'check', id: 'node', status: 'skipped', title: 'Running node' },
    detail: 'No node runs here, so the checks that need one are left out.',
    fix: 'shoal start --data data',
  })
  assert.deepEqual(
    rows(lines).map(({ id }) => id),
    ['node', ...LOCAL, 'clock'],
  )
  for (const each of rows(lines))
    assert.deepEqual(Object.keys(each), ['event', 'id', 'status', 'title', 'detail', 'fix'])
  const count = (status: string) => rows(lines).filter((each) => each.status === status).length
  assert.deepEqual(lines.at(-1), { event: 'done', ok: count('ok'), warnings: count('warn'), broken: 0 })
})

test('a node that runs: its checks come after those of this machine, and one that is broken is exit 1', async () => {
  using at = world()
  await using node = await running(at.data, () => ({ json: { checks: [REACHABLE, SLOW, SILENT] } }))
  at.note(node)
  const { code, lines } = await at.doctor(['--data', 'data', '--json'])
  assert.equal(code, 1)
  assert.deepEqual(
    rows(lines).map(({ id }) => id),
    ['node', ...LOCAL, 'reachability', 'relay', 'peers'],
  )
  assert.deepEqual(row(lines, 'peers'), { event: 'check', ...SILENT })
  assert.equal(row(lines, 'node')?.detail, 'box 1.2.3 answers at http://127.0.0.1:1.')
  const { warnings, broken } = lines.at(-1) as { warnings: number; broken: number }
  assert.deepEqual([warnings >= 1, broken], [true, 1])
  assert.equal(node.requests.find(({ path }) => path === '/doctor')?.headers.authorization, 'Bearer secret')
})

test('for people: a mark each, the fix below it, and nothing that a terminal would act upon', async () => {
  using at = world()
  await using node = await running(at.data, () => ({ json: { checks: [REACHABLE, SLOW, SILENT] } }))
  at.note(node)
  const { stdout, code } = await at.doctor(['--data', 'data'])
  assert.equal(code, 1)
  assert.match(stdout, /^✓ Running node: box/)
  assert.match(
    stdout,
    /^✓ Reachability: Fine\.\n! Relay: Full\.\n {4}Wait\.\n✗ Peers: No \\u\{202e\}peer\.\n {4}Name one\.$/m,
  )
  assert.match(stdout, /\n\n1 broken, \d+ to look at, \d+ in order, \d+ skipped\.\n$/)
  const coloured = await at.doctor(['--data', 'data'], { terminalColumns: 100, colors: true })
  assert.ok(coloured.stdout.includes('\u001b[31m✗ Peers'))
})

test('a node that does not answer as it should is broken; this machine is looked at all the same', async () => {
  using at = world()
  const failures: [FakeHandler, RegExp][] = [
    [() => ({ problem: { status: 404, code: 'NOT_FOUND', detail: 'No route.' } }), /No route/],
    [() => ({ problem: { status: 500, code: 'INTERNAL', detail: 'Oh.' } }), /Oh\./],
    [() => ({ raw: '<html>' }), /no node of Shoal/],
    [
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ json: {} }))),
      /No answer within/,
    ],
  ]
  for (const [answer, why] of failures) {
    await using node = await running(at.data, answer)
    at.note(node)
    const { code, lines } = await at.doctor(['--data', 'data', '--json', '--timeout', '1.5'])
    assert.equal(code, 1)
    const [first] = lines
    assert.deepEqual([first?.id, first?.status], ['node', 'broken'])
    assert.match(String(first?.detail), why)
    assert.notEqual(row(lines, 'config')?.status, 'broken')
  }
})

test('a node noted by one that was killed does not run', async () => {
  using at = world()
  const node = await running(at.data, () => ({ json: {} }))
  at.note(node)
  await node[Symbol.asyncDispose]()
  const { code, lines } = await at.doctor(['--data', 'data', '--json'])
  assert.deepEqual([code, lines[0]?.status, lines[0]?.fix], [0, 'skipped', 'shoal start --data data'])
})

test('a node that is named by its address must answer', async () => {
  using at = world()
  const gone = await fakeNode({})
  await gone[Symbol.asyncDispose]()
  for (const [args, env] of [
    [['--node', gone.url], {}],
    [[], { SHOAL_NODE: gone.url }],
  ] as const) {
    const { code, lines } = await at.doctor([...args, '--json'], { env })
    assert.deepEqual([code, lines[0]?.id, lines[0]?.status], [1, 'node', 'broken'])
    assert.match(String(lines[0]?.fix), /--node, SHOAL_NODE/)
    assert.equal(row(lines, 'config')?.status, 'skipped')
  }
  assert.equal((await at.doctor(['--node', 'http://:bad:'])).code, 2)
})

test('the folder of a node that is named by its address is looked at when it is on this machine', async () => {
  using at = world()
  await using node = await running(at.data, () => ({ json: { checks: [REACHABLE] } }))
  const elsewhere = await at.doctor(['--node', node.url, '--json'])
  assert.equal(elsewhere.code, 0)
  assert.match(String(row(elsewhere.lines, 'shares')?.detail), /another machine/)
  at.note(node)
  const here = await at.doctor(['--node', node.url, '--json'])
  assert.match(String(row(here.lines, 'data-folder')?.detail), new RegExp(at.data))
})

test('without its token the node is warned of, not broken', async () => {
  using at = world()
  const problem = { status: 401, code: 'UNAUTHENTICATED', detail: 'no' }
  await using node = await fakeNode({
    'GET /status': () => ({ json: { peerId: 'me', http: 'h', grpc: 'g', p2p: [], dataDir: '/x' } }),
    'GET /config': () => ({ problem }),
  })
  const { code, lines } = await at.doctor(['--node', node.url, '--json'])
  assert.deepEqual([code, lines[0]?.status], [0, 'warn'])
  assert.match(String(lines[0]?.detail), /for its owner only.*token/)
  assert.match(String(lines[0]?.fix), /SHOAL_TOKEN/)
})

test('it cannot be told to take longer than is promised', async () => {
  using at = world()
  for (const time of ['19', '0', 'x']) assert.equal((await at.doctor(['--timeout', time])).code, 2)
})

test('docs/CLI.md names every check', () => {
  const docs = readFileSync(new URL('../../../docs/CLI.md', import.meta.url), 'utf8')
  const section = docs.slice(docs.indexOf('## Doctor'), docs.indexOf('## Exit codes'))
  const node = 'reachability nat upnp relay dht mdns index peers membership clock'.split(' ')
  for (const id of ['node', ...LOCAL, ...node]) assert.ok(section.includes(`\`${id}\``), id)
})
