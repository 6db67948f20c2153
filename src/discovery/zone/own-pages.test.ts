import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { SignedPageSchema } from '../../contract/gen/shoal/v1/zone_pb.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { bucketOf, keysOf } from './keys.ts'
import { OwnPages } from './own-pages.ts'
import { Page } from './page.ts'

const make = () =>
  new OwnPages(
    (fields) => new Page('peer', fields, create(SignedPageSchema)),
    () => 1000,
  )
const read = (changes: Iterable<Page[]>) => [...changes].flat()

/** All that the pages say, a line a key of an entry. */
function said(own: OwnPages): string[] {
  const lines: string[] = []
  for (const page of own.all()) {
    assert.ok(page.postings.length <= 256)
    for (const posting of page.postings) {
      for (const key of keysOf(posting.entry)) {
        if (!Page.hasKey(posting, key)) continue
        assert.equal(bucketOf(key), page.bucket)
        lines.push(`${posting.entry.path} ${key}`)
      }
    }
  }
  return lines.sort()
}

test('a change makes new versions of those pages only that it touches', () => {
  const own = make()
  const [a, b] = [fileEntry('one alpha.txt'), fileEntry('two beta.txt')]
  read(own.replace([a]))
  const before = new Set(own.all())
  const made = read(own.change([b], []))
  assert.deepEqual(new Set(made.map(({ bucket }) => bucket)), new Set(keysOf(b).map(bucketOf)))
  assert.equal([...own.all()].filter((page) => before.has(page)).length, before.size - 1, 'w:txt is in both')
  assert.deepEqual(read(own.change([b], [])), [])
  assert.deepEqual(read(own.replace([a, b])), [])
  const emptied = read(own.change([], [b])).filter(({ postings }) => postings.length === 0)
  assert.ok(emptied.length > 0 && emptied.every(({ version }) => version === 1001))
})

test('after any changes the pages say what is shared, each thing once', () => {
  const files = Array.from({ length: 12 }, (_, i) => fileEntry(`dir${i % 3}/file ${i}.txt`, `c${i % 8}`))
  const step = fc.record({ added: fc.subarray(files), removed: fc.subarray(files), all: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const own = make()
      let shared = new Map<string, (typeof files)[number]>()
      for (const { added, removed, all } of steps) {
        if (all) {
          shared = new Map(added.map((entry) => [entry.path, entry]))
          read(own.replace(added))
          continue
        }
        for (const { path } of removed) shared.delete(path)
        for (const entry of added) shared.set(entry.path, entry)
        read(own.change(added, removed))
      }
      const expected = [...shared.values()].flatMap((entry) =>
        keysOf(entry).map((key) => `${entry.path} ${key}`),
      )
      assert.deepEqual(said(own), expected.sort())
    }),
  )
})

test('a bucket with many entries has several pages', () => {
  const own = make()
  const files = Array.from({ length: 1500 }, (_, i) => fileEntry(`plenty ${i}.txt`))
  read(own.change(files.slice(0, 200), []))
  read(own.change(files.slice(200), []))
  assert.equal(said(own).length, files.flatMap(keysOf).length)
  assert.equal(
    read(own.change([], [files[7]!])).every(({ postings }) => postings.length <= 256),
    true,
  )
})
