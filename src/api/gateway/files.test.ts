import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { bytesOf, startShelf } from './testing/shelf.ts'

test('a file of several blocks, whole', async (t) => {
  const { get, big } = await startShelf(t)
  const answer = await get(`/ipfs/${big.cid}`)
  assert.equal(answer.status, 200)
  assert.deepEqual(await bytesOf(answer), big.bytes)
  const header = (name: string) => answer.headers.get(name)
  assert.equal(header('content-length'), String(big.bytes.length))
  assert.equal(header('etag'), `"${big.cid}"`)
  assert.equal(header('cache-control'), 'public, max-age=29030400, immutable')
  assert.equal(header('x-ipfs-path'), `/ipfs/${big.cid}`)
  assert.equal(header('x-ipfs-roots'), big.cid)
  assert.equal(header('accept-ranges'), 'bytes')
  assert.equal(header('content-type'), 'application/octet-stream')
  assert.equal(header('x-content-type-options'), 'nosniff')
  assert.equal(header('access-control-allow-origin'), null)
  assert.equal(header('content-disposition'), null)
  assert.equal(header('vary'), 'Accept')
})

test('HEAD tells the same without reading the file', async (t) => {
  const { get, big, content } = await startShelf(t)
  const answer = await get(`/ipfs/${big.cid}?filename=a.mp4`, {}, 'HEAD')
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-length'), String(big.bytes.length))
  assert.equal(answer.headers.get('content-type'), 'video/mp4')
  assert.equal((await bytesOf(answer)).length, 0)
  assert.deepEqual(content.read, [])
})

test('ranges: inside a block, across blocks, from the end; only the blocks concerned are read', async (t) => {
  const { get, big, content } = await startShelf(t)
  const size = big.bytes.length
  const cases: [range: string, from: number, to: number, blocks: number[]][] = [
    ['bytes=5-9', 5, 10, [0]],
    [`bytes=${BLOCK_SIZE - 1}-${BLOCK_SIZE}`, BLOCK_SIZE - 1, BLOCK_SIZE + 1, [0, 1]],
    ['bytes=-1000', size - 1000, size, [3]],
    [`bytes=${2 * BLOCK_SIZE}-`, 2 * BLOCK_SIZE, size, [2, 3]],
  ]
  for (const [range, from, to, blocks] of cases) {
    content.read.length = 0
    const answer = await get(`/ipfs/${big.cid}?filename=x.bin`, { range })
    assert.equal(answer.status, 206, range)
    assert.equal(answer.headers.get('content-range'), `bytes ${from}-${to - 1}/${size}`)
    assert.equal(answer.headers.get('content-length'), String(to - from))
    assert.equal(answer.headers.get('etag'), `"${big.cid}"`)
    assert.deepEqual(await bytesOf(answer), big.bytes.subarray(from, to))
    assert.deepEqual(content.read, blocks, range)
  }
  assert.deepEqual(content.opened, [big.cid], 'opened once')
  assert.deepEqual(content.hints.at(-1), { offset: 2 * BLOCK_SIZE, length: size - 2 * BLOCK_SIZE })
  assert.ok(
    content.hintSignals.every(({ aborted }) => aborted),
    'nothing is read for them any more',
  )
})

test('a range that is not there is 416; several, and one of another version, are the whole', async (t) => {
  const { get, small } = await startShelf(t)
  const path = `/ipfs/${small.cid}`
  const beyond = await get(path, { range: 'bytes=100-' })
  assert.equal(beyond.status, 416)
  assert.equal(beyond.headers.get('content-range'), 'bytes */11')
  assert.equal(((await beyond.json()) as { code: string }).code, 'RANGE_NOT_SATISFIABLE')
  assert.equal((await get(path, { range: 'bytes=0-1,3-4' })).status, 200)
  assert.equal((await get(path, { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200)
  assert.equal((await get(path, { range: 'bytes=0-1', 'if-range': `W/"${small.cid}"` })).status, 200)
  assert.equal((await get(path, { range: 'bytes=0-1', 'if-range': `"${small.cid}"` })).status, 206)
})

test('what the client has is not sent again, nor opened', async (t) => {
  const { get, small, content } = await startShelf(t)
  const path = `/ipfs/${small.cid}`
  for (const tag of [`"${small.cid}"`, `W/"${small.cid}"`, `"x", "${small.cid}"`]) {
    const answer = await get(path, { 'if-none-match': tag })
    assert.deepEqual([answer.status, (await bytesOf(answer)).length], [304, 0])
    assert.equal(answer.headers.get('etag'), `"${small.cid}"`)
  }
  assert.deepEqual(content.opened, [])
  assert.equal((await get(path, { 'if-none-match': '*' })).status, 304)
  assert.equal((await get(path, { 'if-none-match': `"${small.cid}.raw"` })).status, 200)
  assert.equal((await get(`${path}?format=raw`, { 'if-none-match': `"${small.cid}.raw"` })).status, 304)
})

test('names: content type and disposition', async (t) => {
  const { get, small } = await startShelf(t)
  const headers = async (query: string) => {
    const answer = await get(`/ipfs/${small.cid}${query}`)
    return [answer.headers.get('content-type'), answer.headers.get('content-disposition')]
  }
  const text = 'text/plain; charset=utf-8'
  assert.deepEqual(await headers(''), [text, null])
  assert.deepEqual(await headers('?filename=a.png'), ['image/png', 'inline; filename="a.png"'])
  assert.deepEqual(await headers('?download=true'), [text, 'attachment'])
  assert.deepEqual(await headers('?filename=%C3%A9.txt&download=true'), [
    text,
    `attachment; filename="_.txt"; filename*=UTF-8''%C3%A9.txt`,
  ])
  assert.equal((await get(`/ipfs/${small.cid}?download=maybe`)).status, 400)
})

test('an empty file, and the empty identity CID that gateways are probed with', async (t) => {
  const { get, content } = await startShelf(t)
  const empty = content.addFile(new Uint8Array())
  const answer = await get(`/ipfs/${empty}`)
  assert.deepEqual(
    [answer.status, answer.headers.get('content-length'), (await bytesOf(answer)).length],
    [200, '0', 0],
  )
  assert.equal((await get(`/ipfs/${empty}`, { range: 'bytes=0-' })).status, 416)
  for (const query of ['', '?format=raw', '?format=car'])
    for (const method of ['GET', 'HEAD'])
      assert.equal((await get(`/ipfs/bafkqaaa${query}`, {}, method)).status, 200, query)
  assert.equal((await bytesOf(await get('/ipfs/bafkqaaa?format=raw'))).length, 0)
})

test('active content is shown without rights; nothing shared becomes a script, a frame or a worker', async (t) => {
  const { get, tree, small } = await startShelf(t)
  const answer = await get(`/ipfs/${tree.get('')}/sub/deeper/page.html`)
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(answer.headers.get('content-security-policy') ?? '', /^sandbox; default-src 'none';/)
  assert.equal(answer.headers.get('x-frame-options'), 'DENY')
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin')
  const passive = await get(`/ipfs/${small.cid}?filename=a.png`)
  assert.doesNotMatch(passive.headers.get('content-security-policy') ?? '', /sandbox/)
})

test('errors say what is wrong', async (t) => {
  const { get, tree, small, content } = await startShelf(t)
  const absent = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
  const root = tree.get('')!
  const cases: [path: string, status: number, headers?: Record<string, string>][] = [
    [`/ipfs/${absent}`, 404],
    [`/ipfs/${absent}?format=raw`, 404],
    [`/ipfs/${absent}?format=car`, 404],
    [`/ipfs/${absent}`, 412, { 'cache-control': 'only-if-cached' }],
    [`/ipfs/${root}/sub/no.txt`, 404],
    [`/ipfs/${root}/sub/note.txt/below`, 404],
    [`/ipfs/${root}/sub%2Fnote.txt`, 404],
    ['/ipfs/nonsense', 400],
    ['/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKn5sA', 400],
    ['/ipfs/bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', 400],
    [`/ipfs/${small.cid}?format=tar`, 406],
    [`/ipfs/${small.cid}?format=x`, 400],
    [`/ipfs/${small.cid}`, 406, { accept: 'application/vnd.ipld.dag-json' }],
    [`/ipfs/${small.cid}?dag-scope=some`, 400],
    [`/ipfs/${small.cid}?format=car&entity-bytes=x`, 400],
    [`/ipfs/${small.cid}?format=car&entity-bytes=11:*`, 400],
    [`/ipfs/${small.cid}`, 400, { 'service-worker': 'script' }],
    ['/ipfs/', 400],
  ]
  for (const [path, status, headers] of cases) {
    const answer = await get(path, headers)
    assert.equal(answer.status, status, path)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const { detail } = (await answer.json()) as { detail: string }
    assert.ok(detail.length > 15, `${path}: ${detail}`)
  }
  const missing = (await (await get(`/ipfs/${root}/sub/no.txt`)).json()) as { detail: string }
  assert.equal(missing.detail, `There is no /ipfs/${root}/sub/no.txt.`)
  assert.equal((await get(`/ipfs/${small.cid}`, { 'cache-control': 'only-if-cached' })).status, 200)
  assert.deepEqual(content.options.filter(({ onlyLocal }) => onlyLocal).length, 1)
  assert.equal((await get(`/ipfs/${small.cid}`, {}, 'POST')).status, 401)
})

test('a file of 64 GiB: a range far inside is read alone, and its layout once', async (t) => {
  const { get, content } = await startShelf(t)
  const blocks = 65_536
  const size = blocks * BLOCK_SIZE
  const block = randomBytes(BLOCK_SIZE)
  const cid = content.addLayout(randomBytes(blocks * 32), size, () => block)
  for (let i = 0; i < 20; i++) {
    const from = i * 3_000_000_017
    const answer = await get(`/ipfs/${cid}?filename=x.mkv`, { range: `bytes=${from}-${from + 99}` })
    assert.equal(answer.headers.get('content-range'), `bytes ${from}-${from + 99}/${size}`)
    assert.deepEqual(await bytesOf(answer), block.subarray(from % BLOCK_SIZE, (from % BLOCK_SIZE) + 100))
  }
  assert.equal(content.read.length, 20)
  assert.equal(content.opened.length, 1)
  const root = await bytesOf(await get(`/ipfs/${cid}?format=raw`))
  assert.ok(root.length > 64 * 40)
})
