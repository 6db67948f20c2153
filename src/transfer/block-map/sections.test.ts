import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOCK_SIZE } from '../../content/cid.ts'
import type { DownloadRecord } from '../../storage/download-store.ts'
import { blockMap } from './block-map.ts'
import type { BlockSection } from './cells.ts'
import { folderSections } from './folder-sections.ts'
import { Origins } from './origins.ts'
import { evenSection, frozen, journalSections } from './sections.ts'

const record = (id: string, more: Partial<DownloadRecord>): DownloadRecord => ({
  ...{ id, cid: 'c', kind: 'file', name: '', outPath: '', partPath: '', state: 'paused', createdMs: 0 },
  ...{ sizeBytes: 0, bitmap: new Uint8Array(), sources: {}, ...more },
})
const begun = (id: string, blocks: number, bits: number) =>
  record(id, {
    sizeBytes: blocks * BLOCK_SIZE,
    digests: new Uint8Array(32 * blocks),
    bitmap: Uint8Array.of(bits),
  })
/** Each section's blocks: who gave it, `?` when that is not known, `.` when it is not there. */
const drawn = (sections: readonly BlockSection[]) =>
  sections.map((section) =>
    Array.from({ length: section.blocks }, (_, index) => {
      const from = section.from(index)
      return section.has(index) ? (from === 255 ? '?' : from) : '.'
    }).join(''),
  )

test('what the journal knows of a file', () => {
  const origins = new Origins(() => '')
  const of = (file: DownloadRecord) => drawn(journalSections(file, { list: () => [] }, origins))
  assert.deepEqual(of(record('unknown', {})), [''])
  assert.deepEqual(of(record('told', { sizeBytes: 2 * BLOCK_SIZE + 1 })), ['...'])
  assert.deepEqual(of(begun('f', 3, 0b1010_0000)), ['?.?'])
  origins.file(0, 3).note(2, 'a')
  assert.deepEqual(of(begun('f', 3, 0b1010_0000)), ['?.0'])
})

test('what the journal knows of a folder: files that were begun in their order, then the rest', () => {
  const children = [
    begun('d/12', 2, 0b0100_0000),
    record('d/2', { state: 'done', sizeBytes: 2 * BLOCK_SIZE }),
    record('d/small', { state: 'done', sizeBytes: 5 }),
  ]
  const folder = record('d', { kind: 'folder', sizeBytes: 6 * BLOCK_SIZE })
  const origins = new Origins(() => '')
  origins.file(12, 2).note(1, 'a')
  assert.deepEqual(drawn(journalSections(folder, { list: () => children }, origins)), ['?', '??', '.0', '..'])
})

test('a folder that is fetched: files of one block together, the others by their blocks', () => {
  const small = new Uint8Array(32)
  const origins = new Origins(() => '')
  origins.file(4, 2).note(0, 'a')
  const smallOrigins = origins.file(-1, 6)
  smallOrigins.note(1, 'b')
  const running: BlockSection = {
    ...{ blocks: 3, has: (index) => index === 2, from: () => 1 },
    asked: new Map([[0, ['a']]]),
  }
  const files = [0, 1, 2, 3, 4, 5].map((number) => ({
    number,
    entry: { totalBytes: 2 * BLOCK_SIZE },
    digest: number < 3 ? small : undefined,
  }))
  const sections = folderSections({
    files,
    sizeOf: (number) => ({ 1: 5, 4: 2 * BLOCK_SIZE })[number],
    sectionOf: (number) => (number === 3 ? running : undefined),
    originsOf: (number) => origins.known(number),
    smallOrigins,
    asked: new Map([[2, ['c']]]),
  })
  assert.deepEqual(drawn(sections), ['.1.', '..1', '0?', '..'])
  assert.deepEqual([...sections[0]!.asked], [[2, ['c']]])

  const given = origins.peers
  const active = [{ provider: { peerId: 'c', name: 'carl' } }]
  const map = blockMap(sections, { cells: 99, given, active })
  assert.deepEqual(map.have, [0, 100, 0, 0, 0, 100, 100, 100, 0, 0])
  assert.deepEqual(map.inFlight, [0, 0, 1, 1, 0, 0, 0, 0, 0, 0])
  assert.deepEqual(map.from, [-1, 1, -1, -1, -1, 1, 0, -1, -1, -1])
  assert.deepEqual(map.flying, [-1, -1, 2, 0, -1, -1, -1, -1, -1, -1])
  assert.deepEqual(map.sources, [
    { peerId: 'a', name: '' },
    { peerId: 'b', name: '' },
    { peerId: 'c', name: 'carl' },
  ])
  assert.deepEqual(drawn([frozen(sections)]), [drawn(sections).join('')])
})

test('even sections', () => {
  assert.deepEqual(drawn([evenSection(2, true), evenSection(0, true), evenSection(1, false)]), [
    '??',
    '',
    '.',
  ])
})
