import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal } from '../../test/support/cli-run.ts'
import { fakeNode } from '../../test/support/fake-node.ts'

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const file = { cid: CID, sha256: 'ab', name: 'a.bin', path: 'x/a.bin', size: 10, kind: 'file' }
const added = { event: 'added', ...file }

test('add prints what was added, the folder last, with an absolute path to the node', async () => {
  const folder = { ...added, cid: 'bafyfolder', name: 'x', path: 'x', kind: 'folder' }
  await using node = await fakeNode({
    'POST /library': () => ({ lines: [added, folder, { event: 'done', files: 1, bytes: 10, ms: 5 }] }),
  })
  const { code, lines, stderr } = await runShoal(['add', 'x', '--json', '--node', node.url], {
    cwd: '/home/me',
  })
  assert.equal(code, 0)
  assert.deepEqual(lines, [added, folder])
  assert.deepEqual(node.requests[0]?.body, { path: '/home/me/x' })
  assert.equal(stderr, '')
  const people = await runShoal(['add', 'x', '--node', node.url])
  assert.equal(people.stdout, `${CID}  x/a.bin\nbafyfolder  x/\n`)
})

test('add says what it leaves out and why, the folder still the last line of the result', async () => {
  const folder = { ...added, cid: 'bafyfolder', name: 'x', path: 'x', kind: 'folder' }
  const examples = [
    { path: 'x/notes.txt~', reason: 'temporary name' },
    { path: 'x/.\u001b[2J', reason: 'hidden' },
  ]
  const done = { event: 'done', files: 1, bytes: 10, ms: 5, leftOut: { count: 5, examples } }
  await using node = await fakeNode({ 'POST /library': () => ({ lines: [added, folder, done] }) })
  const { lines } = await runShoal(['add', '/x', '--json', '--node', node.url])
  assert.deepEqual(lines, [added, { event: 'leftOut', count: 5, examples }, folder])
  const { stderr } = await runShoal(['add', '/x', '--node', node.url])
  assert.match(stderr, /^5 left out: x\/notes\.txt~ \(temporary name\), x\/\.␛\[2J \(hidden\), 3 more$/m)
})

test('add of something that is not there exits 3', async () => {
  const problem = { status: 404, code: 'NOT_FOUND', detail: '/x does not exist.' }
  await using node = await fakeNode({ 'POST /library': () => ({ problem }) })
  const { code, lines, stderr } = await runShoal(['add', '/x', '--json', '--node', node.url])
  assert.equal(code, 3)
  assert.deepEqual(lines, [{ event: 'error', code: 'NOT_FOUND', message: '/x does not exist.' }])
  assert.equal(stderr, 'shoal: /x does not exist.\n')
})

test('ls goes through all pages up to its limit, in the rows of add', async () => {
  const page = (n: number) => ({ ...file, path: `x/${n}`, file: `/home/me/x/${n}` })
  await using node = await fakeNode({
    'GET /library': ({ query }) =>
      query.get('cursor') === 'next'
        ? { json: { entries: [page(3), page(4)] } }
        : { json: { entries: [page(1), page(2)], cursor: 'next' } },
  })
  const paths = async (...args: string[]) =>
    (await runShoal(['ls', '--json', '--node', node.url, ...args])).lines.map(({ path }) => path)
  assert.deepEqual(await paths(), ['x/1', 'x/2', 'x/3', 'x/4'])
  assert.deepEqual(await paths('--limit', '3'), ['x/1', 'x/2', 'x/3'])
  await paths('holiday', 'phot*')
  assert.equal(node.requests.at(-1)?.query.get('q'), 'holiday phot*')
  const { lines, stdout } = await runShoal(['ls', '--json', '--node', node.url])
  assert.deepEqual(lines[0], { event: 'added', ...page(1) })
  assert.equal(node.requests.at(-1)?.query.get('folders'), 'false')
  assert.ok(stdout.endsWith('\n'))
})

test('ls on a narrow terminal shortens paths and keeps CIDs whole', async () => {
  const long = { ...file, path: `x/${'long-'.repeat(30)}name.bin` }
  await using node = await fakeNode({ 'GET /library': () => ({ json: { entries: [long] } }) })
  const { stdout } = await runShoal(['ls', '--node', node.url], { terminalColumns: 110 })
  const [header, row] = stdout.split('\n')
  assert.match(header!, /^SIZE +CID +PATH$/)
  assert.ok(row!.length <= 110 && row!.includes(CID) && row!.endsWith('.bin'), row)
})

test('rm takes paths of the caller and CIDs', async () => {
  await using node = await fakeNode({ 'DELETE /library': () => ({ json: { removed: 2 } }) })
  const { code, lines } = await runShoal(['rm', 'x', CID, '--json', '--node', node.url], { cwd: '/home/me' })
  assert.equal(code, 0)
  assert.deepEqual(lines, [
    { event: 'removed', target: '/home/me/x', removed: 2 },
    { event: 'removed', target: CID, removed: 2 },
  ])
  assert.deepEqual(
    node.requests.map(({ query }) => query.get('target')),
    ['/home/me/x', CID],
  )
})

test('peers, id and status', async () => {
  const peer = {
    peerId: 'p1',
    name: 'anna\u202e',
    addr: '192.0.2.1:9081',
    road: 'direct',
    zone: '',
    state: 'alive',
    neighbour: true,
    latencyMs: 12,
    lastSeenMs: 5,
  }
  const status = {
    peerId: 'me',
    name: 'box',
    version: '1.2.3',
    uptimeMs: 61_000,
    http: 'http://127.0.0.1:8081',
    grpc: '0.0.0.0:9081',
    addresses: ['192.0.2.9:9081'],
    p2p: [],
    dataDir: '/data',
    library: {
      files: 2,
      folders: 1,
      sizeBytes: 2048,
      hashing: { files: 1, bytesDone: 1, bytesTotal: 2 },
      shares: [],
    },
    locators: { index: { state: 'connected' } },
    downloads: { active: 1 },
    uploads: { active: 0, queued: 0, slots: 8 },
    peers: 1,
    network: { role: 'leaf', neighbours: 1, zone: '01', zoneSize: 9, size: 36 },
    reachability: 'private',
    relay: {
      reservations: ['r1'],
      serving: { reservations: 1, slots: 128, connections: 2, bytesToday: 2048, bytesPerDay: 4096 },
    },
    dht: { mode: 'client', contacts: 1 },
    privateNetwork: { name: 'home', fingerprint: '211B' },
  }
  await using node = await fakeNode({
    'GET /peers': () => ({ json: { peers: [peer] } }),
    'GET /status': () => ({ json: status }),
  })
  const run = (...args: string[]) => runShoal([...args, '--node', node.url])
  assert.deepEqual((await run('peers', '--json')).lines, [peer])
  assert.match(
    (await run('peers')).stdout,
    /^anna\\u\{202e\} {2}p1 {2}192\.0\.2\.1:9081 {2}alive, neighbour {2}direct {2}- {2}.*12 ms {2}.+ ago$/m,
  )
  assert.equal((await run('id')).stdout, 'me\n')
  const [id] = (await run('id', '--json')).lines
  assert.deepEqual(id, {
    event: 'id',
    peerId: 'me',
    name: 'box',
    version: '1.2.3',
    addresses: ['192.0.2.9:9081'],
    p2p: [],
  })
  assert.deepEqual((await run('status', '--json')).lines, [{ event: 'status', ...status }])
  const shown = (await run('status')).stdout
  assert.match(shown, /^Shares +2 files, 2\.00 KiB; reading 1 more/m)
  assert.match(shown, /^Network +1 neighbour, zone 01 of 9, about 36 peers in all, a leaf/m)
  assert.match(shown, /^Version +1\.2\.3, up for 1 min 1 s$/m)
  assert.match(shown, /^Reachability +others cannot connect; they come through 1 relay: r1$/m)
  assert.match(
    shown,
    /^Relay of others +1 of 128 places taken, 2 connections, 2\.00 KiB of 4\.00 KiB in the/m,
  )
  assert.match(shown, /^DHT +client, 1 contact$/m)
  assert.match(shown, /^Private network +home, fingerprint 211B$/m)
})

test('config lists, gets and sets', async () => {
  const config: Record<string, unknown> = { name: 'box', index: ['a:1'], httpPort: 8081, uploadLimit: 0 }
  const schema = {
    properties: {
      ...{ name: { type: 'string' }, index: { type: 'array' }, httpPort: { type: 'integer' } },
      uploadLimit: { type: 'integer', unit: 'bytesPerSecond' },
    },
  }
  await using node = await fakeNode({
    'GET /config': () => ({ json: { config, schema, sources: { name: 'file' } } }),
    'PATCH /config': ({ body }) => {
      const restartNeeded = Object.keys(body!).filter((key) => key === 'httpPort')
      return { json: { config: restartNeeded.length > 0 ? config : { ...config, ...body }, restartNeeded } }
    },
  })
  const run = (...args: string[]) => runShoal(['config', ...args, '--node', node.url])
  assert.equal((await run('--json')).lines.length, 4)
  assert.deepEqual((await run('list', '--json')).lines[0], {
    event: 'setting',
    key: 'name',
    value: 'box',
    source: 'file',
  })
  assert.equal((await run('get', 'index')).stdout, '["a:1"]\n')
  assert.deepEqual((await run('set', 'index', 'b:2,c:3', '--json')).lines, [
    { event: 'setting', key: 'index', value: ['b:2', 'c:3'], restartNeeded: false },
  ])
  const port = await run('set', 'httpPort', '9999')
  assert.equal(port.stdout, 'httpPort = 9999\n')
  assert.match(port.stderr, /Restart the node/)
  assert.deepEqual(node.requests.at(-1)?.body, { httpPort: 9999 })
  assert.equal((await run('get', 'uploadLimit')).stdout, 'none\n')
  assert.equal((await run('set', 'uploadLimit', '40Mbit/s')).stdout, 'uploadLimit = 4.77 MiB/s\n')
  assert.deepEqual(node.requests.at(-1)?.body, { uploadLimit: 5_000_000 })
  assert.equal((await run('get', 'colour')).code, 3)
  assert.equal((await run('set', 'name')).code, 2)
})

test('downloads are listed in order, and controlled by the beginning of their id or their CID', async () => {
  const download = (id: string, more: object = {}) => ({
    id,
    name: 'a.bin',
    state: 'running',
    priority: 'normal',
    sequential: false,
    sizeBytes: 200,
    doneBytes: 50,
    rateBytesPerSecond: 10,
    cid: `cid-${id}`,
    ...more,
  })
  const queued = (id: string, queuePosition: number) =>
    download(id, {
      state: 'queued',
      priority: 'high',
      sequential: true,
      rateBytesPerSecond: 0,
      queuePosition,
    })
  const going = download('aa11', { etaMs: 15_000 })
  const downloads = [queued('cc', 2), going, download('aa22'), queued('dd', 1)]
  const paused = { ...download('aa22'), state: 'paused' }
  await using node = await fakeNode({
    'GET /downloads': () => ({ json: { downloads } }),
    'POST /downloads/aa22/pause': () => ({ json: paused }),
    'PATCH /downloads/cc': ({ body }) => ({ json: { ...queued('cc', 1), ...body } }),
    'DELETE /downloads/dd': () => ({ json: {} }),
    'DELETE /downloads': ({ query }) => ({ json: { removed: query.get('state') === 'failed' ? 1 : 2 } }),
    'GET /downloads/aa22/blocks': ({ query }) => ({
      json: {
        ...{ blocks: 4, blockSizeBytes: 1_048_576, cells: 4, have: [100, 50, 0, 0], inFlight: [0, 0, 1, 0] },
        ...{ from: [0, 0, -1, -1], flying: [-1, -1, 0, -1], sources: [], asked: query.get('cells') },
      },
    }),
  })
  const run = (...args: string[]) => runShoal(['downloads', ...args, '--node', node.url])
  assert.deepEqual(
    (await run('--json')).lines.map(({ event, id }) => [event, id]),
    ['dd', 'cc', 'aa11', 'aa22'].map((id) => ['download', id]),
  )
  assert.deepEqual((await run('--json')).lines[2], { event: 'download', ...going })
  const shown = (await run()).stdout
  assert.match(shown, /^aa11 {2}running +normal +25 % {2}200 B {2}10 B\/s {2}15\.0 s {2}a\.bin$/m)
  assert.match(shown, /^cc +queued #2 {2}high, sequential +25 % {2}200 B +a\.bin$/m)
  assert.equal((await run('pause', 'aa2')).stdout, 'a.bin: paused\n')
  assert.equal((await run('pause', 'cid-aa22')).stdout, 'a.bin: paused\n')
  assert.equal((await run('pause', 'aa')).code, 2)
  assert.equal((await run('cancel', 'ee')).code, 3)
  assert.equal((await run('priority', 'cc', 'low')).stdout, 'a.bin: low priority, queued #1\n')
  assert.deepEqual(node.requests.at(-1)?.body, { priority: 'low' })
  assert.equal((await run('priority', 'cc', 'urgent')).code, 2)
  assert.equal((await run('sequential', 'cc', 'off')).stdout, 'a.bin: rare blocks first, queued #1\n')
  assert.deepEqual(node.requests.at(-1)?.body, { sequential: false })
  assert.deepEqual((await run('sequential', 'cc', '--json')).lines[0]?.sequential, true)
  assert.deepEqual((await run('remove', 'dd', '--json')).lines, [{ event: 'removed', id: 'dd' }])
  assert.deepEqual((await run('clear', '--json')).lines, [{ event: 'cleared', removed: 2 }])
  assert.equal((await run('clear', '--state', 'failed')).stdout, '1 download taken off the list\n')
  assert.equal((await run('blocks', 'aa2')).stdout, '█▒▪·\n')
  const [map] = (await run('blocks', 'aa2', '--json')).lines
  assert.deepEqual([map?.event, map?.id, map?.asked], ['blocks', 'aa22', '960'])
})

test('uploads: who gets what, and who waits how long', async () => {
  const upload = {
    peerId: 'p1',
    peerName: 'anna',
    cid: CID,
    name: 'a.bin',
    bytes: 2048,
    rateBytesPerSecond: 1024,
  }
  const waiting = [
    { ...upload, peerName: '', bytes: 0, rateBytesPerSecond: 0, position: 1, etaMs: 12_000 },
    { ...upload, name: '', bytes: 0, rateBytesPerSecond: 0, position: 2 },
  ]
  await using node = await fakeNode({
    'GET /uploads': () => ({ json: { slots: 8, active: [upload], queued: waiting } }),
  })
  const run = (...args: string[]) => runShoal(['uploads', ...args, '--node', node.url])
  assert.deepEqual((await run('--json')).lines, [
    { event: 'upload', state: 'active', ...upload },
    { event: 'upload', state: 'waiting', ...waiting[0] },
    { event: 'upload', state: 'waiting', ...waiting[1] },
  ])
  const { stdout, stderr } = await run()
  assert.match(stdout, /^active +anna +2\.00 KiB {2}1\.00 KiB\/s +a\.bin$/m)
  assert.match(stdout, /^waits #1 {2}p1 +0 B +in 12\.0 s {2}a\.bin$/m)
  assert.match(stdout, /^waits #2 {2}anna +0 B +\? {2}bafk/m)
  assert.equal(stderr, '1 of 8 slots taken, 2 waiting.\n')
  const paused = [
    { peerId: 'p1', name: 'anna', state: 'paused' },
    { peerId: 'p2', name: '', state: 'refused', untilMs: 0 },
  ]
  await using held = await fakeNode({
    'GET /uploads': () => ({ json: { slots: 8, active: [], queued: waiting, paused } }),
    'POST /uploads/p1/resume': () => ({ json: { ...paused[0], state: 'served' } }),
    'POST /uploads/p2/pause': () => ({ json: { ...paused[1], state: 'paused', untilMs: undefined } }),
  })
  const steer = (...args: string[]) => runShoal(['uploads', ...args, '--node', held.url])
  const shown = (await steer()).stdout
  assert.match(shown, /^paused +p1/m)
  assert.match(shown, /^anna: paused\np2: refused for 0 ms$/m)
  assert.deepEqual(
    (await steer('--json')).lines.slice(2),
    paused.map((peer) => ({ event: 'peer', ...peer })),
  )
  assert.equal((await steer('resume', 'anna')).stdout, 'anna: served\n')
  assert.deepEqual((await steer('pause', 'p2', '--json')).lines, [
    { event: 'peer', peerId: 'p2', name: '', state: 'paused' },
  ])
  assert.equal((await steer('cancel', 'carl')).code, 3)
  await using idle = await fakeNode({
    'GET /uploads': () => ({ json: { slots: 8, active: [], queued: [] } }),
  })
  assert.equal((await runShoal(['uploads', '--node', idle.url])).stderr, 'Nobody fetches from here.\n')
})
