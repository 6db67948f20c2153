import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE, cidOfDigest, RAW } from '../../content/cid.ts'
import { sha256 } from '../../content/verify.ts'
import { DiskThreads } from '../disk/disk-threads.ts'
import { packFound, unpackFound } from '../disk/small-found.ts'
import { MAX_TAKEN } from '../line/channel.ts'
import { HEADROOM_BYTES } from '../line/giver-wire.ts'
import { OpenFiles } from '../open-files.ts'
import { SharedFile } from '../served-file.ts'
import { SourceFault } from '../source-fault.ts'
import { content, plainIngestor, TestCatalogue } from '../testing/fixtures.ts'
import { AskedFiles } from './asked-files.ts'
import { FileGroups } from './file-groups.ts'
import type { SmallFile } from './small-file.ts'
import { TakenFiles } from './taken-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-groups-'))
const threads = new DiskThreads(systemClock, 2)
const files = new OpenFiles(8, systemClock)
after(async () => {
  files.close()
  await threads.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Shares files of these contents, and gives what reads them in groups. */
async function sharing(name: string, contents: readonly Uint8Array[]) {
  const catalogue = new TestCatalogue()
  const paths = contents.map((_, at) => join(folder, name, `${at}`))
  mkdirSync(join(folder, name))
  for (const [at, bytes] of contents.entries()) {
    writeFileSync(paths[at]!, bytes)
    catalogue.addFile(paths[at]!, await plainIngestor.ingest(paths[at]!, {}))
  }
  const stale: string[] = []
  const groups = new FileGroups({
    disk: threads,
    placesOf: (sha256s) => catalogue.placesOf(sha256s),
    fileOf: (cid) => {
      const found = catalogue.find(cid)
      if (!found?.layout) throw new ShoalError('NOT_FOUND')
      const { layout, absPath, stat } = found
      return new SharedFile({
        layout,
        places: [{ absPath, stat }],
        files,
        onStale: (path) => stale.push(path),
      })
    },
    clock: systemClock,
  })
  return { groups, paths, stale, catalogue }
}

const digestsOf = (contents: readonly Uint8Array[]) => Buffer.concat(contents.map((bytes) => sha256(bytes)))

/** What all groups of a request hold, one a file; undefined for what is not given. */
async function takeAll(taken: TakenFiles, number: number): Promise<(Uint8Array | undefined)[]> {
  const got: (Uint8Array | undefined)[] = []
  for (let index = 0; ; index++) {
    const read = taken.next()
    if (!read) return got
    assert.deepEqual([read.file, read.index], [number, index])
    const group = await read.group
    let at = HEADROOM_BYTES
    for (const size of group.sizes) {
      got.push(size === 0 ? undefined : group.buffer.slice(at, at + size - 1))
      at += Math.max(0, size - 1)
    }
    assert.equal(at, HEADROOM_BYTES + group.length)
    assert.ok(group.length <= BLOCK_SIZE)
    taken.give(group)
  }
}

test('files come in their order and as they are, what is not there is said, what has changed is not given', async () => {
  const contents = Array.from({ length: 200 }, (_, at) => content(at === 7 ? BLOCK_SIZE : 1 + at * 60, at))
  const { groups, paths, stale } = await sharing('order', contents)
  const unknown = content(5, 999)
  writeFileSync(paths[3]!, content(181, 998))
  rmSync(paths[5]!)
  // The same bytes with another time: they are right all the same.
  writeFileSync(paths[9]!, contents[9]!)
  const taken = new TakenFiles(groups)
  const wanted = [...contents.slice(0, 50), unknown, ...contents.slice(50), contents[20]!]
  taken.want(4, digestsOf(wanted))
  assert.ok(taken.hasWork && taken.has(4))
  const got = await takeAll(taken, 4)
  assert.equal(got.length, wanted.length)
  for (const [at, bytes] of got.entries())
    assert.deepEqual(bytes, [3, 5, 50].includes(at) ? undefined : new Uint8Array(wanted[at]!), `${at}`)
  assert.deepEqual(stale.sort(), [paths[3], paths[5], paths[9]].sort())
  assert.equal(taken.hasWork, false)
  taken.close(4)
  assert.equal(taken.open, 0)
})

test('what is closed is not given; requests against the contract are refused', async () => {
  const contents = Array.from({ length: MAX_TAKEN }, (_, at) => content(20_000, at))
  const { groups } = await sharing('closed', contents)
  const taken = new TakenFiles(groups)
  taken.want(1, digestsOf(contents))
  taken.want(2, digestsOf(contents.slice(0, 3)))
  const first = taken.next()!
  taken.close(1)
  assert.equal((await takeAll(taken, 2)).length, 3)
  await first.group
  for (const length of [0, 31, 33, 32 * (MAX_TAKEN + 1)])
    assert.throws(() => taken.want(3, new Uint8Array(length)), { code: 'INVALID_ARGUMENT' })
  for (let number = 10; number < 26; number++) taken.want(number, digestsOf(contents))
  assert.throws(() => taken.want(99, digestsOf(contents)), { code: 'INVALID_ARGUMENT' })
  taken.next()
  await taken.end()
  assert.equal(taken.hasWork, false)
})

/** Small files that were asked for, and what was told of them. */
function asked(count: number) {
  const wanted = Array.from({ length: count }, (_, number): SmallFile => {
    const digest = sha256(Uint8Array.of(number))
    return { number, cid: cidOfDigest(RAW, digest), digest, path: `/${number}`, plannedBytes: 1 }
  })
  const came: number[] = []
  const refused: number[] = []
  const take = new AskedFiles(wanted, 0, {
    queued: () => {},
    memory: () => new Uint8Array(new SharedArrayBuffer(BLOCK_SIZE)),
    came: () => {},
    group: (slab, not) => {
      for (const file of slab?.whole().files ?? []) came.push(file.number)
      refused.push(...not.map(({ number }) => number))
    },
    ended: () => {},
  })
  return { take, came, refused }
}

test('whatever a peer sends, no file is lost or told twice, and nothing is let through that was not asked for', () => {
  const step = fc.oneof(
    fc.record({ group: fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 12 }) }),
    fc.record({ index: fc.integer({ min: 0, max: 3 }), room: fc.integer({ min: 1, max: BLOCK_SIZE }) }),
    fc.constant({ rest: true }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step), (count, steps) => {
      const { take, came, refused } = asked(count)
      let [groups, left, offset] = [0, 0, 0]
      try {
        for (const each of steps) {
          if ('group' in each) {
            take.group(each.group)
            groups++
            left = each.group.reduce((sum, size) => sum + Math.max(0, size - 1), 0)
            offset = 0
            continue
          }
          const index = 'rest' in each ? groups - 1 : each.index
          const room = take.place(index, offset, 'rest' in each ? left : each.room).length
          take.placed(room)
          left -= room
          offset += room
        }
      } catch (error) {
        assert.ok(error instanceof SourceFault, String(error))
      }
      const all = [...came, ...refused, ...take.rest.map(({ number }) => number)]
      assert.deepEqual(
        all.sort((a, b) => a - b),
        Array.from({ length: count }, (_, number) => number),
      )
    }),
  )
})

test('what threads tell of files is the same on the other side', () => {
  const number = fc.double({ min: 0, max: 2 ** 53, noNaN: true })
  const found = fc.record({
    length: fc.nat(),
    stat: fc.record({ size: fc.nat(), mtimeMs: number, ino: number }),
  })
  fc.assert(
    fc.property(fc.array(fc.option(found)), (list) =>
      assert.deepEqual(unpackFound(packFound(list)), JSON.parse(JSON.stringify(list))),
    ),
  )
})
