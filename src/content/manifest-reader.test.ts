import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { encode, type PBLink } from '@ipld/dag-pb'
import fc from 'fast-check'
import { UnixFS } from 'ipfs-unixfs'
import { type ImporterOptions, importer, type WritableStorage } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { BLOCK_SIZE, cidOfDigest, DAG_PB, RAW } from './cid.ts'
import { blocksOfSize, buildManifest, type Manifest, readManifest } from './manifest.ts'
import { sameBytes, sha256 } from './verify.ts'

async function* send(nodes: Iterable<Uint8Array>) {
  yield* nodes
}

const refusal = async (result: Promise<Manifest>): Promise<string> => {
  try {
    await result
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'accepted'
}

const refused = async (cid: string, nodes: Iterable<Uint8Array>, code: string, options = {}) =>
  assert.equal(await refusal(readManifest(cid, send(nodes), options)), code)

/** A size of 2 to 2100 blocks, often at a boundary. */
const fileSize = fc
  .tuple(
    fc.oneof(fc.integer({ min: 2, max: 2100 }), fc.constantFrom(2, 1023, 1024, 1025, 2048, 2049)),
    fc.constantFrom(1, 7, BLOCK_SIZE),
  )
  .map(([blocks, last]) => (blocks - 1) * BLOCK_SIZE + last)
const made = (sizeBytes: number) => {
  const digests = randomBytes(blocksOfSize(sizeBytes) * 32)
  return { digests, ...buildManifest(digests, sizeBytes) }
}

test('what was built is read back: size and every digest', async () => {
  await fc.assert(
    fc.asyncProperty(fileSize, async (sizeBytes) => {
      const { cid, nodes, digests } = made(sizeBytes)
      const manifest = await readManifest(cid, send(nodes))
      assert.ok(manifest.kind === 'file')
      assert.equal(manifest.layout.cid, cid)
      assert.equal(manifest.layout.sizeBytes, sizeBytes)
      assert.ok(sameBytes(manifest.layout.digests, digests))
    }),
    { numRuns: 20 },
  )
})

test('any changed, cut or lengthened node is refused as a bad block', async () => {
  const { cid, nodes } = made(2049 * BLOCK_SIZE)
  const change = fc.tuple(
    fc.nat(nodes.length - 1),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    fc.constantFrom('flip', 'cut', 'grow'),
  )
  await fc.assert(
    fc.asyncProperty(change, async ([which, position, xor, how]) => {
      const node = Uint8Array.from(nodes[which]!)
      const at = position % node.length
      node[at] = node[at]! ^ (how === 'flip' ? xor : 0)
      const wrong =
        how === 'cut' ? node.subarray(0, at) : how === 'grow' ? Buffer.concat([node, Buffer.of(xor)]) : node
      await refused(cid, nodes.with(which, wrong), 'BAD_BLOCK')
    }),
    { numRuns: 60 },
  )
})

test('nodes out of order, missing, twice or left over are refused', async () => {
  const { cid, nodes } = made(3 * 1024 * BLOCK_SIZE)
  const [root, a, b, c] = nodes as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  await refused(cid, [root, b, a, c], 'BAD_BLOCK')
  await refused(cid, [a, b, c, root], 'BAD_BLOCK')
  await refused(cid, [root, a, a, b, c], 'BAD_BLOCK')
  await refused(cid, [root, a, c], 'BAD_BLOCK')
  await refused(cid, [root, a, b], 'BAD_RESPONSE')
  await refused(cid, [], 'BAD_RESPONSE')
  await refused(cid, [root, a, b, c, c], 'BAD_RESPONSE')
  await refused(cid, [root, a, b, c, new Uint8Array()], 'BAD_RESPONSE')
})

test('the sender is told to stop at the first wrong node', async () => {
  const { cid, nodes } = made(1025 * BLOCK_SIZE)
  let sent = 0
  let stopped = false
  const endless = async function* () {
    try {
      yield nodes[0]!
      for (;;) {
        sent++
        yield nodes[0]!
      }
    } finally {
      stopped = true
    }
  }
  assert.equal(await refusal(readManifest(cid, endless())), 'BAD_BLOCK')
  assert.ok(stopped)
  assert.equal(sent, 1)
})

test('limits: node, manifest and file size; an abort', async () => {
  const { cid, nodes } = made(1025 * BLOCK_SIZE)
  await refused(cid, nodes, 'BAD_RESPONSE', { maxNodeBytes: 10_000 })
  await refused(cid, nodes, 'TOO_LARGE', { maxManifestBytes: nodes[0]!.length })
  await refused(cid, nodes, 'TOO_LARGE', { maxFileBytes: 1000 * BLOCK_SIZE })
  const reason = Object.assign(new Error('enough'), { code: 'CANCELLED' })
  await refused(cid, nodes, 'CANCELLED', { signal: AbortSignal.abort(reason) })
})

test('a raw CID has no manifest, and what is no CID is refused', async () => {
  await refused(cidOfDigest(RAW, randomBytes(32)), [], 'INVALID_ARGUMENT')
  await refused('nonsense', [], 'INVALID_CID')
})

/** What another implementation, or another setting, makes of the same bytes. */
async function otherProfile(content: Uint8Array, options: Partial<ImporterOptions> & { mode?: number }) {
  const blocks: [cid: CID, bytes: Uint8Array][] = []
  const store = {
    put(cid: CID, bytes: Uint8Array) {
      blocks.push([cid, bytes])
      return cid
    },
  }
  const { mode, ...rest } = options
  let root: CID | undefined
  for await (const { cid } of importer([{ path: 'f', content, mode }], store as WritableStorage, rest))
    root = cid
  const nodes = blocks.filter(([cid]) => cid.code === DAG_PB).map(([, bytes]) => bytes)
  return { cid: cidOfDigest(DAG_PB, root!.multihash.digest), nodes: nodes.toReversed() }
}

test('files of other profiles are refused with a word about the profile, even where the hashes are right', async () => {
  const content = randomBytes(2 * BLOCK_SIZE + 1)
  const v1 = { profile: 'unixfs-v1-2025' } as const
  const cases = {
    'chunks of 256 KiB': await otherProfile(content, {}),
    'the old profile': await otherProfile(content, { profile: 'unixfs-v0-2015' }),
    'leaves that are nodes': await otherProfile(content, { ...v1, rawLeaves: false }),
    'a mode': await otherProfile(content, { ...v1, mode: 0o600 }),
    'a node above one block': await otherProfile(content.subarray(0, 100), {
      ...v1,
      reduceSingleLeafToSelf: false,
    }),
    'inline content': await otherProfile(content.subarray(0, 100), { ...v1, rawLeaves: false }),
  }
  for (const [what, { cid, nodes }] of Object.entries(cases)) {
    await assert.rejects(
      readManifest(cid, send(nodes)),
      { code: 'NOT_IMPLEMENTED', message: /unixfs-v1-2025/ },
      what,
    )
  }
})

const raw = (size: number, name = ''): PBLink => ({
  Hash: CID.createV1(RAW, createDigest(0x12, randomBytes(32))),
  Name: name,
  Tsize: size,
})
const crafted = (unixfs: UnixFS | Uint8Array | undefined, links: PBLink[]) => {
  const Data = unixfs instanceof UnixFS ? unixfs.marshal() : unixfs
  return encode(Data ? { Data, Links: links } : { Links: links })
}
const file = (sizes: number[], data?: Uint8Array) =>
  new UnixFS({ type: 'file', blockSizes: sizes.map(BigInt), data })

test('crafted nodes with the right hash but an impossible shape are refused', async () => {
  const two = [raw(BLOCK_SIZE), raw(5)]
  const dagPb = { ...raw(5), Hash: CID.createV1(DAG_PB, createDigest(0x12, randomBytes(32))) }
  const cbor = { ...raw(5), Hash: CID.createV1(0x71, createDigest(0x12, randomBytes(32))) }
  const cases: Record<string, Uint8Array> = {
    'more sizes than links': crafted(file([BLOCK_SIZE, 5, 5]), two),
    'fewer sizes than links': crafted(file([BLOCK_SIZE]), two),
    'a short block before the end': crafted(file([5, BLOCK_SIZE]), [raw(5), raw(BLOCK_SIZE)]),
    'a block that is too long': crafted(file([BLOCK_SIZE + 1, 5]), two),
    'an empty last block': crafted(file([BLOCK_SIZE, 0]), two),
    'Tsize that lies': crafted(file([BLOCK_SIZE, 5]), [raw(BLOCK_SIZE), raw(6)]),
    'no Tsize': crafted(
      file([BLOCK_SIZE, 5]),
      two.map(({ Hash, Name }) => ({ Hash, Name })),
    ),
    'names on links': crafted(file([BLOCK_SIZE, 5]), [raw(BLOCK_SIZE, 'a'), raw(5, 'b')]),
    'inline bytes in an inner node': crafted(file([BLOCK_SIZE, 5], randomBytes(3)), two),
    'a node where a block belongs': crafted(file([BLOCK_SIZE, 5]), [raw(BLOCK_SIZE), dagPb]),
    'an unknown codec': crafted(file([BLOCK_SIZE, 5]), [raw(BLOCK_SIZE), cbor]),
    'no links': crafted(file([]), []),
    'more links than a node has': crafted(
      file(new Array(1025).fill(BLOCK_SIZE)),
      new Array(1025).fill(0).map(() => raw(BLOCK_SIZE)),
    ),
    'no UnixFS data': crafted(undefined, two),
    'data that is no UnixFS': crafted(Uint8Array.of(255, 255, 255), two),
    'a symbolic link': crafted(new UnixFS({ type: 'symlink', data: Buffer.from('/etc/passwd') }), []),
    'no dag-pb': randomBytes(50),
  }
  for (const [what, node] of Object.entries(cases)) {
    const cid = cidOfDigest(DAG_PB, sha256(node))
    assert.equal(await refusal(readManifest(cid, send([node]))), 'NOT_IMPLEMENTED', what)
  }
})

test('a claim of petabytes costs nothing', async () => {
  const node = crafted(file([2 ** 52, 2 ** 52]), [raw(5), raw(5)])
  await refused(cidOfDigest(DAG_PB, sha256(node)), [node], 'TOO_LARGE')
})

test('random nodes that hash right never crash the reader', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (node) => {
      const code = await refusal(readManifest(cidOfDigest(DAG_PB, sha256(node)), send([node])))
      assert.ok(code === 'NOT_IMPLEMENTED' || code === 'TOO_LARGE', code)
    }),
  )
})

test('a manifest cannot be built from digests that do not fit, or for more than 1 TiB', () => {
  assert.throws(() => buildManifest(randomBytes(64), BLOCK_SIZE), RangeError)
  assert.throws(() => buildManifest(randomBytes(32), BLOCK_SIZE + 1), RangeError)
  assert.throws(() => buildManifest(randomBytes(32), -1), RangeError)
  assert.throws(() => buildManifest(randomBytes(32), 2 ** 40 + 1), { code: 'TOO_LARGE' })
})
