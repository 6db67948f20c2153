import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { type ConfigChange, ConfigStore } from './config-store.ts'
import { type NodeConfig, NodeSettings } from './settings.ts'

function setUp(t: TestContext, file?: string, flags: Record<string, unknown> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-config-'))
  const path = join(folder, 'config.json')
  if (file !== undefined) writeFileSync(path, file)
  const open = () =>
    new ConfigStore<NodeConfig>({ schema: NodeSettings, path, flags, env: {}, log: silentLogger })
  t.after(() => rmSync(folder, { recursive: true }))
  return { path, open }
}

test('a change is written, takes effect, and says whether it needs a restart', (t) => {
  const { path, open } = setUp(t, '{ "uploadSlots": 3 }')
  const store = open()
  const changes: string[][] = []
  store.changes.on(({ changed }) => changes.push(changed))
  assert.deepEqual(store.patch({ searchTimeoutMs: 500 }), [])
  assert.deepEqual(store.patch({ grpcPort: 1234, uploadSlots: null }), ['grpcPort', 'uploadSlots'])
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { searchTimeoutMs: 500, grpcPort: 1234 })
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(changes, [['searchTimeoutMs'], ['grpcPort', 'uploadSlots']])
  assert.equal(open().current.searchTimeoutMs, 500)
})

test('a change that is not valid changes nothing, and one that a flag overrules is refused', (t) => {
  const { path, open } = setUp(t, '{"uploadSlots":3}', { httpPort: 0 })
  const store = open()
  assert.throws(() => store.patch({ uploadSlots: 5, grpcPort: 'many' }), { code: 'INVALID_CONFIG' })
  assert.throws(() => store.patch({ colour: 'red' }), { code: 'INVALID_CONFIG' })
  assert.throws(() => store.patch({ httpPort: 80 }), { code: 'CONFLICT' })
  assert.equal(store.current.uploadSlots, 3)
  assert.equal(readFileSync(path, 'utf8'), '{"uploadSlots":3}')
})

test('a file that is no settings is refused at the start, with its path', (t) => {
  for (const text of ['{', '[]', 'null', '{"httpPort":"x"}', '{"nonsense":1}']) {
    const { open } = setUp(t, text)
    assert.throws(open, { code: 'INVALID_CONFIG' }, text)
  }
})

test('the file is watched: good changes take effect, bad ones leave everything as it was', {
  timeout: 30_000,
}, async (t) => {
  const { path, open } = setUp(t, '{}')
  const store = open()
  store.watch()
  t.after(() => store.close())
  const next = () =>
    new Promise<ConfigChange<NodeConfig>>((resolve) => {
      const off = store.changes.on((change) => {
        off()
        resolve(change)
      })
    })
  const first = next()
  // The watcher does not keep a process alive; the test does.
  const awake = setInterval(() => {}, 1000)
  t.after(() => clearInterval(awake))
  writeFileSync(path, '{ "logLevel": "debug" }')
  assert.deepEqual((await first).changed, ['logLevel'])
  const second = next()
  writeFileSync(path, '{ "logLevel": "loud" }')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  assert.equal(store.current.logLevel, 'debug')
  writeFileSync(path, '{ "logLevel": "warn", "searchTimeoutMs": 700 }')
  assert.deepEqual((await second).changed.sort(), ['logLevel', 'searchTimeoutMs'])
})
