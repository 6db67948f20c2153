import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { DirSharded } from 'ipfs-unixfs-importer/utils'
import { CID } from 'multiformats/cid'
import { cidOfDigest, DAG_PB, RAW } from './cid.ts'
import { buildFolder, manifestNodes } from './folder.ts'
import { findInFolder, walkFolder } from './folder-walk.ts'

const rawCid = () => cidOfDigest(RAW, randomBytes(32))

/** A trie of any width, as the reference importer builds it. */
async function trieOf(names: readonly string[], shardFanoutBits: number) {
  const nodes = new Map<string, Uint8Array>()
  const trie = new DirSharded(
    { root: true, dir: true, path: '', dirty: true, flat: false },
    { cidVersion: 1, shardFanoutBits },
  )
  const files = new Map(names.map((name) => [name, rawCid()]))
  for (const [name, cid] of files) await trie.put(name, { cid: CID.parse(cid), size: 1n })
  let root = ''
  const put = async (cid: CID, block: unknown) => {
    nodes.set(cid.toString(), block as Uint8Array)
    return cid
  }
  for await (const node of trie.flush({ put })) root = node.cid.toString()
  return { root, nodes, files }
}

test('names are found in tries of every width, through the nodes on the way alone', async () => {
  const name = fc
    .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
    .filter((text) => text.isWellFormed())
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 3, max: 10 }),
      name,
      async (names, bits, other) => {
        const { root, nodes, files } = await trieOf(names, bits)
        for (const [each, cid] of files) {
          const found = await findInFolder(root, each, (node) => nodes.get(node))
          assert.equal(found.link?.cid, cid)
          assert.equal(found.link?.name, each)
          assert.equal(found.nodes[0]?.cid, root)
        }
        const missing = await findInFolder(root, other, (node) => nodes.get(node))
        assert.equal(missing.link?.cid, files.get(other))
      },
    ),
    { numRuns: 60 },
  )
})

test('a folder of thousands is looked up through a few nodes, and gone through in the order of its manifest', async () => {
  const files = Array.from({ length: 8000 }, (_, i) => ({
    path: `file ${i}.txt`,
    cid: rawCid(),
    totalBytes: i,
  }))
  const dag = await buildFolder(files)
  const getNode = (cid: string) => dag.nodes.get(cid)
  assert.ok(dag.nodes.size > 30)
  const found = await findInFolder(dag.cid, 'file 77.txt', getNode)
  assert.equal(found.link?.cid, files[77]!.cid)
  assert.ok(found.nodes.length <= 4)
  const steps = [...walkFolder(dag.cid, getNode, { deep: false })]
  const links = steps.flatMap((step) => ('link' in step ? [step.link.name] : []))
  assert.deepEqual(links.sort(), files.map(({ path }) => path).sort())
  const nodes = steps.flatMap((step) => ('node' in step ? [step.node.bytes] : []))
  assert.deepEqual(nodes, [...manifestNodes(dag.cid, getNode)])
})

test('deep goes through folders below, shallow names them', async () => {
  const dag = await buildFolder(
    ['top.txt', 'a/one.txt', 'a/b/two.txt'].map((path) => ({ path, cid: rawCid(), totalBytes: 1 })),
    ['empty'],
  )
  const getNode = (cid: string) => dag.nodes.get(cid)
  const links = (deep: boolean) =>
    [...walkFolder(dag.cid, getNode, { deep })].flatMap((step) => ('link' in step ? [step.link.name] : []))
  assert.deepEqual(links(false), ['a', 'empty', 'top.txt'])
  assert.deepEqual(links(true), ['two.txt', 'one.txt', 'top.txt'])
  const deep = [...walkFolder(dag.cid, getNode, { deep: true })]
  assert.deepEqual(
    deep.flatMap((step) => ('node' in step ? [step.node.bytes] : [])),
    [...manifestNodes(dag.cid, getNode)],
  )
  assert.deepEqual((await findInFolder(dag.cid, 'no', getNode)).link, undefined)
})

test('nodes that are missing are told, not left out', async () => {
  const absent = cidOfDigest(DAG_PB, randomBytes(32))
  const none = () => undefined
  await assert.rejects(findInFolder(absent, 'x', none), { code: 'NOT_FOUND' })
  assert.throws(() => [...walkFolder(absent, none, { deep: true })], { code: 'NOT_FOUND' })
})
