import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { SignedPageSchema } from '../../contract/gen/shoal/v1/zone_pb.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { Directory } from './directory.ts'
import { bucketOf } from './keys.ts'
import { Page } from './page.ts'

const LIMITS = { publisherPostings: 30, totalPostings: 60, keyPostings: 1000 }
const bucket = bucketOf('w:blue')
const all = { isHidden: () => false, turn: 0 }

const pageOf = (peerId: string, part: number, version: number, files: number) =>
  new Page(
    peerId,
    {
      ...{ bucket, part, version },
      postings: Array.from({ length: files }, (_, i) => ({
        entry: fileEntry(`blue ${i}.txt`),
        ...{ words: ['blue'], bySha256: false, byCid: false },
      })),
    },
    create(SignedPageSchema),
  )

test('only newer versions count, and whoever is hidden is not found', () => {
  const directory = new Directory(LIMITS)
  assert.equal(directory.put(pageOf('a', 0, 2, 3)), 'new')
  assert.equal(directory.put(pageOf('a', 0, 2, 9)), 'known')
  assert.equal(directory.put(pageOf('b', 0, 1, 2)), 'new')
  const { hits, total } = directory.search('w:blue', { words: 'blue', limit: 10 }, all)
  assert.deepEqual(hits.map(({ peerIds }) => peerIds.size).sort(), [1, 2, 2])
  assert.equal(total, 5)
  const isHidden = ({ peerId }: { peerId: string }) => peerId === 'a'
  assert.equal(
    directory.search('w:blue', { words: 'blue', limit: 10 }, { isHidden, turn: 0.9 }).hits.length,
    2,
  )
  assert.equal(directory.put(pageOf('a', 0, 3, 0)), 'new')
  assert.equal(directory.search('w:blue', { words: 'blue', limit: 10 }, all).total, 2)
})

test('nobody takes more room than is his', () => {
  const directory = new Directory(LIMITS)
  assert.equal(directory.put(pageOf('a', 0, 1, 25)), 'new')
  assert.equal(directory.put(pageOf('a', 1, 1, 6)), 'publisher full')
  assert.equal(directory.put(pageOf('a', 0, 2, 30)), 'new')
  assert.equal(directory.put(pageOf('b', 0, 1, 30)), 'new')
  assert.equal(directory.put(pageOf('c', 0, 1, 1)), 'directory full')
  assert.equal(directory.put(pageOf('a', 0, 3, 1)), 'new')
  assert.equal(directory.put(pageOf('c', 0, 1, 1)), 'new')
})

test('whatever came in whatever order, sums and answers are those of a directory that has just the rest', () => {
  const page = fc
    .record({
      peerId: fc.constantFrom('a', 'b', 'c'),
      part: fc.nat(3),
      version: fc.integer({ min: 1, max: 4 }),
      files: fc.nat(3),
    })
    .map(({ peerId, part, version, files }) => pageOf(peerId, part, version, files))
  fc.assert(
    fc.property(fc.array(page, { maxLength: 30 }), fc.constantFrom('a', 'b', 'z'), (pages, gone) => {
      const directory = new Directory({ ...LIMITS, publisherPostings: 1000, totalPostings: 1000 })
      const latest = new Map<string, Page>()
      for (const one of pages) {
        directory.put(one)
        if ((latest.get(one.id)?.version ?? 0) < one.version) latest.set(one.id, one)
      }
      directory.drop(({ peerId }) => peerId === gone)
      const model = new Directory({ ...LIMITS, publisherPostings: 1000, totalPostings: 1000 })
      for (const one of latest.values()) if (one.peerId !== gone) model.put(one)
      assert.deepEqual(directory.sums(), model.sums())
      assert.deepEqual(directory.sumsOf(3), directory.sumsOf(3))
      assert.equal(directory.postings, model.postings)
      assert.equal(directory.size, model.size)
      const query = { words: 'blue', limit: 100 }
      const { hits, total } = directory.search('w:blue', query, all)
      const other = model.search('w:blue', query, all)
      assert.equal(total, other.total)
      const plain = (found: typeof hits) =>
        found.map(({ entry, peerIds }) => `${entry.path} ${[...peerIds].sort()}`).sort()
      assert.deepEqual(plain(hits), plain(other.hits))
    }),
  )
})

test('two that begin alike change apart, whichever changes first', () => {
  const count = (directory: Directory) => directory.search('w:blue', { words: 'blue', limit: 100 }, all).total
  const first = new Directory(LIMITS)
  first.put(pageOf('a', 0, 1, 3))
  const second = new Directory(LIMITS)
  second.beginLike(first)
  assert.deepEqual(second.sums(), first.sums())
  assert.deepEqual([count(first), count(second), second.postings], [3, 3, 3])
  first.put(pageOf('b', 0, 1, 2))
  assert.deepEqual([count(first), count(second), second.size], [5, 3, 1])
  const third = new Directory(LIMITS)
  third.beginLike(second)
  third.drop(({ peerId }) => peerId === 'a')
  assert.deepEqual([count(second), count(third), third.postings], [3, 0, 0])
  assert.equal(second.put(pageOf('a', 1, 1, 28)), 'publisher full')
})

test('a key of which not all is looked through says so, whatever else is in its pages', () => {
  const directory = new Directory({ ...LIMITS, totalPostings: 1000, keyPostings: 20 })
  for (let i = 0; i < 10; i++) {
    const postings = ['blue', 'red', 'green'].map((word) => ({
      entry: fileEntry(`${word} ${i}.txt`),
      ...{ words: [word], bySha256: false, byCid: false },
    }))
    directory.put(new Page(`peer ${i}`, { bucket, part: 0, version: 1, postings }, create(SignedPageSchema)))
  }
  const { hits, total } = directory.search('w:blue', { words: 'blue', limit: 100 }, all)
  assert.ok(hits.length < 10, `${hits.length}`)
  assert.equal(total, 20)
})
