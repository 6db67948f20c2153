import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import type { SharedEntry } from '../content/entry.ts'
import { entryFromWire, entryToWire } from '../content/entry-wire.ts'
import { EntrySchema } from '../contract/gen/shoal/v1/common_pb.ts'
import { bigEntry, fileEntry, folderEntry } from './test-world.ts'
import { checkLabel, checkRevision, entryProblem, pathProblem } from './validate.ts'

test('honest entries are taken', () => {
  for (const entry of [
    fileEntry('a'),
    fileEntry("Musik/Été 数据 (final) 'v2' #1?.bin"),
    fileEntry(`${'é'.repeat(127)}x`),
    fileEntry(`${'a/'.repeat(1900)}a`),
    fileEntry('back\\slash'),
    bigEntry('x/y'),
    folderEntry('x'),
    { ...fileEntry('a'), modifiedMs: -5 },
    { ...bigEntry('a'), sizeBytes: Number.MAX_SAFE_INTEGER },
  ]) {
    assert.equal(entryProblem(entry), undefined, entry.path)
  }
})

test('what cannot be is refused, with the reason', () => {
  const file = fileEntry('dir/name')
  const big = bigEntry('dir/name')
  const cases: [Partial<SharedEntry>, SharedEntry, RegExp][] = [
    [{ name: '', path: '' }, file, /name is empty/],
    [{ name: 'x'.repeat(256), path: 'x'.repeat(256) }, file, /name is longer than 255/],
    [{ name: 'é'.repeat(128), path: 'é'.repeat(128) }, file, /name is longer than 255/],
    [{ name: 'a\nb', path: 'a\nb' }, file, /name has control/],
    [{ name: 'a\u0085b', path: 'a\u0085b' }, file, /name has control/],
    [{ name: '\ud800', path: '\ud800' }, file, /name is not valid Unicode/],
    [{ name: '..', path: 'a/..' }, file, /name is a path/],
    [{ name: 'a/b', path: 'a/b' }, file, /name is a path/],
    [{ path: 'other' }, file, /does not end with the name/],
    [{ path: 'xname' }, file, /does not end with the name/],
    [{ path: '/name' }, file, /empty or dot parts/],
    [{ path: 'a/../name' }, file, /empty or dot parts/],
    [{ path: 'a\0/name' }, file, /path has control/],
    [{ path: `${'a/'.repeat(2048)}name` }, file, /path is longer than 4096/],
    [{ sizeBytes: -1 }, file, /size/],
    [{ sizeBytes: 1.5 }, file, /size/],
    [{ sizeBytes: 2 ** 53 }, big, /size/],
    [{ modifiedMs: Number.NaN }, file, /last change/],
    [{ sha256: undefined }, file, /SHA-256 of a file/],
    [{ sha256: 'A'.repeat(64) }, big, /SHA-256 of a file/],
    [{ sha256: 'a'.repeat(64) }, file, /does not agree/],
    [{ sizeBytes: 2_000_000 }, file, /does not fit/],
    [{ sizeBytes: 1_048_576 }, big, /does not fit/],
    [{ kind: 'folder' }, big, /folder has no SHA-256/],
    [{ kind: 'folder', sha256: undefined }, file, /folder cannot have a raw CID/],
    [{ kind: 'link' as never }, file, /neither file nor folder/],
    [{ cid: 'bogus' }, file, /CID cannot be read/],
    [{ cid: 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG' }, file, /CID cannot be read/],
  ]
  for (const [change, base, reason] of cases) {
    assert.match(entryProblem({ ...base, ...change }) ?? 'taken', reason, JSON.stringify(change))
  }
})

test('what is taken here can be sent to others, who take it too', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  )
  fc.assert(
    fc.property(
      text,
      fc.array(text, { maxLength: 3 }),
      fc.integer(),
      fc.boolean(),
      (name, folders, modifiedMs, large) => {
        const path = [...folders, name].join('/')
        const entry = { ...(large ? bigEntry(path) : fileEntry(path, 'content')), name, modifiedMs }
        fc.pre(entryProblem(entry) === undefined)
        assert.deepEqual(entryFromWire(create(EntrySchema, entryToWire(entry))), entry)
      },
    ),
  )
})

test('paths, labels and revisions have their limits', () => {
  assert.equal(pathProblem('a/b c/d'), undefined)
  for (const path of ['', '/', 'a//b', './a', 'a/.', '..', 'a\tb']) assert.ok(pathProblem(path), path)
  checkLabel('😀'.repeat(64), 'name', 64)
  for (const label of ['😀'.repeat(65), 'a\u001b[31m', '\udc00']) {
    assert.throws(() => checkLabel(label, 'name', 64), { code: 'INVALID_ARGUMENT' })
  }
  checkRevision('é'.repeat(32))
  assert.throws(() => checkRevision('é'.repeat(33)), { code: 'INVALID_ARGUMENT' })
})
