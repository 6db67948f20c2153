import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ShoalError } from '../../base/errors.ts'
import { locateNode, type NodeChoice } from './locate-node.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-locate-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** Notes of a running node as one writes them: into its data folder and into the runtime folder. */
function noteNode(folder: string, port: number): string {
  const dataDir = join(root, folder)
  const runtime = join(root, 'runtime', 'shoal')
  mkdirSync(dataDir, { recursive: true })
  mkdirSync(runtime, { recursive: true })
  const token = join(dataDir, 'api.token')
  writeFileSync(token, `token-of-${folder}\n`)
  const noted = JSON.stringify({ pid: 1, http: `http://127.0.0.1:${port}`, grpc: '', peerId: 'p', token })
  writeFileSync(join(dataDir, 'node.json'), noted)
  writeFileSync(join(runtime, `${port}.json`), noted)
  return dataDir
}

const one = noteNode('one', 1001)
const two = noteNode('two', 1002)
noteNode('home/shoal', 1003)
const home = { XDG_DATA_HOME: join(root, 'home'), XDG_RUNTIME_DIR: join(root, 'runtime') }

const find = (choice: NodeChoice, env: Record<string, string> = {}) => {
  const { url, token } = locateNode(choice, { env: { ...home, ...env }, cwd: root })
  return [url, token]
}

test('an address wins over SHOAL_NODE, that over the data folder, that over the default one', () => {
  const node = 'http://127.0.0.1:1001'
  assert.deepEqual(find({ node, data: two }, { SHOAL_NODE: 'http://127.0.0.1:9' }), [node, 'token-of-two'])
  assert.deepEqual(find({ data: two }, { SHOAL_NODE: node }), [node, 'token-of-two'])
  assert.deepEqual(find({ data: two }, { SHOAL_DATA: one }), ['http://127.0.0.1:1002', 'token-of-two'])
  assert.deepEqual(find({ data: 'two' }), ['http://127.0.0.1:1002', 'token-of-two'])
  assert.deepEqual(find({}, { SHOAL_DATA: one }), ['http://127.0.0.1:1001', 'token-of-one'])
  assert.deepEqual(find({}), ['http://127.0.0.1:1003', 'token-of-home/shoal'])
})

test('the token of an address: SHOAL_TOKEN, else the data folder, else the note for the port on loopback only', () => {
  const node = '127.0.0.1:1001'
  assert.equal(find({ node, data: two }, { SHOAL_TOKEN: 'given' })[1], 'given')
  assert.equal(find({ node, data: two })[1], 'token-of-two')
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.9.9.9'])
    assert.equal(find({ node: `${host}:1001` })[1], 'token-of-one', host)
  for (const host of ['192.0.2.1', 'example.org', '127.0.0.1.example.org', 'localhost.example.org'])
    assert.equal(find({ node: `${host}:1001` })[1], undefined, host)
  assert.equal(find({ node: '127.0.0.1:1999' })[1], undefined)
})

test('an address may lack its scheme and end in a slash', () => {
  assert.equal(find({ node: 'localhost:1001/' })[0], 'http://localhost:1001')
  assert.equal(find({ node: 'https://box.example/shoal/' })[0], 'https://box.example/shoal')
})

test('what cannot be used is said, with what to do', () => {
  const refused = (choice: NodeChoice, code: string, message: RegExp) =>
    assert.throws(
      () => find(choice),
      (error) => error instanceof ShoalError && error.code === code && message.test(error.message),
    )
  refused({ node: 'http://:bad:' }, 'INVALID_ARGUMENT', /no address of a node/)
  refused({ data: 'nothing-here' }, 'NODE_UNREACHABLE', /shoal start --data nothing-here/)
  writeFileSync(join(two, 'node.json'), '{"half":')
  refused({ data: two }, 'NODE_UNREACHABLE', /No node runs/)
})
