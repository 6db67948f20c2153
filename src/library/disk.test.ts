import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../base/clock.ts'
import { buildFolder } from '../content/folder.ts'
import type { Share } from '../storage/catalogue-types.ts'
import { listFolder } from './listing.ts'
import { checkRoot } from './root-check.ts'
import { Slices } from './slices.ts'
import { TestWorld } from './test-world.ts'

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-disk-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a listing has regular files and folders, and nothing else', async (t) => {
  const folder = newFolder(t)
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `${i}`), 'x'.repeat(i))
  mkdirSync(join(folder, 'sub'))
  symlinkSync(join(folder, '1'), join(folder, 'link'))
  symlinkSync(folder, join(folder, 'loop'))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const server = createServer().listen(join(folder, 'socket'))
  await once(server, 'listening')
  t.after(() => server.close())
  // e + combining acute and the composed letter are two names on the disk, and stay two.
  for (const name of ['e\u0301', '\u00e9']) writeFileSync(join(folder, name), 'x')
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.of(0xc3, 0x28)]), 'x')
  const bad: string[] = []
  const skipped = new Map<string, string>()
  const listing = await listFolder(folder, {
    accept: (name) => name !== '7',
    onBadName: (name) => bad.push(name),
    onSkipped: (name, reason) => skipped.set(name, reason),
    slices: new Slices(systemClock),
  })
  assert.deepEqual(Object.fromEntries(skipped), {
    link: 'symbolic link',
    loop: 'symbolic link',
    pipe: 'special file',
    socket: 'special file',
  })
  assert.equal(listing.files.size, 301)
  assert.ok(listing.files.has('e\u0301') && listing.files.has('\u00e9'))
  assert.equal(listing.files.get('42')!.size, 42)
  assert.equal(listing.files.get('42')!.ino, statSync(join(folder, '42')).ino)
  assert.deepEqual([...listing.folders], ['sub'])
  assert.deepEqual(bad, ['bad\ufffd('])
  await assert.rejects(
    listFolder(join(folder, 'none'), { accept: () => true, onBadName() {}, slices: new Slices(systemClock) }),
    { code: 'ENOENT' },
  )
})

test('a root is there, was deleted, or is away with its disk', async (t) => {
  const folder = newFolder(t)
  const path = join(folder, 'disk/root')
  mkdirSync(path, { recursive: true })
  const { dev } = statSync(path)
  const share = { path, kind: 'folder', files: 3, rootDev: dev } as Share
  assert.deepEqual(await checkRoot(share), { state: 'present', dev })
  // An empty folder on another device than before: the mount point of a disk that is not mounted.
  assert.deepEqual(await checkRoot({ ...share, rootDev: dev + 1 }), { state: 'missing' })
  assert.deepEqual(await checkRoot({ ...share, rootDev: dev + 1, files: 0 }), { state: 'present', dev })
  writeFileSync(join(path, 'f'), '')
  assert.deepEqual(await checkRoot({ ...share, rootDev: dev + 1 }), { state: 'present', dev })
  assert.deepEqual(await checkRoot({ ...share, kind: 'file' }), { state: 'removed' })
  rmSync(path, { recursive: true })
  assert.deepEqual(await checkRoot(share), { state: 'removed' })
  writeFileSync(path, '')
  assert.deepEqual(await checkRoot(share), { state: 'removed' })
  assert.deepEqual(await checkRoot({ ...share, kind: 'file' }), { state: 'present', dev })
  renameSync(join(folder, 'disk'), join(folder, 'gone'))
  assert.deepEqual(await checkRoot(share), { state: 'missing' })
})

const places = fc.constantFrom('a', 'b/a', 'b/c/a', 'b/c/d', 'e/f', 'e')
const edits = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('write' as const),
      path: places,
      content: fc.constantFrom('1', '22', '333'),
    }),
    fc.record({ type: fc.constant('remove' as const), path: places }),
    fc.record({ type: fc.constant('empty' as const), path: fc.constantFrom('n', 'b/n', 'b/n/m') }),
  ),
  { minLength: 1, maxLength: 6 },
)

test('after any edits a rescan gives every folder the CID of its whole DAG built at once', async (t) => {
  const world = new TestWorld(t, { settleMs: 0 })
  let round = 0
  await fc.assert(
    fc.asyncProperty(fc.array(edits, { minLength: 1, maxLength: 3 }), async (batches) => {
      const root = `${round++}/S`
      mkdirSync(world.path(root), { recursive: true })
      await world.library.addNow(world.path(root))
      const files = new Map<string, string>()
      const folders = new Set<string>()
      const drop = (path: string) => {
        for (const other of [...files.keys(), ...folders]) {
          if (other !== path && !other.startsWith(`${path}/`)) continue
          files.delete(other)
          folders.delete(other)
        }
      }
      for (const batch of batches) {
        for (const edit of batch) {
          const path = world.path(root, edit.path)
          const above = Array.from(edit.path.matchAll(/\//g), ({ index }) => edit.path.slice(0, index))
          if (edit.type !== 'remove') {
            for (const folder of above) {
              if (files.has(folder)) rmSync(world.path(root, folder))
              files.delete(folder)
              folders.add(folder)
            }
            mkdirSync(dirname(path), { recursive: true })
          }
          if (edit.type === 'empty') {
            mkdirSync(path, { recursive: true })
            folders.add(edit.path)
            continue
          }
          // Writing anew gives another inode: a change that keeps size and time is none that a scan can see.
          rmSync(path, { recursive: true, force: true })
          drop(edit.path)
          if (edit.type === 'write') {
            writeFileSync(path, edit.content)
            files.set(edit.path, edit.content)
          }
        }
        await world.library.rescan()
        await world.library.whenIdle()
        const known = [...files.keys()].map((path) => {
          const cid = world.told.get(`S/${path}`)
          assert.ok(cid, `${path} is shared`)
          return { path, cid, totalBytes: files.get(path)!.length }
        })
        const whole = await buildFolder(known, folders)
        assert.equal(world.told.get('S'), whole.cid)
        for (const [path, { cid }] of whole.folders) {
          assert.equal(world.told.get(path === '' ? 'S' : `S/${path}`), cid, path)
        }
        assert.equal(world.told.size, known.length + whole.folders.size)
      }
      await world.library.removeShare(world.path(root))
      assert.equal(world.told.size, 0)
    }),
    { numRuns: 5, endOnFailure: true },
  )
})
