import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { OpenFile } from '../api/node-port.ts'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { BLOCK_SIZE, cidOfDigest, RAW } from '../content/cid.ts'
import { FileDag } from '../content/file-dag.ts'
import { encodeFolder } from '../content/folder-node.ts'
import { blocksOfSize } from '../content/layout.ts'
import { buildManifest } from '../content/manifest.ts'
import { sha256 } from '../content/verify.ts'
import { Catalogue } from '../storage/catalogue.ts'
import { LibraryContent } from './content.ts'

const { signal } = new AbortController()

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-content-'))
  const { catalogue } = Catalogue.open(join(folder, 'catalogue.db'), { log: silentLogger })
  const share = catalogue.addShare(folder, 'folder', 'user')
  const stale: string[] = []
  const content = new LibraryContent({
    catalogue,
    onStale: (path) => stale.push(path),
    clock: systemClock,
  })
  t.after(() => {
    content.close()
    catalogue.close()
    rmSync(folder, { recursive: true })
  })
  /** Puts a file into the catalogue, whose blocks need not exist. */
  const catalogued = (
    relPath: string,
    digests: Uint8Array,
    size: number,
    stat: { mtimeMs: number; ino: number },
  ) => {
    const { cid, totalBytes } = buildManifest(digests, size)
    const sha = Buffer.from(digests.subarray(0, 32)).toString('hex')
    const { mtimeMs, ino } = stat
    const file = {
      shareId: share.id,
      relPath,
      cid,
      sha256: sha,
      digests,
      totalBytes,
      stat: { size, mtimeMs, ino },
    }
    catalogue.putFiles([file])
    return cid
  }
  const shareFile = (name: string, bytes: Buffer) => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    const blocks = Array.from({ length: blocksOfSize(bytes.length) }, (_, i) =>
      sha256(bytes.subarray(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE)),
    )
    return {
      path,
      cid: catalogued(name, new Uint8Array(Buffer.concat(blocks)), bytes.length, statSync(path)),
    }
  }
  return { folder, catalogue, share, content, stale, shareFile, catalogued }
}

async function openFile(content: LibraryContent, cid: string): Promise<OpenFile> {
  const opened = await content.open(cid, { signal })
  assert.ok(opened.kind === 'file')
  return opened
}

test('a shared file, block by block', async (t) => {
  const { content, shareFile } = open(t)
  const bytes = randomBytes(2 * BLOCK_SIZE + 5)
  const file = await openFile(content, shareFile('a.bin', bytes).cid)
  assert.equal(file.layout.sizeBytes, bytes.length)
  assert.deepEqual(await file.readBlock(1, signal), bytes.subarray(BLOCK_SIZE, 2 * BLOCK_SIZE))
  assert.deepEqual(await file.readBlock(2, signal), bytes.subarray(2 * BLOCK_SIZE))
  const small = await openFile(content, shareFile('b.txt', Buffer.from('hello')).cid)
  assert.deepEqual(await small.readBlock(0, signal), Buffer.from('hello'))
})

test('a file that changed gives right blocks or none, and is scanned again', async (t) => {
  const { content, shareFile, stale } = open(t)
  const bytes = randomBytes(2 * BLOCK_SIZE)
  const { path, cid } = shareFile('a.bin', bytes)
  const file = await openFile(content, cid)
  const changed = Buffer.from(bytes)
  changed[5]! ^= 1
  writeFileSync(path, changed)
  utimesSync(path, 1, 1)
  assert.deepEqual(await file.readBlock(1, signal), bytes.subarray(BLOCK_SIZE), 'this one did not change')
  assert.equal(file.isCurrent(), true)
  await assert.rejects(file.readBlock(0, signal), { code: 'NOT_FOUND' })
  assert.equal(file.isCurrent(), false)
  assert.deepEqual(stale, [path])
  appendFileSync(path, 'more')
  await assert.rejects(file.readBlock(0, signal), { code: 'NOT_FOUND' })
})

test('what is not shared any more is not read any more', async (t) => {
  const { content, shareFile, catalogue, share } = open(t)
  const { cid } = shareFile('a.bin', Buffer.from('secret'))
  shareFile('b.bin', Buffer.from('other'))
  const file = await openFile(content, cid)
  catalogue.removeFiles([{ shareId: share.id, relPath: 'b.bin' }])
  assert.ok(await file.readBlock(0, signal))
  catalogue.removeFiles([{ shareId: share.id, relPath: 'a.bin' }])
  assert.equal(file.isCurrent(), false)
  await assert.rejects(file.readBlock(0, signal), { code: 'NOT_FOUND' })
  await assert.rejects(content.open(cid, { signal }), { code: 'NOT_FOUND' })
})

test('nodes of a folder', async (t) => {
  const { content, catalogue, share } = open(t)
  const { cid, nodes, totalBytes } = await encodeFolder([
    { name: 'a', cid: cidOfDigest(RAW, randomBytes(32)), totalBytes: 1 },
  ])
  catalogue.ensureFolders(share.id, ['sub'])
  const stale = catalogue.staleFolders(share.id, 10).find(({ relPath }) => relPath === 'sub')!.stale
  catalogue.putFolder({
    shareId: share.id,
    relPath: 'sub',
    cid,
    totalBytes,
    sizeBytes: 1,
    modifiedMs: 0,
    nodes,
    stale,
  })
  const opened = await content.open(cid, { signal })
  assert.ok(opened.kind === 'folder')
  assert.deepEqual(Buffer.from(opened.node(cid)!), Buffer.from(nodes.get(cid)!))
  assert.equal(opened.isCurrent(), true)
})

test('blocks and inner nodes lead to their files, among hundreds', async (t) => {
  const { content, catalogued, catalogue, share } = open(t)
  const stat = { mtimeMs: 1, ino: 1 }
  const files = Array.from({ length: 200 }, (_, i) => {
    const digests = randomBytes(32 * (2 + i))
    return { digests, cid: catalogued(`f${i}`, digests, (2 + i) * BLOCK_SIZE, stat) }
  })
  const large = randomBytes(32 * 2500)
  const largeCid = catalogued('large', large, 2500 * BLOCK_SIZE, stat)
  for (const { digests, cid } of [files[0]!, files[77]!, files.at(-1)!]) {
    const last = cidOfDigest(RAW, digests.subarray(-32))
    assert.deepEqual(await content.open(last, { signal }), { kind: 'part', of: cid })
  }
  const dag = new FileDag({ cid: largeCid, sizeBytes: 2500 * BLOCK_SIZE, digests: large })
  const inner = (await Array.fromAsync(dag.walk({ first: 0, end: 2500 })))
    .filter((step) => 'bytes' in step)
    .slice(1)
  assert.equal(inner.length, 3)
  for (const { cid } of inner)
    assert.deepEqual(await content.open(cid, { signal }), { kind: 'part', of: largeCid })
  // Two files that begin alike have a node in common, whichever of them is there.
  const twin = catalogued('twin', large.subarray(0, 32 * 2000), 2000 * BLOCK_SIZE, stat)
  const first = inner[0]!.cid
  for (const [relPath, left] of [
    ['large', twin],
    ['twin', undefined],
  ] as const) {
    await content.open(first, { signal })
    catalogue.removeFiles([{ shareId: share.id, relPath }])
    if (left) assert.deepEqual(await content.open(first, { signal }), { kind: 'part', of: left })
    else await assert.rejects(content.open(first, { signal }), { code: 'NOT_FOUND' })
  }
  // 32 bytes that stand across two digests are no block.
  const across = cidOfDigest(RAW, large.subarray(16, 48))
  await assert.rejects(content.open(across, { signal }), { code: 'NOT_FOUND' })
  await assert.rejects(content.open(cidOfDigest(0x70, randomBytes(32)), { signal }), { code: 'NOT_FOUND' })
  await assert.rejects(content.open(across, { signal: AbortSignal.abort(new Error('left')) }), {
    message: 'left',
  })
})
