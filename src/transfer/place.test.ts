import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { link } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePath, isSameFile, placeFile, placeFolder } from './place.ts'

const root = mkdtempSync(join(tmpdir(), 'shoal-place-'))
after(() => rmSync(root, { recursive: true, force: true }))

function folder(name: string): (...parts: string[]) => string {
  mkdirSync(join(root, name))
  return (...parts) => join(root, name, ...parts)
}

test('a file gets its name, or a number where something has it, a dangling link too', async () => {
  const at = folder('files')
  writeFileSync(at('a.txt'), 'first')
  symlinkSync('/nowhere', at('a (1).txt'))
  mkdirSync(at('a (2).txt'))
  writeFileSync(at('a.part'), 'mine')
  const tried: string[] = []
  assert.equal(await freePath(at('a.txt')), at('a (3).txt'))
  assert.equal(await placeFile(at('a.part'), at('a.txt'), (path) => tried.push(path)), at('a (3).txt'))
  assert.deepEqual(tried, [at('a (3).txt')])
  assert.equal(readFileSync(at('a.txt'), 'utf8'), 'first')
  assert.equal(readFileSync(at('a (3).txt'), 'utf8'), 'mine')
  assert.deepEqual(readdirSync(at()).sort(), ['a (1).txt', 'a (2).txt', 'a (3).txt', 'a.txt'])
})

test('many at once to one name: none is lost, none overwrites another', async () => {
  const at = folder('race')
  const parts = Array.from({ length: 20 }, (_, i) => at(`${i}.part`))
  for (const [i, part] of parts.entries()) writeFileSync(part, `${i}`)
  const placed = await Promise.all(parts.map((part) => placeFile(part, at('x'))))
  assert.equal(new Set(placed).size, 20)
  for (const [i, path] of placed.entries()) assert.equal(readFileSync(path, 'utf8'), `${i}`)
  assert.equal(readdirSync(at()).length, 20)
})

test('a name that somebody takes at the last moment stays theirs', async () => {
  const at = folder('moment')
  writeFileSync(at('f.part'), 'mine')
  const placed = await placeFile(at('f.part'), at('f'), (path) => {
    if (path === at('f')) writeFileSync(path, 'theirs')
  })
  assert.equal(placed, at('f (1)'))
  assert.equal(readFileSync(at('f'), 'utf8'), 'theirs')
})

test('a folder gets its name, and never another one’s', async () => {
  const at = folder('folders')
  mkdirSync(at('new.part', 'deep'), { recursive: true })
  mkdirSync(at('new'))
  const placed = await placeFolder(at('new.part'), at('new'), (path) => {
    // Taken between the look and the move: an empty folder and a file.
    if (path === at('new (1)')) mkdirSync(path)
    if (path === at('new (2)')) writeFileSync(path, 'theirs')
  })
  assert.equal(placed, at('new (3)'))
  assert.deepEqual(readdirSync(placed), ['deep'])
  assert.deepEqual(readdirSync(at('new')), [])
  assert.deepEqual(readdirSync(at('new (1)')), [])
})

test('one file under two names is told from two files', async () => {
  const at = folder('same')
  writeFileSync(at('a'), 'x')
  writeFileSync(at('b'), 'x')
  await link(at('a'), at('c'))
  assert.equal(await isSameFile(at('a'), at('c')), true)
  assert.equal(await isSameFile(at('a'), at('b')), false)
  assert.equal(await isSameFile(at('a'), at('missing')), false)
})
