import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal } from '../../test/support/cli-run.ts'
import { fakeNode } from '../../test/support/fake-node.ts'

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const PEER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const shoal = `shoal:${CID}?name=a.bin&size=10&peer=${PEER}@192.0.2.7:9081`
const http = `http://127.0.0.1:8081/ipfs/${CID}?filename=a.bin&size=10&peer=${PEER}@192.0.2.7:9081`
const link = { cid: CID, name: 'a.bin', size: 10, kind: 'file', shoal, http, peers: [] }
const added = { event: 'added', cid: CID, sha256: 'ab', name: 'a.bin', path: 'a.bin', size: 10, kind: 'file' }
const handlers = {
  'POST /library': () => ({ lines: [added, { event: 'done', files: 1, bytes: 10, ms: 5 }] }),
  'GET /links': () => ({ json: link }),
}

test('share adds a path, then prints both links', async () => {
  await using node = await fakeNode(handlers)
  const { code, stdout, stderr } = await runShoal(['share', 'a.bin', '--node', node.url], { cwd: '/home/me' })
  assert.equal(code, 0)
  assert.equal(stdout, `${shoal}\n${http}\n`)
  assert.match(stderr, /shoal get LINK.*--gateway/)
  const [add, get] = node.requests
  assert.deepEqual(add?.body, { path: '/home/me/a.bin' })
  assert.deepEqual(Object.fromEntries(get!.query), { target: '/home/me/a.bin' })
})

test('share --json has one line, and the gateway goes to the node', async () => {
  await using node = await fakeNode(handlers)
  const args = ['share', 'a.bin', '--json', '--gateway', 'https://gw.example', '--node', node.url]
  const { lines, stderr } = await runShoal(args, { cwd: '/', terminalColumns: 200 })
  assert.deepEqual(lines, [{ event: 'link', cid: CID, name: 'a.bin', size: 10, shoal, http }])
  assert.equal(stderr, '')
  assert.equal(node.requests.at(-1)?.query.get('gateway'), 'https://gw.example')
})

test('what is no gateway is refused before anything is shared', async () => {
  await using node = await fakeNode(handlers)
  for (const gateway of ['gw.example', 'ftp://gw.example', ''])
    assert.equal((await runShoal(['share', 'a', '--gateway', gateway, '--node', node.url])).code, 2)
  assert.deepEqual(node.requests, [])
})

test('a CID is not added; what is not shared exits 3', async () => {
  const problem = { status: 404, code: 'NOT_FOUND', detail: 'It is not shared.' }
  await using node = await fakeNode({ 'GET /links': () => ({ problem }) })
  const { code } = await runShoal(['share', CID, '--node', node.url])
  assert.equal(code, 3)
  assert.deepEqual(
    node.requests.map(({ path, query }) => [path, query.get('target')]),
    [['/links', CID]],
  )
})

test('a terminal gets a QR code unless it is too narrow or none is wanted', async () => {
  await using node = await fakeNode(handlers)
  const run = async (terminalColumns: number | undefined, ...more: string[]) =>
    runShoal(['share', CID, ...more, '--node', node.url], terminalColumns ? { terminalColumns } : {})
  assert.match((await run(120)).stdout, /█{8}/)
  assert.doesNotMatch((await run(120, '--no-qr')).stdout, /█/)
  assert.doesNotMatch((await run(undefined)).stdout, /█/)
  assert.match((await run(undefined, '--qr')).stdout, /█{8}/)
  const narrow = await run(40)
  assert.doesNotMatch(narrow.stdout, /█/)
  assert.match(narrow.stderr, /too narrow/)
})

test('get --stream opens a link that names peers, so that they are asked', async () => {
  await using node = await fakeNode({
    'POST /links': () => ({ json: { cid: CID, peers: [], shared: false } }),
    'GET /targets': () => ({ json: { cid: CID } }),
  })
  await runShoal(['get', '--stream', shoal, '--node', node.url])
  await runShoal(['get', '--stream', `shoal:${CID}`, '--node', node.url])
  assert.deepEqual(
    node.requests.map(({ method, path, body }) => `${method} ${path} ${body?.link ?? ''}`),
    [`POST /links ${shoal}`, `GET /ipfs/${CID} `, 'GET /targets ', `GET /ipfs/${CID} `],
  )
})
