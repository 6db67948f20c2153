import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import type { BlockCheck, Ingestor } from '../../content/ingest.ts'
import { TestWorld, type TestWorldOptions } from '../test-world.ts'
import { RANGE_BYTES } from './ranges.ts'
import type { VerifyEvent } from './types.ts'

type Check = Ingestor['check']

/** A time that file systems keep exactly, long ago so that files have settled. */
const LONG_AGO = 1_600_000_000

class VerifyWorld extends TestWorld {
  /** `path first-end` of what was checked. */
  readonly checked: string[] = []

  constructor(t: TestContext, options: TestWorldOptions = {}) {
    const { aroundCheck = (check: Check) => check } = options
    const noted: string[] = []
    super(t, {
      ...options,
      aroundCheck: (check) =>
        aroundCheck((checks, more) => {
          noted.push(...checks.map(nameOf))
          return check(checks, more)
        }),
    })
    this.checked = noted
  }

  /** A file of random bytes whose time can be put back exactly. */
  save(path: string, size: number): void {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), randomBytes(size))
    utimesSync(this.path(path), LONG_AGO, LONG_AGO)
  }

  /** Flips a bit and puts the time back, as a disk that forgets does. Twice is as before. */
  rot(path: string, ...offsets: number[]): void {
    const content = readFileSync(this.path(path))
    for (const offset of offsets) content[offset]! ^= 1
    writeFileSync(this.path(path), content)
    utimesSync(this.path(path), LONG_AGO, LONG_AGO)
  }

  /** Verifies to the end: what was found, by path, and the end. */
  async verify(...targets: string[]) {
    await this.library.verify(targets)
    const findings: string[] = []
    let end: VerifyEvent | undefined
    for await (const event of this.library.verifier.watch(AbortSignal.timeout(20_000))) {
      if (event.type === 'damaged') {
        const { path, reason, blockCount, blocks } = event.finding
        findings.push(`${path.slice(this.folder.length + 1)} ${reason} ${blockCount} [${blocks}]`)
      }
      end = event
    }
    assert.equal(end?.type, 'ended')
    return { findings, state: end.state }
  }
}

const nameOf = ({ path, first, digests }: BlockCheck) =>
  `${path.split('/').at(-1)} ${first}-${first + digests.length / 32}`

test('what is as it was is fine, and the figures are right', async (t) => {
  const world = new VerifyWorld(t)
  world.save('S/empty', 0)
  world.save('S/a/small', 10)
  world.save('S/big', 2 * RANGE_BYTES + BLOCK_SIZE + 3)
  await world.library.addNow(world.path('S'))
  assert.equal(world.library.verifier.state().state, 'idle')
  const { findings, state } = await world.verify()
  assert.deepEqual(findings, [])
  const bytes = 10 + 2 * RANGE_BYTES + BLOCK_SIZE + 3
  const { ms, ...figures } = state
  assert.deepEqual(figures, {
    ...{ state: 'done', files: 3, filesTotal: 3, bytes, bytesTotal: bytes, damaged: 0 },
    ...{ rateBytesPerSecond: 0, etaMs: undefined },
  })
  assert.ok(ms > 0)
  assert.deepEqual(world.checked.sort(), ['big 0-32', 'big 32-64', 'big 64-66', 'empty 0-1', 'small 0-1'])
})

test('a flipped bit is found, the file withdrawn, all else stays; when it is right again it is back', async (t) => {
  const world = new VerifyWorld(t)
  world.save('S/sub/song', 3 * BLOCK_SIZE + 5)
  world.save('S/sub/copy of nothing', 100)
  world.save('S/other', 50)
  await world.library.addNow(world.path('S'))
  const before = new Map(world.told)
  const cid = before.get('S/sub/song')!
  const distrusted: string[] = []
  world.library.verifier.damaged.on((path) => distrusted.push(path))
  world.rot('S/sub/song', 2 * BLOCK_SIZE + 7)

  const found = await world.verify()
  assert.deepEqual(found.findings, ['S/sub/song blocks 1 [2]'])
  assert.deepEqual([found.state.state, found.state.damaged, found.state.files], ['done', 1, 3])
  assert.deepEqual(distrusted, [world.path('S/sub/song')])
  assert.equal(world.catalogue.find(cid), undefined)
  await world.library.whenIdle()
  assert.deepEqual(world.paths, ['S', 'S/other', 'S/sub', 'S/sub/copy of nothing'])
  // The folders are what is left of them: nobody is promised the file.
  for (const folder of ['S', 'S/sub']) assert.notEqual(world.told.get(folder), before.get(folder), folder)
  assert.equal(world.told.get('S/other'), before.get('S/other'))

  // A rescan does not share the wrong bytes as something new, and a restart forgets nothing.
  await world.restart()
  await world.library.rescan()
  await world.library.whenIdle()
  assert.equal(world.catalogue.find(cid), undefined)
  assert.equal(world.catalogue.totals().damaged, 1)
  assert.deepEqual((await world.verify(world.path('S/sub'))).findings, ['S/sub/song blocks 1 [2]'])

  world.rot('S/sub/song', 2 * BLOCK_SIZE + 7)
  const again = await world.verify(cid)
  assert.deepEqual([again.findings, again.state.files], [[], 1])
  await world.library.whenIdle()
  assert.equal(world.catalogue.find(cid)?.absPath, world.path('S/sub/song'))
  assert.deepEqual(world.told, before)
})

test('a damaged file that is replaced is shared as what it is now, without another look', async (t) => {
  const world = new VerifyWorld(t)
  world.save('S/song', 10)
  await world.library.addNow(world.path('S'))
  const cid = world.told.get('S/song')!
  world.rot('S/song', 3)
  assert.deepEqual((await world.verify()).findings, ['S/song changed 1 [0]'])
  await assert.rejects(world.library.addNow(world.path('S/song')), /damaged/)
  world.rot('S/song', 3)
  renameSync(world.path('S/song'), world.path('S/moved'))
  world.library.start()
  await world.until(() => world.told.get('S/moved') === cid, 'the good copy is shared')
  assert.equal(world.catalogue.totals().damaged, 0)
})

test('many wrong blocks: the first are named in order, all are counted', async (t) => {
  const world = new VerifyWorld(t, { verifyReaders: 3 })
  const size = 3 * RANGE_BYTES
  world.save('S/big', size)
  await world.library.addNow(world.path('S'))
  world.rot('S/big', ...Array.from({ length: 40 }, (_, i) => (95 - 2 * i) * BLOCK_SIZE))
  const first = Array.from({ length: 16 }, (_, i) => 17 + 2 * i)
  assert.deepEqual((await world.verify()).findings, [`S/big blocks 40 [${first}]`])
})

test('a changed file is left to the scan; one that is gone is said; one that cannot be read stays shared', async (t) => {
  const world = new VerifyWorld(t, {
    aroundCheck: (check) => async (checks, more) => {
      // Now, and no sooner: the watcher would be faster.
      if (checks.some(({ path }) => path.endsWith('edited'))) edit()
      const verdicts = await check(checks, more)
      return verdicts.map((verdict, i) => {
        if (checks[i]!.path.endsWith('bad sector')) return { status: 'read', wrong: [], unreadable: [1] }
        return checks[i]!.path.endsWith('gone') ? { status: 'missing' } : verdict
      })
    },
  })
  for (const name of ['S/edited', 'S/gone', 'S/bad sector']) world.save(name, 2 * BLOCK_SIZE)
  await world.library.addNow(world.path('S'))
  const before = new Map(world.told)
  const edit = () => {
    writeFileSync(world.path('S/edited'), 'new')
    utimesSync(world.path('S/edited'), LONG_AGO + 5, LONG_AGO + 5)
  }
  const { findings, state } = await world.verify()
  assert.deepEqual(findings.sort(), ['S/bad sector unreadable 1 [1]', 'S/gone missing 0 []'])
  const bytes = 2 * BLOCK_SIZE
  assert.deepEqual([state.files, state.bytes, state.bytesTotal, state.damaged], [3, bytes, bytes, 2])
  await world.until(
    () => (world.told.get('S/edited') ?? before.get('S/edited')) !== before.get('S/edited'),
    'the scan has the new content',
  )
  assert.equal(world.told.get('S/gone'), before.get('S/gone'), 'the scan sees that it is there')
  assert.equal(world.told.get('S/bad sector'), before.get('S/bad sector'))
})

test('when the disk is away its files are not damaged', async (t) => {
  const world = new VerifyWorld(t)
  world.save('mnt/S/a', 10)
  await world.library.addNow(world.path('mnt/S'))
  renameSync(world.path('mnt'), world.path('unmounted'))
  const { findings, state } = await world.verify()
  assert.deepEqual([findings, state.state, state.files, state.bytes], [[], 'done', 1, 0])
  await world.library.rescan()
  await assert.rejects(world.library.verify([world.path('mnt/S')]), /away/)
})

test('what is not shared cannot be verified', async (t) => {
  const world = new VerifyWorld(t)
  world.save('S/a', 10)
  await world.library.addNow(world.path('S'))
  const unknown = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
  for (const target of [world.path('elsewhere'), world.path('S/nothing'), unknown]) {
    await assert.rejects(world.library.verify([target]), { code: 'NOT_FOUND' })
  }
  await assert.rejects(world.library.verify(['no cid']), { code: 'INVALID_CID' })
  assert.equal(world.library.verifier.state().state, 'idle')
  await assert.rejects(world.library.verifier.watch(AbortSignal.timeout(5000)).next(), { code: 'NOT_FOUND' })
})

/** Lets so many checks through, then no more until told. */
function gate(letThrough: number) {
  let left = letThrough
  let open = Promise.withResolvers<void>()
  let onStuck = Promise.withResolvers<void>()
  let waiting: string[] = []
  return {
    get waiting() {
      return waiting
    },
    around:
      (check: Check): Check =>
      async (checks, more) => {
        if (left-- <= 0) {
          waiting.push(...checks.map(nameOf))
          onStuck.resolve()
          onStuck = Promise.withResolvers()
          await Promise.race([
            open.promise,
            new Promise((_, reject) => {
              more?.signal?.addEventListener('abort', () => reject(new ShoalError('CANCELLED')))
            }),
          ])
        }
        return check(checks, more)
      },
    /** Resolves when so many wait. */
    async stuck(count = 1) {
      while (waiting.length < count) await onStuck.promise
    },
    release(count = Number.POSITIVE_INFINITY) {
      left = count
      waiting = []
      open.resolve()
      open = Promise.withResolvers()
    },
  }
}

test('after a restart it goes on by itself where it was, within a big file too, and knows what it had found', async (t) => {
  const { around, stuck, release } = gate(3)
  const world = new VerifyWorld(t, { aroundCheck: around, verifyReaders: 1 })
  const size = 6 * RANGE_BYTES + 1
  world.save('S/big', size)
  world.save('S/small', 5)
  await world.library.addNow(world.path('S'))
  world.rot('S/big', 40 * BLOCK_SIZE, size - 1)
  await world.library.verify([])
  await stuck()
  const before = world.library.verifier.state()
  assert.deepEqual([before.bytes, before.bytesTotal, before.filesTotal], [3 * RANGE_BYTES, size + 5, 2])
  assert.equal(world.catalogue.totals().damaged, 1, 'withdrawn at once, not at its end')
  const done = world.checked.slice()
  await world.restart(() => release(0))
  await stuck()
  const after = world.library.verifier.state()
  assert.deepEqual([after.state, after.bytes, after.bytesTotal], ['running', 3 * RANGE_BYTES, size + 5])
  assert.ok(after.ms >= before.ms)
  release()
  const { findings, state } = await world.verify()
  assert.deepEqual(findings, ['S/big blocks 2 [40,192]'])
  assert.deepEqual(
    [state.files, state.filesTotal, state.bytes, state.bytesTotal, state.damaged],
    [2, 2, size + 5, size + 5, 1],
  )
  assert.deepEqual(done, ['big 0-32', 'big 32-64', 'big 64-96'])
  assert.equal(new Set(world.checked).size, world.checked.length, 'nothing was read twice')
})

test('a big file is read by several at once', async (t) => {
  const checks = gate(0)
  const world = new VerifyWorld(t, { aroundCheck: checks.around, verifyReaders: 3 })
  world.save('S/big', 5 * RANGE_BYTES)
  await world.library.addNow(world.path('S'))
  await world.library.verify([])
  await checks.stuck(3)
  assert.deepEqual(checks.waiting.toSorted(), ['big 0-32', 'big 32-64', 'big 64-96'])
  const state = await world.library.verifier.stop()
  assert.deepEqual([state.state, state.files, state.bytesTotal], ['stopped', 0, 5 * RANGE_BYTES])
})

test('while the node serves, one reads and the others wait', async (t) => {
  const checks = gate(0)
  let isServing = true
  const world = new VerifyWorld(t, {
    ...{ aroundCheck: checks.around, verifyReaders: 3 },
    isServing: () => isServing,
  })
  world.save('S/big', 5 * RANGE_BYTES)
  await world.library.addNow(world.path('S'))
  await world.library.whenIdle()
  await world.library.verify([])
  await checks.stuck(1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.deepEqual(checks.waiting, ['big 0-32'])
  isServing = false
  await checks.stuck(3)
})

test('what is asked for meanwhile joins the run; what it holds already is not read twice', async (t) => {
  const { around, stuck, release } = gate(0)
  const world = new VerifyWorld(t, { aroundCheck: around })
  for (const name of ['A/one', 'A/two', 'B/three', 'C/four']) world.save(name, 10)
  for (const name of ['A', 'B', 'C']) await world.library.addNow(world.path(name))
  await world.library.verify([world.path('A')])
  await stuck()
  await world.library.verify([world.path('A/two'), world.path('B/three')])
  await world.library.verify([world.path('B'), world.told.get('A/one')!])
  release()
  const { state } = await world.verify(world.path('A'))
  assert.deepEqual([state.state, state.files, state.filesTotal, state.bytes], ['done', 3, 3, 30])
  assert.deepEqual(world.checked.sort(), ['one 0-1', 'three 0-1', 'two 0-1'])
  // The next one begins anew.
  assert.equal((await world.verify(world.path('A'))).state.filesTotal, 2)
})

test('stopped, it stays stopped; a new one begins at the beginning', async (t) => {
  const { around, stuck, release } = gate(1)
  const world = new VerifyWorld(t, { aroundCheck: around, verifyReaders: 1 })
  world.save('S/big', 3 * RANGE_BYTES)
  await world.library.addNow(world.path('S'))
  await world.library.verify([])
  await stuck()
  const watched = Array.fromAsync(world.library.verifier.watch(AbortSignal.timeout(10_000)))
  const state = await world.library.verifier.stop()
  assert.deepEqual([state.state, state.bytes], ['stopped', RANGE_BYTES])
  assert.equal((await watched).at(-1)?.type, 'ended')
  await world.restart(() => release())
  assert.equal(world.library.verifier.state().state, 'stopped')
  assert.equal((await world.verify()).state.bytes, 3 * RANGE_BYTES)
})

test('threads that break down once are no reason to give up; again and again they are', async (t) => {
  let failures = 2
  const world = new VerifyWorld(t, {
    aroundCheck: (check) => async (checks, more) => {
      if (failures-- > 0) throw new ShoalError('INTERNAL', 'A hashing thread broke down.')
      return check(checks, more)
    },
  })
  world.save('S/a', 10)
  await world.library.addNow(world.path('S'))
  assert.equal((await world.verify()).state.state, 'done')
  failures = Number.POSITIVE_INFINITY
  assert.equal((await world.verify()).state.state, 'stopped')
})
