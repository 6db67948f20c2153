import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { ShoalError } from '../base/errors.ts'
import type { LeftOut } from './left-out.ts'
import { TestWorld, type TestWorldOptions } from './test-world.ts'

type World = InstanceType<typeof TestWorld>

async function leftOutOf(world: World, path: string): Promise<Record<string, string>> {
  const found: LeftOut[] = []
  await world.library.addNow(world.path(path), { onLeftOut: (what) => found.push(what) })
  const byPath = Object.fromEntries(found.map(({ path, reason }) => [path, reason]))
  assert.equal(Object.keys(byPath).length, found.length, 'each once')
  return byPath
}

test('an addition tells what it leaves out, each once and with the reason, now and when it is repeated', async (t) => {
  const world = new TestWorld(t)
  world.write({
    'S/ok.txt': 'a',
    'S/notes.txt~': 'b',
    'S/sub/film.part': 'c',
    'S/.git/config': 'd',
    'S/sub/gone.txt': 'e',
  })
  symlinkSync(world.path('S/ok.txt'), world.path('S/sub/link'))
  writeFileSync(Buffer.concat([Buffer.from(world.path('S/bad')), Buffer.of(0xff)]), 'f')
  const expected = {
    'S/notes.txt~': 'temporary name',
    'S/sub/film.part': 'temporary name',
    'S/.git': 'hidden',
    'S/sub/link': 'symbolic link',
    'S/bad\ufffd': 'name is not UTF-8',
  }
  assert.deepEqual(await leftOutOf(world, 'S'), expected)
  await world.library.remove(world.path('S/sub/gone.txt'))
  assert.deepEqual(await leftOutOf(world, 'S/sub'), {
    'S/sub/film.part': 'temporary name',
    'S/sub/link': 'symbolic link',
  })
  await world.library.remove(world.path('S/sub/gone.txt'))
  await world.library.addNow(world.path('S/ok.txt'))
  assert.deepEqual(await leftOutOf(world, 'S'), expected, 'what is added again takes back what was removed')
})

test('files that cannot be imported now are told with what is wrong', async (t) => {
  const failing: TestWorldOptions = {
    around: (ingest) => async (path, options) => {
      const [, code] = /fail-(\w+)$/.exec(path) ?? []
      if (code) throw new ShoalError(code as never)
      return ingest(path, options)
    },
  }
  const world = new TestWorld(t, failing)
  const codes = ['FILE_CHANGED', 'NOT_FOUND', 'PERMISSION_DENIED', 'IO']
  world.write({ 'S/ok': 'x', ...Object.fromEntries(codes.map((code) => [`S/fail-${code}`, code])) })
  assert.deepEqual(await leftOutOf(world, 'S'), {
    'S/fail-FILE_CHANGED': 'changed',
    'S/fail-NOT_FOUND': 'gone',
    'S/fail-PERMISSION_DENIED': 'unreadable',
    'S/fail-IO': 'unreadable',
  })
  await assert.rejects(world.library.addNow(world.path('S/fail-FILE_CHANGED')), { code: 'FILE_CHANGED' })
})

test('what this user may not read is told', async (t) => {
  if (process.getuid?.() === 0) return t.skip('root may read everything')
  const world = new TestWorld(t)
  world.write({ 'S/ok': 'x' })
  mkdirSync(world.path('S/locked'), { mode: 0 })
  writeFileSync(world.path('S/secret'), 'x', { mode: 0 })
  try {
    assert.deepEqual(await leftOutOf(world, 'S'), { 'S/locked': 'unreadable', 'S/secret': 'unreadable' })
    await assert.rejects(world.library.addNow(world.path('S/secret')), { code: 'PERMISSION_DENIED' })
  } finally {
    // The world could not remove it otherwise.
    chmodSync(world.path('S/locked'), 0o700)
  }
})

test('a single file with the name of a temporary one is refused with the reason', async (t) => {
  const world = new TestWorld(t)
  world.write({ 'a.part': 'x' })
  const refusal = {
    code: 'INVALID_ARGUMENT',
    message: /a\.part has the name of an unfinished or temporary file/,
  }
  await assert.rejects(world.library.addNow(world.path('a.part')), refusal)
})
