import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { encode, type PBLink } from '@ipld/dag-pb'
import fc from 'fast-check'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { BLOCK_SIZE, cidOfDigest, DAG_PB, RAW } from './cid.ts'
import { buildFolder, type FolderDag, manifestNodes } from './folder.ts'
import { buildManifest, type FolderEntry, type Manifest, readManifest } from './manifest.ts'
import { sha256 } from './verify.ts'

async function* send(nodes: Iterable<Uint8Array>) {
  yield* nodes
}

const rawCid = () => cidOfDigest(RAW, randomBytes(32))
const serve = (dag: Pick<FolderDag, 'cid' | 'nodes'>) => [
  ...manifestNodes(dag.cid, (cid) => dag.nodes.get(cid)),
]

async function entriesOf(manifest: Promise<Manifest>): Promise<FolderEntry[]> {
  const read = await manifest
  assert.ok(read.kind === 'folder')
  return read.entries
}

/** Short, so that paths often share folders and sometimes collide. */
const name = fc
  .oneof(fc.constantFrom('a', 'b', 'é', '数'), fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }))
  .filter((text) => !/[/\0\ufeff]/.test(text) && text.isWellFormed() && text !== '.' && text !== '..')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
/** Paths of which none is a folder above another one. */
const tree = fc
  .uniqueArray(path, { maxLength: 20 })
  .map((paths) => paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`))))

test('any tree: served, read back, and the same CID in whatever order it is given', async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.infiniteStream(fc.boolean()), async (paths, coins) => {
      const [files, emptyFolders] = [[], []] as [string[], string[]]
      for (const one of paths) (coins.next().value ? files : emptyFolders).push(one)
      const hashed = files.map((file, index) => ({ path: file, cid: rawCid(), totalBytes: index }))
      const dag = await buildFolder(hashed, emptyFolders)
      const again = await buildFolder(hashed.toReversed(), emptyFolders.toReversed())
      assert.equal(again.cid, dag.cid)
      const entries = await entriesOf(readManifest(dag.cid, send(serve(dag))))
      const empty = (await buildFolder([])).cid
      const expected = [
        ...hashed.map((file) => ({ ...file, kind: 'file' })),
        ...emptyFolders.map((folder) => ({ path: folder, cid: empty, totalBytes: 4, kind: 'folder' })),
      ].map((entry) => ({ ...entry, name: entry.path.split('/').at(-1) }))
      const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)
      assert.deepEqual(entries.toSorted(byPath), expected.toSorted(byPath))
      assert.equal(dag.folders.get('')?.cid, dag.cid)
    }),
    { numRuns: 60 },
  )
})

test('files of many blocks are entries; equal subfolders are sent each time', async () => {
  const big = buildManifest(randomBytes(64), BLOCK_SIZE + 1)
  const file = { cid: big.cid, totalBytes: big.totalBytes }
  const dag = await buildFolder([
    { path: 'x/big', ...file },
    { path: 'y/big', ...file },
    { path: 'big', ...file },
  ])
  assert.equal(dag.nodes.size, 2)
  const nodes = serve(dag)
  assert.equal(nodes.length, 3)
  const entries = await entriesOf(readManifest(dag.cid, send(nodes)))
  assert.deepEqual(
    entries.map((entry) => entry.path),
    ['big', 'x/big', 'y/big'],
  )
  assert.ok(
    entries.every(
      ({ cid, totalBytes, kind }) => cid === big.cid && totalBytes === big.totalBytes && kind === 'file',
    ),
  )
})

test('claimed sizes of every magnitude survive', async () => {
  const sizes = [0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40]
  const dag = await buildFolder(
    sizes.map((totalBytes) => ({ path: `f${totalBytes}`, cid: rawCid(), totalBytes })),
  )
  const entries = await entriesOf(readManifest(dag.cid, send(serve(dag))))
  assert.deepEqual(
    entries.map((entry) => entry.totalBytes).toSorted((a, b) => a - b),
    sizes,
  )
})

test('a trie of 10,000 files is read back, and refused with any node missing, changed or out of order', async () => {
  const files = Array.from({ length: 10_000 }, (_, index) => ({
    path: `in/file ${index}`,
    cid: rawCid(),
    totalBytes: 1,
  }))
  const dag = await buildFolder(files)
  const nodes = serve(dag)
  assert.ok(nodes.length > 200)
  const entries = await entriesOf(readManifest(dag.cid, send(nodes)))
  assert.deepEqual(new Set(entries.map((entry) => entry.path)), new Set(files.map((file) => file.path)))
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: nodes.length - 2 }),
      fc.constantFrom('drop', 'flip', 'swap', 'twice'),
      async (at, how) => {
        const node = nodes[at]!
        const wrong = {
          drop: () => nodes.toSpliced(at, 1),
          flip: () => nodes.with(at, node.with(node.length - 1, node.at(-1)! ^ 1)),
          swap: () => nodes.with(at, nodes[at + 1]!).with(at + 1, node),
          twice: () => nodes.toSpliced(at, 0, node),
        }[how]()
        await assert.rejects(readManifest(dag.cid, send(wrong)), (error: { code?: string }) =>
          ['BAD_BLOCK', 'BAD_RESPONSE'].includes(error.code!),
        )
      },
    ),
    { numRuns: 30 },
  )
})

test('what cannot be a folder is not built', async () => {
  const file = { cid: rawCid(), totalBytes: 1 }
  for (const wrong of ['', '/', 'a//b', '/a', 'a/', '.', 'a/../b', 'a\0b']) {
    await assert.rejects(
      buildFolder([{ path: wrong, ...file }]),
      { code: 'INVALID_ARGUMENT' },
      JSON.stringify(wrong),
    )
  }
  const twice = [
    { path: 'a', ...file },
    { path: 'a', ...file },
  ]
  await assert.rejects(buildFolder(twice), { code: 'INVALID_ARGUMENT' })
  const clash = [
    { path: 'a/b', ...file },
    { path: 'a', ...file },
  ]
  await assert.rejects(buildFolder(clash), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(buildFolder(clash.toReversed()), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(buildFolder([{ path: 'a', ...file }], ['a']), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(buildFolder([{ path: 'a', cid: 'nonsense', totalBytes: 1 }]), { code: 'INVALID_CID' })
  await assert.rejects(buildFolder([{ path: 'x'.repeat(5000), ...file }]), { code: 'TOO_LARGE' })
})

test('serving says what it does not have', async () => {
  const dag = await buildFolder(
    Array.from({ length: 6000 }, (_, index) => ({ path: `file ${index}`, cid: rawCid(), totalBytes: 1 })),
  )
  assert.throws(() => [...manifestNodes(dag.cid, () => undefined)], { code: 'NOT_FOUND' })
  assert.throws(
    () => [...manifestNodes(dag.cid, (cid) => (cid === dag.cid ? dag.nodes.get(cid) : undefined))],
    { code: 'NOT_FOUND' },
  )
  assert.throws(() => [...manifestNodes('nonsense', () => undefined)], { code: 'INVALID_CID' })
})

const folder = (links: PBLink[], unixfs = new UnixFS({ type: 'directory' })) => {
  const bytes = encode({ Data: unixfs.marshal(), Links: links })
  return { bytes, cid: cidOfDigest(DAG_PB, sha256(bytes)) }
}
const link = (Name: string, cid = rawCid()): PBLink => ({ Hash: CID.parse(cid), Name, Tsize: 1 })
const shard = (fanout: bigint) =>
  new UnixFS({ type: 'hamt-sharded-directory', data: Uint8Array.of(1), fanout, hashType: 0x22n })
const shardOf = (links: PBLink[], fanout = 256n) => folder(links, shard(fanout))
const refused = (root: { cid: string }, nodes: { bytes: Uint8Array }[], code: string, options = {}) =>
  assert.rejects(readManifest(root.cid, send(nodes.map((node) => node.bytes)), options), { code })

test('hostile folders: names, duplicates, sizes', async () => {
  for (const wrong of ['', '.', '..', '../x', 'a/b', '/etc', 'a\0']) {
    const root = folder([link(wrong)])
    await refused(root, [root], 'NOT_IMPLEMENTED')
  }
  const twice = folder([link('a'), link('a')])
  await refused(twice, [twice], 'NOT_IMPLEMENTED')
  const many = folder(['a', 'b', 'c'].map((one) => link(one)))
  await refused(many, [many], 'TOO_LARGE', { maxEntries: 2 })
  await refused(many, [many], 'TOO_LARGE', { maxManifestBytes: many.bytes.length - 1 })
  const long = folder([link('x'.repeat(4097))])
  await refused(long, [long], 'TOO_LARGE')
})

test('hostile folders: deep nesting ends at the longest path, not in a full stack', async () => {
  const nodes = [folder([link('leaf')])]
  for (let depth = 0; depth < 3000; depth++) nodes.unshift(folder([link('d', nodes[0]!.cid)]))
  await refused(nodes[0]!, nodes, 'TOO_LARGE')
})

test('hostile folders: a few nodes that fan out to billions of entries are stopped by what is sent', async () => {
  let below = folder([link('leaf')])
  const levels = [below]
  for (let depth = 0; depth < 30; depth++) {
    below = folder([link('a', below.cid), link('b', below.cid)])
    levels.unshift(below)
  }
  const byCid = new Map(levels.map((level) => [level.cid, level.bytes]))
  const nodes = manifestNodes(levels[0]!.cid, (cid) => byCid.get(cid))
  await assert.rejects(readManifest(levels[0]!.cid, send(nodes), { maxEntries: 1000 }), { code: 'TOO_LARGE' })
})

test('hostile shards: no slot, twice the same name, wrong width, too deep, other nodes in between', async () => {
  const noSlot = shardOf([link('x')])
  await refused(noSlot, [noSlot], 'NOT_IMPLEMENTED')
  const twice = shardOf([link('00a'), link('01a')])
  await refused(twice, [twice], 'NOT_IMPLEMENTED')
  for (const fanout of [0n, 4n, 100n, 2n ** 40n]) {
    const odd = shardOf([link('00a')], fanout)
    await refused(odd, [odd], 'NOT_IMPLEMENTED')
  }
  const nodes = [shardOf([link('00leaf')])]
  for (let depth = 0; depth < 20; depth++) nodes.unshift(shardOf([link('00', nodes[0]!.cid)]))
  await refused(nodes[0]!, nodes, 'NOT_IMPLEMENTED')
  const flat = folder([link('x')])
  const mixed = shardOf([link('00', flat.cid)])
  await refused(mixed, [mixed, flat], 'NOT_IMPLEMENTED')
  const rawShard = shardOf([link('00')])
  await refused(rawShard, [rawShard], 'BAD_RESPONSE')
})

test("a file's node in a folder's manifest is refused; a folder whose nodes are kept back looks like a file", async () => {
  const file = buildManifest(randomBytes(64), BLOCK_SIZE + 1)
  const root = folder([link('file', file.cid)])
  await refused(root, [root, { bytes: file.nodes[0]! }], 'BAD_RESPONSE')
  const inner = folder([link('x')])
  const outer = folder([link('inner', inner.cid)])
  const [entry] = await entriesOf(readManifest(outer.cid, send([outer.bytes])))
  assert.equal(entry?.kind, 'file')
  const shown = await readManifest(entry.cid, send([inner.bytes]))
  assert.equal(shown.kind, 'folder')
})
