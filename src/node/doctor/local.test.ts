import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createIdentity, loadIdentity } from '../../link/identity.ts'
import { NetworkKey } from '../../link/network-key.ts'
import { openDataFolder } from '../data-folder.ts'
import type { DoctorCheck } from './check.ts'
import { localPaths } from './local/paths.ts'
import { localChecks, type RunningNode, skippedLocalChecks } from './local.ts'

/** A folder in which everything is, and whose ports are any free ones. */
function world(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'shoal-doctor-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const data = join(root, 'data')
  const env: Record<string, string> = {
    ...{ XDG_DATA_HOME: join(root, 'xdg-data'), XDG_CONFIG_HOME: join(root, 'xdg-config') },
    ...{ SHOAL_GRPC_HOST: '127.0.0.1', SHOAL_HTTP_PORT: '0', SHOAL_GRPC_PORT: '0' },
    ...{ SHOAL_P2P_PORT: '0', SHOAL_P2P_WS_PORT: '0' },
  }
  const look = async (running?: RunningNode, signal = new AbortController().signal) => {
    const checks = await localChecks({ dataDir: data, env, running }, signal)
    return Object.fromEntries(checks.map((check) => [check.id, check])) as Record<string, DoctorCheck>
  }
  return { root, data, env, look }
}

/** A port that somebody has while the test runs. */
async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const statusOf = (checks: Record<string, DoctorCheck>) =>
  Object.fromEntries(Object.values(checks).map(({ id, status }) => [id, status]))

test('before the first start all is in order, and nothing is made', async (t) => {
  const { root, look } = world(t)
  const checks = await look()
  const { disk, 'fd-limit': files, ...rest } = statusOf(checks)
  assert.ok(disk && files)
  assert.deepEqual(rest, {
    ...{ config: 'ok', 'data-folder': 'ok', ports: 'ok', 'node-version': 'ok' },
    ...{ shares: 'ok', identity: 'ok', network: 'ok' },
  })
  assert.deepEqual(readdirSync(root), [])
})

test('config.json: what is wrong with it, and what cannot be told without it', async (t) => {
  const { data, look } = world(t)
  mkdirSync(data, { mode: 0o700 })
  const path = join(data, 'config.json')
  for (const [text, why] of [
    ['{"uploadSlots":"x"}', /"uploadSlots" \(in config\.json\)/],
    ['{"colour":1}', /no setting "colour"/],
    ['{', /is not JSON/],
    ['{"peers":["x"]}', /The peer "x"/],
    ['{"index":["x"]}', /"x" is not an index server/],
    ['{"announce":["x"]}', /HOST:PORT: "x"/],
  ] as const) {
    writeFileSync(path, text)
    const checks = await look()
    assert.equal(checks.config?.status, 'broken')
    assert.match(checks.config.detail, why)
    assert.match(checks.config.fix, /config\.json/)
    assert.deepEqual([checks.ports?.status, checks.shares?.status], ['skipped', 'skipped'])
  }
  writeFileSync(path, '{"name":"x"}')
  assert.equal((await look()).config?.status, 'ok')
})

test('rights of the folder and of its secrets', async (t) => {
  const { data, look } = world(t)
  mkdirSync(data, { mode: 0o700 })
  const { peerId } = await loadIdentity(data)
  const fine = await look()
  assert.deepEqual([fine['data-folder']?.status, fine.identity?.detail], ['ok', `${peerId}.`])
  chmodSync(data, 0o755)
  assert.equal((await look())['data-folder']?.status, 'warn')
  chmodSync(data, 0o777)
  const open = (await look())['data-folder']
  assert.equal(open?.status, 'broken')
  assert.equal(open.fix, `Run: chmod 700 ${data}`)
  chmodSync(data, 0o700)
  writeFileSync(join(data, 'api.token'), 'secret', { mode: 0o644 })
  chmodSync(join(data, 'identity.key'), 0o640)
  const checks = await look()
  assert.match(checks['data-folder']?.detail ?? '', /identity\.key \(0640\), .*api\.token \(0644\)/)
  assert.deepEqual([checks['data-folder']?.status, checks.identity?.status], ['broken', 'broken'])
})

test('a file where the folder should be', async (t) => {
  const { data, look } = world(t)
  writeFileSync(data, '')
  assert.match((await look())['data-folder']?.detail ?? '', /is not a folder/)
})

test('the private network is named; one that cannot be read is broken', async (t) => {
  const { data, env, look } = world(t)
  const key = NetworkKey.create('home')
  env.SHOAL_NETWORK = key.text()
  assert.match((await look()).network?.detail ?? '', new RegExp(`"home" \\(${key.fingerprint}\\)`))
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(join(data, 'network.key'), 'x', { mode: 0o600 })
  assert.equal((await look()).network?.status, 'broken')
})

test('shares that are configured', async (t) => {
  const { root, env, look } = world(t)
  mkdirSync(join(root, 'a'))
  writeFileSync(join(root, 'b'), '')
  env.SHOAL_SHARES = `${join(root, 'a')},${join(root, 'b')}`
  assert.equal((await look()).shares?.detail, '2 configured shares can be read.')
  env.SHOAL_SHARES += `,${join(root, 'c')},${join(root, 'b', 'd')}`
  const { shares } = await look()
  assert.equal(shares?.status, 'broken')
  assert.match(shares.detail, /Not there: .*\/c, .*\/b\/d\.$/)
})

test('a port that is taken: by whom, and what the node does then', async (t) => {
  const { data, env, look } = world(t)
  const port = await takenPort(t)
  env.SHOAL_GRPC_PORT = String(port)
  const { ports } = await look()
  assert.equal(ports?.status, 'broken')
  assert.match(ports.detail, new RegExp(`^gRPC ${port} is taken`))
  if (process.platform === 'linux') assert.match(ports.detail, new RegExp(`\\(process ${process.pid}\\)`))
  assert.match(ports.fix, /"grpcPort" in .*config\.json \(or SHOAL_GRPC_PORT\)/)
  if (process.platform === 'linux') {
    // A node that has noted itself there, but does not answer.
    mkdirSync(data, { mode: 0o700 })
    writeFileSync(join(data, 'node.json'), JSON.stringify({ pid: process.pid }))
    assert.match((await look()).ports?.detail ?? '', new RegExp(`gRPC ${port} is the node's`))
  }
})

test('the ports of a node that runs are its own', async (t) => {
  const { env, look } = world(t)
  const { peerId } = createIdentity()
  const running = {
    peerId,
    http: 'http://127.0.0.1:1001',
    grpc: '127.0.0.1:1002',
    p2p: [
      `/ip4/127.0.0.1/tcp/9/p2p/${peerId}/p2p-circuit`,
      `/ip4/127.0.0.1/tcp/1003/p2p/${peerId}`,
      `/ip4/127.0.0.1/tcp/1004/ws/p2p/${peerId}`,
    ],
  }
  const unasked = await look(running)
  assert.match(unasked.ports?.detail ?? '', /only to those who have its token/)
  assert.equal(unasked.identity?.status, 'warn')
  env.SHOAL_P2P_PORT = '1003'
  const { readConfig } = await import('./local/config.ts')
  const settings = readConfig('/nowhere/config.json', env).settings
  assert.equal(
    (await look({ ...running, settings })).ports?.detail,
    "HTTP 1001 is the node's; gRPC 1002 is the node's; libp2p 1003 is the node's; libp2p over WebSockets 1004 is the node's.",
  )
})

test('what hangs is told when the time is over', async (t) => {
  const { look } = world(t)
  const checks = await look(undefined, AbortSignal.abort(new Error('over')))
  for (const check of Object.values(checks)) {
    assert.equal(check.status, 'broken')
    assert.match(check.detail, /No answer in time/)
  }
})

test('a machine that is not this one: the same checks, skipped', async (t) => {
  const { look } = world(t)
  const skipped = skippedLocalChecks('It is elsewhere.')
  assert.deepEqual(
    skipped.map(({ id, title }) => [id, title]),
    Object.values(await look()).map(({ id, title }) => [id, title]),
  )
  assert.ok(skipped.every(({ status, detail }) => status === 'skipped' && detail === 'It is elsewhere.'))
})

test('the places are those that a node opens', (t) => {
  const { root, data, env } = world(t)
  const places = (dataDir: string | undefined, more: Record<string, string> = {}) => {
    const found = localPaths(dataDir, { ...env, ...more })
    assert.equal(existsSync(found.root), false)
    const { root: opened, config, downloads } = openDataFolder(dataDir, { ...env, ...more })
    assert.deepEqual(found, { root: opened, config, downloads })
    rmSync(opened, { recursive: true })
  }
  places(data)
  places(undefined)
  places(undefined, { XDG_DOWNLOAD_DIR: join(root, 'loads') })
  writeFileSync(join(root, 'xdg-config', 'user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="$HOME/Ladungen"\n')
  places(undefined)
})
