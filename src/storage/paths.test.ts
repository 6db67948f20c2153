import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCursor, encodeCursor } from './list-cursor.ts'
import { rankEntries } from './rank.ts'
import { absolutePath, foldersAbove, joinRelPath, publicPath, splitRelPath } from './rel-path.ts'

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter((text) => !text.includes('/'))
const relPath = fc.array(name, { maxLength: 4 }).map((parts) => parts.join('/'))

test('a path is its folder and name, and its folders are its prefixes', () => {
  fc.assert(
    fc.property(relPath, (path) => {
      const { dir, name } = splitRelPath(path)
      assert.equal(joinRelPath(dir, name), path)
      const above = foldersAbove(path)
      assert.equal(above.length, path === '' ? 0 : path.split('/').length)
      assert.deepEqual(above.at(-1), path === '' ? undefined : '')
      for (const folder of above) assert.ok(folder === '' || path.startsWith(`${folder}/`))
    }),
  )
  assert.deepEqual(foldersAbove('a/b/c'), ['a/b', 'a', ''])
})

test('others see the path from the root on; a single file is just its name', () => {
  const folder = { path: '/data/Music', name: 'Music', kind: 'folder' } as const
  const file = { path: '/data/x.bin', name: 'x.bin', kind: 'file' } as const
  const cases = [
    [folder, 'a/b.mp3', 'Music/a/b.mp3', '/data/Music/a/b.mp3'],
    [folder, '', 'Music', '/data/Music'],
    [file, 'x.bin', 'x.bin', '/data/x.bin'],
  ] as const
  for (const [root, path, seen, absolute] of cases) {
    assert.equal(publicPath(root, path), seen)
    assert.equal(absolutePath(root, path), absolute)
  }
})

test('a cursor comes back as it was; any other text is refused', () => {
  fc.assert(
    fc.property(fc.nat(), relPath, name, (shareId, dir, name) => {
      assert.deepEqual(decodeCursor(encodeCursor({ shareId, dir, name })), { shareId, dir, name })
    }),
  )
  assert.deepEqual(decodeCursor(undefined), decodeCursor(''))
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      assert.throws(() => decodeCursor(text), { code: 'INVALID_ARGUMENT' })
    }),
  )
  for (const json of ['[]', '[1,2,3]', '["1","a","b"]', 'null', '{}']) {
    assert.throws(() => decodeCursor(Buffer.from(json).toString('base64url')), { code: 'INVALID_ARGUMENT' })
  }
})

test('names with all the words come before folders with them, short names first', () => {
  const entry = (path: string) => ({
    cid: path,
    sha256: undefined,
    name: path.split('/').at(-1)!,
    path,
    sizeBytes: 0,
    kind: 'file' as const,
    modifiedMs: 0,
  })
  const paths = ['blue moon/other.mp3', 'x/a blue moon over it.mp3', 'x/blue moon.mp3', 'blue/moonlight.mp3']
  const ranked = (words: string) => rankEntries(paths.map(entry), words).map(({ path }) => path)
  assert.deepEqual(ranked('blue moon'), [paths[2], paths[1], paths[0], paths[3]])
  assert.deepEqual(ranked('MOONL*')[0], paths[3])
})
