import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { Catalogue } from './catalogue.ts'

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-damage-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const open = (folder: string) => Catalogue.open(join(folder, 'catalogue.db'), { log: silentLogger })

const file = (shareId: number, relPath: string) => {
  const digests = createHash('sha256').update(relPath).digest()
  const stat = { size: 1, mtimeMs: 1, ino: 1 }
  return {
    shareId,
    relPath,
    cid: `cid-${relPath}`,
    sha256: digests.toString('hex'),
    digests,
    totalBytes: 1,
    stat,
  }
}

test('a rebuilt catalogue knows what is shared and what is excluded, and nothing else', (t) => {
  const folder = newFolder(t)
  const first = open(folder)
  assert.equal(first.rebuilt, false)
  const gone = first.catalogue.addShare('/data/old', 'folder', 'user')
  const share = first.catalogue.addShare('/data/Music', 'folder', 'config')
  first.catalogue.addShare('/data/x.bin', 'file', 'download')
  first.catalogue.exclude(share.id, ['private', 'a/b'])
  first.catalogue.removeShare(gone.id)
  first.catalogue.putFiles([file(share.id, 'a.mp3')])
  const revision = first.catalogue.revision()
  first.catalogue.close()

  writeFileSync(join(folder, 'catalogue.db'), 'no database '.repeat(1000))
  const second = open(folder)
  assert.equal(second.rebuilt, true)
  assert.deepEqual(
    second.catalogue.shares().map(({ id, path, kind, origin, files }) => ({ id, path, kind, origin, files })),
    [
      { id: share.id, path: '/data/Music', kind: 'folder', origin: 'config', files: 0 },
      { id: share.id + 1, path: '/data/x.bin', kind: 'file', origin: 'download', files: 0 },
    ],
  )
  assert.equal(second.catalogue.isExcluded(share.id, 'private/x'), true)
  assert.equal(second.catalogue.entry('cid-a.mp3'), undefined)
  assert.notEqual(second.catalogue.revision(), revision)
  second.catalogue.close()
})

test('a list of shares that makes no sense costs the shares, not the start', (t) => {
  const folder = newFolder(t)
  writeFileSync(join(folder, 'shares.json'), '{"format":1,"shares":[{"id":"x"},null,{"id":3,"path":"/a"}]}')
  const { catalogue } = open(folder)
  assert.deepEqual(catalogue.shares(), [])
  catalogue.close()
  rmSync(join(folder, 'catalogue.db'))
  writeFileSync(join(folder, 'shares.json'), '{"format":1,')
  const again = open(folder)
  assert.deepEqual(again.catalogue.shares(), [])
  again.catalogue.close()
})

test('kill -9 while writing: everything that was reported as written is there, nothing is half there', async (t) => {
  const folder = newFolder(t)
  const script = `
    import { Catalogue } from ${JSON.stringify(new URL('./catalogue.ts', import.meta.url).href)}
    import { silentLogger } from ${JSON.stringify(new URL('../base/log.ts', import.meta.url).href)}
    const { catalogue } = Catalogue.open(process.argv[1], { log: silentLogger })
    const { id } = catalogue.addShare('/s', 'folder', 'user')
    const hash = 'ab'.repeat(32)
    for (let batch = catalogue.totals().files / 20; ; batch++) {
      catalogue.putFiles(Array.from({ length: 20 }, (_, i) => ({
        shareId: id, relPath: 'd' + batch + '/f' + i, cid: 'cid-' + batch + '-' + i, sha256: hash,
        digests: Buffer.alloc(64, 1), totalBytes: 1, stat: { size: 1, mtimeMs: 1, ino: 1 },
      })))
      console.log(batch)
      await new Promise((resolve) => setImmediate(resolve))
    }`
  for (let round = 0, before = -1; round < 4; round++) {
    const child = spawn(
      process.execPath,
      ['--input-type=module-typescript', '-e', script, join(folder, 'catalogue.db')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    t.after(() => child.kill('SIGKILL'))
    let last = -1
    for await (const line of createInterface({ input: child.stdout })) {
      last = Number(line)
      if (last - before > 5 + round * 3) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const { catalogue, rebuilt } = open(folder)
    assert.equal(rebuilt, false)
    const { files } = catalogue.totals()
    assert.ok(files >= (last + 1) * 20, `${files} files after batch ${last}`)
    assert.equal(files % 20, 0)
    assert.equal(catalogue.search({ words: `d${last} f19`, limit: 1 })[0]?.cid, `cid-${last}-19`)
    assert.equal([...catalogue.batches()].flat().length, files)
    before = files / 20 - 1
    catalogue.close()
  }
})
