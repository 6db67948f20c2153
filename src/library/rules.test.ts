import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Share } from '../storage/catalogue-types.ts'
import { isBelow } from './file-key.ts'
import { isIgnoredName, isIgnoredPath } from './ignore.ts'
import { compareRows } from './scan-rules.ts'
import { isWithin, refuseOwn, relPathBelow } from './share-rules.ts'
import { findTarget } from './targets.ts'

test('hidden, unfinished and temporary names are left out, and nothing that only looks a little like them', () => {
  const ignored = [
    '.hidden',
    '.DS_Store',
    'film.mkv.part',
    'x.PART',
    'y.crdownload',
    'z.tmp',
    'doc.txt~',
    '~$report.docx',
    '.x.swp',
    'x.swp',
    'Thumbs.db',
    'desktop.ini',
    '.nfs0000000001',
    'movie.!qB',
    '._file',
    '.~lock.a.odt#',
  ]
  const shared = [
    'part',
    'my.party',
    'part.mkv',
    'tmp',
    'tmp.txt',
    '~home.txt',
    'a.part.rar',
    'template',
    'Thumbs.dbx',
  ]
  for (const name of ignored) assert.equal(isIgnoredName(name, { hidden: false }), true, name)
  for (const name of shared) assert.equal(isIgnoredName(name, { hidden: false }), false, name)
  assert.equal(isIgnoredName('.hidden', { hidden: true }), false)
  assert.equal(isIgnoredName('.x.part', { hidden: true }), true)
  assert.equal(isIgnoredPath('a/.git/config', { hidden: false }), true)
  assert.equal(isIgnoredPath('a/b', { hidden: false }), false)
  assert.equal(isIgnoredPath('', { hidden: false }), false)
})

test('the data folder, what is in it and what holds it are refused; the downloads in it are not', () => {
  const own = { dataDir: '/home/u/data', downloadsDir: '/home/u/data/downloads' }
  const refused = ['/home/u/data', '/home/u/data/identity.key', '/home/u/data/x/y', '/home/u', '/home', '/']
  const free = [
    '/home/u/data/downloads',
    '/home/u/data/downloads/a',
    '/home/u/data2',
    '/home/u/dat',
    '/home/u/music',
    '/srv',
  ]
  for (const path of refused) assert.throws(() => refuseOwn(path, own), { code: 'INVALID_ARGUMENT' }, path)
  for (const path of free) refuseOwn(path, own)
  // Downloads that are said to go right into the data folder, or around it, free nothing.
  for (const downloadsDir of ['/home/u/data', '/home/u', '/']) {
    for (const path of refused) assert.throws(() => refuseOwn(path, { ...own, downloadsDir }), path)
  }
  refuseOwn('/anything', { dataDir: undefined, downloadsDir: undefined })
})

test('a path lies in a folder only when its parts say so', () => {
  assert.equal(relPathBelow('/a/b/c', '/a'), 'b/c')
  assert.equal(relPathBelow('/a', '/a'), '')
  assert.equal(relPathBelow('/ab', '/a'), undefined)
  assert.equal(relPathBelow('/a/..b', '/a'), '..b')
  assert.equal(relPathBelow('/', '/a'), undefined)
  assert.equal(isWithin('/a/b', '/'), true)
  const at = (relPath: string, shareId = 1) => ({ shareId, relPath })
  assert.equal(isBelow(at('a/b'), at('a')), true)
  assert.equal(isBelow(at('a'), at('a')), true)
  assert.equal(isBelow(at('ab'), at('a')), false)
  assert.equal(isBelow(at('x'), at('')), true)
  assert.equal(isBelow(at('x', 2), at('')), false)
})

test('a listing takes away what is as it was; what differs is suspect, what is left is new', () => {
  const stat = { size: 1, mtimeMs: 1, ino: 1, ctimeMs: 1 }
  const row = (name: string, kind: 'file' | 'folder' = 'file') => ({
    name,
    kind,
    cid: 'c',
    totalBytes: 1,
    isDamaged: false,
    ...stat,
  })
  const listing = {
    files: new Map([
      ['same', stat],
      ['bigger', { ...stat, size: 2 }],
      ['touched', { ...stat, mtimeMs: 1.5 }],
      ['replaced', { ...stat, ino: 2 }],
      ['chmod', { ...stat, ctimeMs: 9 }],
      ['new', stat],
      ['was folder', stat],
    ]),
    folders: new Set(['folder', 'was file']),
  }
  const rows = ['same', 'bigger', 'touched', 'replaced', 'chmod', 'gone', 'was file'].map((name) => row(name))
  const folders = ['folder', 'gone folder', 'was folder'].map((name) => row(name, 'folder'))
  const suspects = compareRows([...rows, ...folders], listing)
  assert.deepEqual(suspects, [
    'bigger',
    'touched',
    'replaced',
    'gone',
    'was file',
    'gone folder',
    'was folder',
  ])
  assert.deepEqual([...listing.files.keys()], ['bigger', 'touched', 'replaced', 'new', 'was folder'])
})

test('a path belongs to the share that is just it, else to the innermost folder that does not ignore it', () => {
  const share = (path: string, kind: 'file' | 'folder' = 'folder') =>
    ({ path, kind, name: path.split('/').at(-1)! }) as Share
  const [data, music, single] = [share('/data'), share('/data/music'), share('/data/music/a.mp3', 'file')]
  const shares = [data, music, single]
  const cases: [string, [Share, string] | undefined][] = [
    ['/data/music/a.mp3', [single, 'a.mp3']],
    ['/data/music/b.mp3', [music, 'b.mp3']],
    ['/data/music', [music, '']],
    ['/data/x/y', [data, 'x/y']],
    ['/data/.hidden/x', undefined],
    ['/other', undefined],
  ]
  for (const [path, expected] of cases) {
    const found = findTarget(shares, path, false)
    assert.deepEqual(found && [found.share, found.relPath], expected, path)
  }
})
