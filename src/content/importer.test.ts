import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { decode } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import {
  type ImportCandidate,
  type ImporterOptions,
  importer,
  type WritableStorage,
} from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { BLOCK_SIZE, RAW } from './cid.ts'
import { buildFolder, type FolderFile } from './folder.ts'
import { blocksOfSize, buildManifest } from './manifest.ts'
import { sha256 } from './verify.ts'

/** The proof that Shoal's CIDs are those of the profile: the reference implementation runs beside it. */

const PROFILE = { profile: 'unixfs-v1-2025' } as const

async function reference(
  source: { path: string; content?: Uint8Array }[],
  options: Partial<ImporterOptions> = {},
): Promise<{ cid: string; totalBytes: number; nodes: Map<string, Uint8Array> }> {
  const nodes = new Map<string, Uint8Array>()
  const store = {
    put(cid: CID, bytes: Uint8Array) {
      if (cid.code !== RAW) nodes.set(cid.toString(), bytes)
      return cid
    },
  }
  let root: { cid: CID; size: bigint } | undefined
  const wanted = source as Iterable<ImportCandidate>
  for await (const entry of importer(wanted, store as WritableStorage, { ...PROFILE, ...options }))
    root = entry
  return { cid: root!.cid.toString(), totalBytes: Number(root!.size), nodes }
}

const blocksOf = (content: Uint8Array) =>
  Array.from({ length: blocksOfSize(content.length) }, (_, index) =>
    content.subarray(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE),
  )
const manifestOf = (content: Uint8Array) =>
  buildManifest(Buffer.concat(blocksOf(content).map(sha256)), content.length)

for (const size of [0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE + 7]) {
  test(`a file of ${size} bytes has the importer's CID, size and nodes`, async () => {
    const content = randomBytes(size)
    const expected = await reference([{ path: 'file', content }])
    const { cid, totalBytes, nodes } = manifestOf(content)
    assert.equal(cid, expected.cid)
    assert.equal(totalBytes, expected.totalBytes)
    assert.deepEqual(new Set(nodes.map(cidOfNode)), new Set(expected.nodes.keys()))
  })
}

const cidOfNode = (node: Uint8Array) => CID.createV1(0x70, createDigest(0x12, sha256(node))).toString()

/** The importer's layout over blocks that exist as digests only: no gigabytes have to be hashed. */
async function layoutOfDigests(digests: Uint8Array, sizeBytes: number) {
  const count = blocksOfSize(sizeBytes)
  return reference([{ path: 'file', content: new Uint8Array(1) }], {
    chunker: async function* () {
      for (let index = 0; index < count; index++) yield Uint8Array.of(index & 0xff)
    },
    bufferImporter: async function* (file) {
      let index = 0
      for await (const block of file.content) {
        const at = index++
        const cid = CID.createV1(RAW, createDigest(0x12, digests.subarray(at * 32, (at + 1) * 32)))
        const size = BigInt(Math.min(BLOCK_SIZE, sizeBytes - at * BLOCK_SIZE))
        yield async () => ({ cid, size, block, unixfs: undefined })
      }
    },
  })
}

for (const blocks of [2, 1023, 1024, 1025, 2047, 4097, 5000]) {
  test(`a file of ${blocks} different blocks has the importer's manifest`, async () => {
    const digests = randomBytes(blocks * 32)
    for (const sizeBytes of [blocks * BLOCK_SIZE, (blocks - 1) * BLOCK_SIZE + 1]) {
      const expected = await layoutOfDigests(digests, sizeBytes)
      const { cid, totalBytes, nodes } = buildManifest(digests, sizeBytes)
      assert.equal(cid, expected.cid)
      assert.equal(totalBytes, expected.totalBytes)
      assert.deepEqual(new Set(nodes.map(cidOfNode)), new Set(expected.nodes.keys()))
    }
  })
}

test('sizes that ipfs-unixfs cannot encode, from 2 GiB up to 4 GiB, are encoded as protobuf has them', async () => {
  for (const sizeBytes of [2 ** 31, 2 ** 31 + 1, 3 * 2 ** 30, 2 ** 32 - 1, 2 ** 32]) {
    const digests = randomBytes(blocksOfSize(sizeBytes) * 32)
    const { nodes, totalBytes } = buildManifest(digests, sizeBytes)
    const { Data, Links } = decode(nodes[0]!)
    const expected = await layoutOfDigests(digests, sizeBytes)
    assert.equal(totalBytes, expected.totalBytes)
    // The nodes below the root are small enough for the importer, and so are the root's links.
    for (const { Hash } of Links) assert.ok(expected.nodes.has(Hash.toString()))
    const sizes = Links.map((_, index) => Math.min(2 ** 30, sizeBytes - index * 2 ** 30))
    const bytes = [0x08, 2, 0x18, ...varint(sizeBytes), ...sizes.flatMap((size) => [0x20, ...varint(size)])]
    assert.deepEqual([...Data!], bytes)
    assert.deepEqual(UnixFS.unmarshal(Data!).fileSize(), BigInt(sizeBytes))
  }
})

/** Base 128, lowest first. https://protobuf.dev/programming-guides/encoding/#varints */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

interface Tree {
  files: Record<string, Uint8Array>
  emptyFolders?: string[]
}

/** Builds the tree both ways, the importer below a folder `root`, and compares everything. */
async function compareTree({ files, emptyFolders = [] }: Tree) {
  const paths = Object.keys(files)
  const expected = await reference([
    ...paths.map((path) => ({ path: `root/${path}`, content: files[path]! })),
    ...emptyFolders.map((path) => ({ path: `root/${path}` })),
  ])
  const hashed: FolderFile[] = paths.map((path) => ({ path, ...manifestOf(files[path]!) }))
  const ours = await buildFolder(hashed, emptyFolders)
  assert.equal(ours.cid, expected.cid)
  assert.equal(ours.totalBytes, expected.totalBytes)
  const fileNodes = new Set(paths.flatMap((path) => manifestOf(files[path]!).nodes.map(cidOfNode)))
  const folderNodes = [...expected.nodes.keys()].filter((cid) => !fileNodes.has(cid))
  assert.deepEqual([...ours.nodes.keys()].sort(), folderNodes.sort())
  for (const [cid, bytes] of ours.nodes) assert.equal(cidOfNode(bytes), cid)
  return ours
}

const text = (value: string) => new TextEncoder().encode(value)
const typeOf = (node: Uint8Array) => UnixFS.unmarshal(decode(node).Data!).type

test('a nested tree with an empty folder and a file of many blocks', async () => {
  const ours = await compareTree({
    files: {
      'readme.txt': text('hello'),
      'empty.bin': new Uint8Array(),
      'a/b/c/deep.txt': text('deep'),
      'a/b/other.txt': text('other'),
      'a/big.bin': randomBytes(2 * BLOCK_SIZE + 5),
      'z.txt': text('last'),
    },
    emptyFolders: ['a/nothing', 'void'],
  })
  assert.deepEqual([...ours.folders.keys()].sort(), ['', 'a', 'a/b', 'a/b/c', 'a/nothing', 'void'])
})

test('awkward names: scripts, order of bytes against order of characters, spaces, quotes, line ends', async () => {
  const names = [
    'é',
    'e\u0301',
    'ﬁ',
    '数据',
    '😀',
    '\uffee',
    'Z',
    'a',
    'A',
    ' ',
    '..a',
    '#1?.bin',
    "'v2'",
    'a\nb',
    '%2F',
    '00',
    'FF',
  ]
  await compareTree({ files: Object.fromEntries(names.map((name) => [`d ${name}/${name}`, text(name)])) })
})

/** Bytes of the single node of a folder of one-byte files: a link is 38 for the CID, 2 for the size, and the name with its lengths. */
function linkBytes(nameLength: number): number {
  const inner = 38 + 2 + 1 + (nameLength < 128 ? 1 : 2) + nameLength
  return 1 + (inner < 128 ? 1 : 2) + inner
}

for (const [over, type] of [
  [-1, 'directory'],
  [0, 'directory'],
  [1, 'hamt-sharded-directory'],
] as const) {
  test(`a folder whose node would have 256 KiB ${over < 0 ? over : `+${over}`} bytes is a ${type}`, async () => {
    const count = 1807
    const names = Array.from({ length: count }, (_, index) => String(index).padStart(100, 'n'))
    const rest = 262_144 + over - 4 - count * linkBytes(100)
    names.push('x'.repeat(rest - linkBytes(0)))
    const ours = await compareTree({ files: Object.fromEntries(names.map((name) => [name, text('1')])) })
    const root = ours.nodes.get(ours.cid)!
    assert.equal(typeOf(root), type)
    if (type === 'directory') assert.equal(root.length, 262_144 + over)
  })
}

test('a folder of 4600 files inside another is the same trie', async () => {
  const files: Record<string, Uint8Array> = { 'top.txt': text('top') }
  for (let index = 0; index < 4600; index++) files[`many/photo ${index}.jpg`] = text(String(index))
  const ours = await compareTree({ files })
  assert.equal(typeOf(ours.nodes.get(ours.folders.get('many')!.cid)!), 'hamt-sharded-directory')
})

test('thousands of subfolders make a trie too', async () => {
  // In one run over a tree the importer counts subfolders as nothing when it decides; so it is given them ready made, as entries.
  const folders = Array.from({ length: 5000 }, (_, index) => `folder ${index}`)
  const empty = await buildFolder([])
  const expected = await reference([], {
    wrapWithDirectory: true,
    dagBuilder: async function* () {
      const unixfs = new UnixFS({ type: 'directory' })
      const entry = { cid: CID.parse(empty.cid), size: BigInt(empty.totalBytes), unixfs }
      for (const path of folders) yield async () => ({ ...entry, path })
    },
  })
  const ours = await buildFolder([], folders)
  assert.equal(ours.cid, expected.cid)
  assert.equal(ours.totalBytes, expected.totalBytes)
  assert.equal(typeOf(ours.nodes.get(ours.cid)!), 'hamt-sharded-directory')
})
