import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { CarReader } from '@ipld/car'
import { BLOCK_SIZE, cidOfDigest, RAW } from '../../content/cid.ts'
import { FileDag } from '../../content/file-dag.ts'
import { sha256 } from '../../content/verify.ts'
import { bytesOf, type Shelf, startShelf } from './testing/shelf.ts'

const CAR = 'application/vnd.ipld.car'

/** Blocks of a CAR in their order, each checked against its CID by its own hash. */
async function blocksOf(answer: Response): Promise<string[]> {
  assert.equal(answer.status, 200)
  const car = await CarReader.fromBytes(await bytesOf(answer))
  const cids: string[] = []
  for await (const { cid, bytes } of car.blocks()) {
    assert.deepEqual(Buffer.from(cid.multihash.digest), Buffer.from(sha256(bytes)))
    cids.push(cid.toString())
  }
  return cids
}

async function dagOf(bytes: Buffer, cid: string): Promise<string[]> {
  const digests = []
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE)
    digests.push(sha256(bytes.subarray(at, at + BLOCK_SIZE)))
  const layout = { cid, sizeBytes: bytes.length, digests: new Uint8Array(Buffer.concat(digests)) }
  return (await Array.fromAsync(new FileDag(layout).walk())).map((step) => step.cid)
}

test('a whole file, walked block by block by the CIDs of its nodes and blocks, is opened once', async (t) => {
  const { get, big, content } = await startShelf(t)
  const [root, ...blocks] = await dagOf(big.bytes, big.cid)
  for (const cid of [root!, ...blocks]) {
    const answer = await get(`/ipfs/${cid}?format=raw`)
    const bytes = await bytesOf(answer)
    assert.equal(answer.status, 200)
    assert.deepEqual(
      sha256(bytes),
      Buffer.from((await import('multiformats/cid')).CID.parse(cid).multihash.digest),
    )
    assert.equal(answer.headers.get('content-type'), 'application/vnd.ipld.raw')
    assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${cid}.bin"`)
    assert.equal(answer.headers.get('etag'), `"${cid}.raw"`)
    assert.equal(answer.headers.get('content-length'), String(bytes.length))
  }
  assert.deepEqual(content.opened, [big.cid])
  // A block is a file of its own, too.
  const second = big.bytes.subarray(BLOCK_SIZE, 2 * BLOCK_SIZE)
  assert.deepEqual(
    await bytesOf(await get(`/ipfs/${blocks[1]}?filename=x.bin`, { range: 'bytes=5-9' })),
    second.subarray(5, 10),
  )
})

test('blocks and inner nodes that are asked for first are found as parts of their file', async (t) => {
  const { get, content } = await startShelf(t)
  const pieces = [randomBytes(BLOCK_SIZE), randomBytes(BLOCK_SIZE)]
  const digests = Buffer.concat(Array.from({ length: 1500 }, (_, i) => sha256(pieces[i % 2]!)))
  const cid = content.addLayout(new Uint8Array(digests), 1500 * BLOCK_SIZE, (index) => pieces[index % 2]!)
  await content.addParts(cid)
  const steps = await Array.fromAsync(
    new FileDag({ cid, sizeBytes: 1500 * BLOCK_SIZE, digests: new Uint8Array(digests) }).walk(),
  )
  const inner = steps.filter((step) => 'bytes' in step).slice(1)
  assert.equal(inner.length, 2)
  for (const step of inner.toReversed()) {
    const bytes = await bytesOf(await get(`/ipfs/${step.cid}?format=raw`))
    assert.deepEqual(bytes, Buffer.from(step.bytes as Uint8Array))
  }
  const answer = await get(`/ipfs/${inner[1]!.cid}?filename=x.bin`, {}, 'HEAD')
  assert.equal(answer.headers.get('content-length'), String((1500 - 1024) * BLOCK_SIZE))
  const leaf = cidOfDigest(RAW, sha256(pieces[1]!))
  assert.deepEqual(await bytesOf(await get(`/ipfs/${leaf}?format=raw`)), pieces[1])
})

test('nodes of folders are blocks, too; HEAD and ranges work for blocks', async (t) => {
  const { get, tree, big, content } = await startShelf(t)
  for (const cid of tree.values()) {
    const bytes = await bytesOf(await get(`/ipfs/${cid}`, { accept: 'application/vnd.ipld.raw' }))
    assert.deepEqual(bytes, Buffer.from(content.node(cid)!))
  }
  const root = await bytesOf(await get(`/ipfs/${big.cid}?format=raw`))
  const head = await get(`/ipfs/${big.cid}?format=raw`, {}, 'HEAD')
  assert.equal(head.headers.get('content-length'), String(root.length))
  const part = await get(`/ipfs/${big.cid}?format=raw`, { range: 'bytes=2-5' })
  assert.deepEqual([part.status, await bytesOf(part)], [206, root.subarray(2, 6)])
  const named = await get(`/ipfs/${big.cid}`, { accept: 'application/vnd.ipld.raw' })
  assert.equal(named.headers.get('content-location'), `/ipfs/${big.cid}?format=raw`)
  await named.arrayBuffer()
})

test('a CAR of a file has its whole DAG, depth first', async (t) => {
  const { get, big } = await startShelf(t)
  const answer = await get(`/ipfs/${big.cid}`, { accept: `${CAR}; version=1; order=dfs; dups=y` })
  assert.equal(answer.headers.get('content-type'), `${CAR};version=1;order=dfs;dups=y`)
  assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${big.cid}.car"`)
  assert.equal(answer.headers.get('accept-ranges'), 'none')
  assert.match(answer.headers.get('etag') ?? '', new RegExp(`^"${big.cid}\\.car\\.`))
  assert.equal(
    answer.headers.get('content-location'),
    `/ipfs/${big.cid}?format=car&car-version=1&car-order=dfs&car-dups=y`,
  )
  assert.deepEqual(await blocksOf(answer), await dagOf(big.bytes, big.cid))
})

/** The DAG of the tree of {@link startShelf}, below each folder, in link order. */
async function treeDag({ tree, big, small }: Shelf) {
  const page = cidOfDigest(RAW, sha256(Buffer.from('<script>fetch("/api/v1/status")</script>')))
  const [root, sub, deeper, empty] = ['', 'sub', 'sub/deeper', 'empty'].map((path) => tree.get(path)!) as [
    string,
    string,
    string,
    string,
  ]
  const bigDag = await dagOf(big.bytes, big.cid)
  return { root, sub, deeper, empty, page, bigDag, note: small.cid }
}

test('a CAR of a folder: all below, the folder alone, its first block; the nodes of the path come first', async (t) => {
  const shelf = await startShelf(t)
  const { get } = shelf
  const { root, sub, deeper, empty, page, bigDag, note } = await treeDag(shelf)
  const car = async (path: string) => blocksOf(await get(path))
  const all = [root, ...bigDag, empty, sub, deeper, page, note]
  assert.deepEqual(await car(`/ipfs/${root}?format=car`), all)
  assert.deepEqual(await car(`/ipfs/${root}?format=car&car-dups=y`), [...all, note])
  assert.deepEqual(await car(`/ipfs/${root}?format=car&dag-scope=entity`), [root])
  assert.deepEqual(await car(`/ipfs/${root}/sub?format=car&dag-scope=block`), [root, sub])
  assert.deepEqual(await car(`/ipfs/${root}/sub/?format=car`), [root, sub, deeper, page, note])
  assert.deepEqual(await car(`/ipfs/${root}/sub/deeper/page.html?format=car`), [root, sub, deeper, page])
  assert.deepEqual(await car(`/ipfs/${root}/big.bin?format=car&dag-scope=block`), [root, bigDag[0]])
  // What the end of the path is decides; bytes of a folder mean nothing.
  assert.deepEqual(await car(`/ipfs/${root}?format=car&entity-bytes=0:5`), [root])
})

test('a CAR of some bytes of a file has the blocks that prove them', async (t) => {
  const { get, big } = await startShelf(t)
  const [root, ...blocks] = await dagOf(big.bytes, big.cid)
  const car = async (bytes: string) =>
    blocksOf(await get(`/ipfs/${big.cid}?format=car&entity-bytes=${bytes}`))
  assert.deepEqual(await car('0:0'), [root, blocks[0]])
  assert.deepEqual(await car(`${BLOCK_SIZE - 1}:${BLOCK_SIZE}`), [root, blocks[0], blocks[1]])
  assert.deepEqual(await car('-10:*'), [root, blocks[3]])
  assert.deepEqual(await car('0:*'), [root, ...blocks])
  assert.deepEqual(await car('5:4'), [root])
})

test('a CAR of one name in a folder of thousands has only the nodes of the trie on the way', async (t) => {
  const { get, content, small } = await startShelf(t)
  const files = Object.fromEntries(
    Array.from({ length: 6000 }, (_, i) => [`photo number ${i}.txt`, small.cid]),
  )
  const root = (await content.addFolder(files)).get('')!
  const cids = await blocksOf(await get(`/ipfs/${root}/photo%20number%2077.txt?format=car`))
  assert.ok(cids.length >= 3 && cids.length <= 5, String(cids.length))
  assert.deepEqual([cids[0], cids.at(-1)], [root, small.cid])
  const entity = await blocksOf(await get(`/ipfs/${root}?format=car&dag-scope=entity`))
  assert.ok(entity.length > 30)
  const all = await blocksOf(await get(`/ipfs/${root}?format=car`))
  assert.equal(all.length, entity.length + 1, 'the one file, once')
})

test('the CAR of the probe has its root and no block', async (t) => {
  const { get } = await startShelf(t)
  const car = await CarReader.fromBytes(await bytesOf(await get('/ipfs/bafkqaaa?format=car')))
  assert.deepEqual((await car.getRoots()).map(String), ['bafkqaaa'])
  assert.equal((await Array.fromAsync(car.blocks())).length, 0)
})
