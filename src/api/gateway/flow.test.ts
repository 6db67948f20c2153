import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { send } from '../testing/start-api.ts'
import { startShelf } from './testing/shelf.ts'

const BLOCKS = 400

/** More than sockets hold, and than anybody reads here. */
async function startLong(t: Parameters<typeof startShelf>[0]) {
  const shelf = await startShelf(t)
  const block = randomBytes(BLOCK_SIZE)
  const cid = shelf.content.addLayout(randomBytes(BLOCKS * 32), BLOCKS * BLOCK_SIZE, () => block)
  return { ...shelf, block, path: `/ipfs/${cid}?filename=x.bin` }
}

async function open(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(httpGet(url, { agent: false }), 'response')) as [IncomingMessage]
  return answer
}

/** Waits until a count stands still. */
async function settled(count: () => number): Promise<number> {
  for (let last = -1; ; last = count()) {
    await new Promise((resolve) => setTimeout(resolve, 150))
    if (count() === last) return last
  }
}

for (const query of ['', '&format=car'])
  test(`a client that does not read is not read for${query && ', in a CAR neither'}; when it leaves, that is the end`, async (t) => {
    const { url, path, content } = await startLong(t)
    const answer = await open(`${url}${path}${query}`)
    const read = await settled(() => content.read.length)
    assert.ok(read >= 1 && read < 40, `${read} blocks were read`)
    answer.destroy()
    assert.equal(await settled(() => content.read.length), read)
  })

test('when a block cannot be had any more the connection is cut, so that nobody takes it for the whole', async (t) => {
  const { url, path, content } = await startLong(t)
  content.beforeRead = async (index) => {
    if (index === 5) throw new Error('gone')
  }
  const answer = await open(`${url}${path}`)
  let received = 0
  const error = await (async () => {
    for await (const chunk of answer) received += (chunk as Buffer).length
  })().catch((cause: NodeJS.ErrnoException) => cause)
  assert.equal((error as NodeJS.ErrnoException)?.code, 'ECONNRESET')
  assert.ok(received <= 5 * BLOCK_SIZE)
})

test('what fails before the first byte has its own status', async (t) => {
  const { get, path, content } = await startLong(t)
  content.beforeRead = async () => {
    throw new Error('broken')
  }
  assert.equal((await get(path)).status, 500)
  assert.equal((await get(`${path}&format=raw`)).status, 200)
})

test('the work ends when the client leaves while a block is waited for', async (t) => {
  const { url, path, content } = await startLong(t)
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const { promise: never } = Promise.withResolvers<void>()
  content.beforeRead = (index) => {
    if (index === 3) resolve()
    return index === 3 ? never : Promise.resolve()
  }
  const answer = await open(`${url}${path}`)
  answer.resume()
  await asked
  answer.destroy()
  await once(answer, 'close')
  const read = await settled(() => content.read.length)
  assert.ok(read <= 5)
})

test('at most 64 answers at once; one more is told to come again', async (t) => {
  const { url, path, get, small } = await startLong(t)
  const answers = await Promise.all(Array.from({ length: 64 }, () => open(`${url}${path}`)))
  const refused = await get(`/ipfs/${small.cid}`)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'])
  answers.pop()!.destroy()
  for (let i = 0; i < 50 && (await get(`/ipfs/${small.cid}`)).status !== 200; i++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal((await get(`/ipfs/${small.cid}`)).status, 200)
  for (const answer of answers) answer.destroy()
})

test('browsers: no page from elsewhere, no script, style, frame or worker; a link that was clicked', async (t) => {
  const { url, small } = await startShelf(t)
  const target = `${url}/ipfs/${small.cid}`
  const status = async (headers: Record<string, string>) => (await send(target, { headers })).status
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  assert.equal(await status({ ...link, 'sec-fetch-user': '?1' }), 200)
  assert.equal(await status(link), 403, 'a page that goes there by itself')
  assert.equal(await status({ ...link, 'sec-fetch-user': '?1', 'sec-fetch-dest': 'iframe' }), 403)
  assert.equal(await status({ ...link, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }), 403)
  assert.equal(await status({ origin: 'http://evil.example' }), 403)
  assert.equal(await status({ origin: 'null' }), 403)
  assert.equal(await status({ host: 'evil.example' }), 403)
  for (const dest of [
    'script',
    'style',
    'iframe',
    'frame',
    'embed',
    'object',
    'worker',
    'sharedworker',
    'serviceworker',
    'font',
    'manifest',
    'xslt',
  ])
    assert.equal(
      await status({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': dest }),
      403,
      dest,
    )
  for (const dest of ['image', 'video', 'audio', 'track', 'empty', 'document'])
    assert.equal(
      await status({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': dest }),
      200,
      dest,
    )
  assert.equal(
    await status({ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }),
    200,
  )
})
