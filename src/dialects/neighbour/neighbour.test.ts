import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ShoalError } from '../../base/errors.ts'
import { fakeContext } from '../testing/fake-context.ts'
import { listen } from '../testing/listen.ts'
import { type Answering, ask, outside, until } from '../testing/outside.ts'
import type { NeighbourOptions } from './central.ts'
import { neighbourDialect } from './neighbour.ts'

/** What a peer's server answers when the central one calls it. */
const PEER: Answering = ({ path }) =>
  path === '/saveFile'
    ? { json: { message: 'file saved correctly' } }
    : { json: { message: 'not here' }, status: 404 }

async function start(t: TestContext, options: Partial<NeighbourOptions> = {}) {
  const context = fakeContext()
  const dialect = neighbourDialect(context, options)
  const at = await listen(t, context.calls, dialect)
  const login = async (peer: { port: number }) => {
    const { body } = await ask(`${at.url}/login`, { ip: '127.0.0.1', port: String(peer.port) })
    return body as { id: number; neighbour: string | null; message: string }
  }
  const files = async () => ((await ask(`${at.url}/sendFiles`)).body as { filesList: string[] }).filesList
  const peers = () => dialect.view().peers as { id: number }[]
  return { ...context, ...at, dialect, login, files, peers }
}

/** Fields of an answer; each message is some text. */
function fields({ status, body }: { status: number; body: unknown }) {
  const { message, ...rest } = body as Record<string, unknown>
  assert.equal(typeof message, 'string')
  return { status, ...rest }
}

test('a recorded session', async (t) => {
  const { url, node, guests } = await start(t)
  node.add('shoal.txt', 'of this node')
  const [one, two] = [await outside(t, PEER), await outside(t, PEER)]
  const unknown = { status: 404 }
  const steps: [call: string, body: unknown, answer: object][] = [
    ['/checkClientNeighbour', { id: 0 }, unknown],
    ['/login', { ip: '127.0.0.1', port: one.port }, { status: 200, id: 0, neighbour: null }],
    ['/checkClientNeighbour', { id: 0 }, { status: 200, neighbourURL: null }],
    ['/login', { ip: '127.0.0.1', port: `${two.port}` }, { status: 200, id: 1, neighbour: one.url }],
    ['/checkClientNeighbour', { id: 0 }, { status: 200, neighbourURL: two.url }],
    ['/checkNeighbour', { id: 1 }, { status: 200, neighbourURL: one.url }],
    ['/sendFiles', undefined, { status: 200, filesList: ['shoal.txt'] }],
    ['/upload', { idUploader: 0, fileName: 'theirs.txt' }, { status: 200 }],
    ['/fileToUpload', { idUploader: 1, fileName: 'ours.txt' }, { status: 200 }],
    ['/askForFiles', undefined, { status: 200, filesList: ['shoal.txt', 'theirs.txt', 'ours.txt'] }],
    ['/sendFileOwner', { selectedFile: 'theirs.txt' }, { status: 200, ownerURL: two.url }],
    ['/searchFileOwner', { selectedFile: 'ours.txt' }, { status: 200, ownerURL: one.url }],
    ['/searchFileOwner', { selectedFile: 'shoal.txt' }, { status: 200, ownerURL: url }],
    ['/sendFileOwner', { selectedFile: 'nobody.txt' }, unknown],
    ['/download', { selectedFile: 'shoal.txt' }, { status: 200 }],
    ['/download', { selectedFile: 'theirs.txt' }, unknown],
    ['/saveFile', { fileName: 'saved.txt' }, { status: 200 }],
    ['/download', { selectedFile: 'saved.txt' }, { status: 200 }],
    ['/notifyLogout', { id: 1 }, { status: 200 }],
    ['/logout', { id: 1 }, unknown],
    ['/checkClientNeighbour', { id: 0 }, { status: 200, neighbourURL: null }],
    ['/logout', { id: '0' }, { status: 200 }],
  ]
  for (const [path, body, answer] of steps) {
    assert.deepEqual(fields(await ask(url + path, body)), answer, `${path} ${JSON.stringify(body)}`)
    if (path === '/askForFiles')
      assert.deepEqual(guests.list('neighbour'), [
        { dialect: 'neighbour', owner: '1', name: 'theirs.txt', holder: two.url },
        { dialect: 'neighbour', owner: '0', name: 'ours.txt', holder: one.url },
      ])
  }
  assert.deepEqual(
    two.calls,
    [{ path: '/saveFile', json: { fileName: 'theirs.txt' } }],
    'nobody is called at login',
  )
  assert.deepEqual(one.calls, [{ path: '/saveFile', json: { fileName: 'ours.txt' } }])
  assert.deepEqual(guests.list('neighbour'), [])
  assert.deepEqual(fields(await ask(`${url}/sendFiles`)), { status: 200, filesList: ['shoal.txt'] })
})

test('a lone peer leaves nothing behind', async (t) => {
  const { url, login, files } = await start(t)
  for (const id of [0, 1, 2]) {
    assert.deepEqual(fields({ status: 0, body: await login({ port: 4000 + id }) }), {
      status: 0,
      id,
      neighbour: null,
    })
    await ask(`${url}/upload`, { idUploader: id, fileName: 'mine.txt' })
    assert.deepEqual(await files(), ['mine.txt'], 'with nobody else there this node holds it')
    assert.equal(fields(await ask(`${url}/logout`, { id })).status, 200)
    assert.deepEqual(await files(), [])
  }
})

test('names stay when their holder leaves: this node holds them then', async (t) => {
  const { url, login, guests } = await start(t)
  const [one, two] = [await outside(t, PEER), await outside(t, PEER)]
  const [{ id }, holder] = [await login(one), await login(two)]
  await ask(`${url}/upload`, { idUploader: id, fileName: 'a.txt' })
  assert.equal(guests.list('neighbour')[0]!.holder, two.url)
  await ask(`${url}/logout`, { id: holder.id })
  const owner = await ask(`${url}/sendFileOwner`, { selectedFile: 'a.txt' })
  assert.equal((owner.body as { ownerURL: string }).ownerURL, url)
  assert.equal((await ask(`${url}/download`, { selectedFile: 'a.txt' })).status, 200)
  assert.deepEqual(
    guests.list('neighbour').map((file) => [file.owner, file.holder]),
    [['here', url]],
  )
})

test('who does not save a name is passed over, and the uploader is never asked', async (t) => {
  const { url, login, guests } = await start(t)
  const [uploader, broken, gone, good] = await Promise.all([
    outside(t, PEER),
    outside(t, () => ({ json: { message: 'no' }, status: 500 })),
    outside(t, PEER),
    outside(t, PEER),
  ])
  const { id } = await login(uploader)
  for (const peer of [broken, gone, good]) await login(peer)
  await gone.close()
  for (let n = 0; n < 8; n++)
    assert.equal((await ask(`${url}/upload`, { idUploader: id, fileName: `${n}` })).status, 200)
  assert.deepEqual(new Set(guests.list('neighbour').map(({ holder }) => holder)), new Set([good.url]))
  assert.deepEqual(uploader.calls, [])
})

test('a peer that crashed is taken out after three looks', async (t) => {
  const { url, login, clock, peers } = await start(t)
  const [crashed, alive] = [await outside(t, PEER), await outside(t, PEER)]
  await login(crashed)
  const { id } = await login(alive)
  await crashed.close()
  for (let n = 1; n <= 3; n++) {
    assert.equal(peers().length, 2)
    await clock.advance(30_000)
    await alive.called('/download', n)
    await until(() => (n === 3 && peers().length > 1 ? undefined : true))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.deepEqual(
    peers().map((peer) => peer.id),
    [id],
  )
  assert.deepEqual(alive.calls[0], { path: '/download', json: { selectedFile: '' } })
  assert.deepEqual((await ask(`${url}/checkClientNeighbour`, { id })).body, {
    message: 'Waiting for a neighbour',
    neighbourURL: null,
  })
})

test('a server may come later than its login', async (t) => {
  const { login, clock, peers, calls } = await start(t)
  let isUp = false
  calls.answer = async () => {
    if (isUp) return { status: 404, json: {} }
    throw new ShoalError('UNAVAILABLE')
  }
  await login({ port: 4001 })
  await clock.advance(60_000)
  isUp = true
  await clock.advance(30_000)
  isUp = false
  await clock.advance(60_000)
  assert.equal(calls.made.length, 5)
  assert.equal(peers().length, 1)
  await clock.advance(30_000)
  assert.equal(peers().length, 0)
})

test('who logs in again comes as a new one; this node can be the server of a client', async (t) => {
  const { url, port, login, calls, peers, clock } = await start(t)
  const first = await login({ port: 4001 })
  const again = await login({ port: 4001 })
  assert.notEqual(again.id, first.id)
  assert.equal(again.neighbour, null)
  const own = await login({ port })
  assert.deepEqual(
    peers().map(({ id }) => id),
    [again.id, own.id],
  )
  await ask(`${url}/upload`, { idUploader: again.id, fileName: 'x' })
  await clock.advance(300_000)
  assert.ok(!calls.made.some(({ call }) => call.includes(`:${port}/`)), 'it does not call itself')
  assert.equal((await ask(`${url}/download`, { selectedFile: 'x' })).status, 200)
})

test('what makes no sense is refused with a message, and never with 500', async (t) => {
  const { url } = await start(t, { maxPeers: 1 })
  const bad: [path: string, body: unknown, status: number][] = [
    ['/login', {}, 400],
    ['/login', 'x', 400],
    ['/login', null, 400],
    ['/login', { ip: 'http://x', port: 5001 }, 400],
    ['/login', { ip: '127.0.0.1', port: 0 }, 400],
    ['/login', { ip: '192.0.2.1', port: 5001 }, 403],
    ['/logout', {}, 400],
    ['/logout', { id: 3 }, 404],
    ['/notifyLogout', { id: -1 }, 404],
    ['/checkClientNeighbour', { id: 'x' }, 400],
    ['/checkNeighbour', { id: {} }, 400],
    ['/upload', { idUploader: 3, fileName: 'x' }, 404],
    ['/sendFileOwner', {}, 400],
    ['/searchFileOwner', { selectedFile: '__proto__' }, 404],
    ['/saveFile', { fileName: 'x'.repeat(256) }, 400],
    ['/saveFile', { fileName: 'a\nb' }, 400],
    ['/download', {}, 404],
  ]
  for (const [path, body, status] of bad)
    assert.deepEqual(fields(await ask(url + path, body)), { status }, `${path} ${JSON.stringify(body)}`)
  const headers = { 'content-type': 'application/json' }
  const broken = await fetch(`${url}/login`, { method: 'POST', headers, body: '{' })
  assert.deepEqual(fields({ status: broken.status, body: await broken.json() }), { status: 400 })
  await ask(`${url}/login`, { ip: '127.0.0.1', port: 1 })
  assert.equal((await ask(`${url}/upload`, { idUploader: 0 })).status, 400)
  assert.equal((await ask(`${url}/login`, { ip: '127.0.0.1', port: 2 })).status, 503)
})

test('names have a bound: the oldest that only this node holds makes room', async (t) => {
  const { url, files, guests } = await start(t, { maxNames: 2 })
  for (const fileName of ['a', 'b', 'a', 'c']) await ask(`${url}/saveFile`, { fileName })
  assert.deepEqual(await files(), ['b', 'c'])
  assert.deepEqual(
    guests.list('neighbour').map(({ name }) => name),
    ['b', 'c'],
  )
  guests.room = 2
  assert.equal((await ask(`${url}/saveFile`, { fileName: 'd' })).status, 200)
  guests.room = 1
  assert.equal((await ask(`${url}/saveFile`, { fileName: 'e' })).status, 507)
})
