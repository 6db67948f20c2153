import assert from 'node:assert/strict'
import { closeSync, copyFileSync, openSync, readSync, statSync, utimesSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
/** A time that file systems keep exactly. */
const LONG_AGO = 1_600_000_000
/** A signal takes effect within this, ms. */
const STOP_MS = 50

/** A file of random bytes whose time can be put back exactly; its SHA-256. */
function save(path: string, sizeBytes: number): string {
  const sha256 = writeRandomFile(path, sizeBytes)
  utimesSync(path, LONG_AGO, LONG_AGO)
  return sha256
}

/** Flips one bit in place, and nothing tells of it: the node that watches stands still until the time is back. */
async function rot(path: string, offset: number, node: ShoalProcess): Promise<void> {
  node.send('SIGSTOP')
  await wait(STOP_MS)
  const before = statSync(path)
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, offset)
  byte[0]! ^= 1
  writeSync(file, byte, 0, 1, offset)
  closeSync(file)
  utimesSync(path, LONG_AGO, LONG_AGO)
  const after = statSync(path)
  node.send('SIGCONT')
  assert.deepEqual([after.size, after.mtimeMs, after.ino], [before.size, before.mtimeMs, before.ino])
}

/** CIDs of the files that a node shares, by name, once there are so many. */
const shared = (world: World, node: ShoalProcess, count: number) =>
  until(`${count} files are shared`, async () => {
    const { lines } = await world.shoal(['ls', '--json'], node)
    return lines.length === count
      ? new Map(lines.map(({ name, cid }) => [String(name), String(cid)]))
      : undefined
  })

test('one flipped bit: the block is named, the file is served no more, and comes back from another peer', async () => {
  await using world = newWorld()
  const index = await world.startIndex()
  const share = world.folder('share')
  const [bad, good] = [join(share, 'holiday film.bin'), join(share, 'good.bin')]
  const sha256 = save(bad, 5 * MIB + 7)
  save(good, 3 * MIB)
  const servers = [index.ready.grpc]
  // Only the index, so that what is withdrawn is withdrawn everywhere.
  const args = ['--discovery', 'index']
  const [owner, other, stranger] = await Promise.all([
    world.startNode({ name: 'owner', shares: [share], index: servers, args }),
    world.startNode({ name: 'other', index: servers, args }),
    world.startNode({ name: 'stranger', index: servers, args }),
  ])
  const cids = await shared(world, owner, 2)
  const cid = cids.get('holiday film.bin')!
  const copy = join(world.folder('copies'), 'film.bin')
  assert.equal((await world.shoal(['get', cid, '--out', copy, '--json'], other)).code, 0)

  const well = await world.shoal(['verify', '--json'], owner)
  assert.equal(well.code, 0, well.stderr)
  const done = well.lines.at(-1)!
  assert.deepEqual([done.event, done.files, done.bytes, done.damaged], ['done', 2, 8 * MIB + 7, 0])
  assert.ok(well.lines.slice(0, -1).every(({ event }) => event === 'progress'))

  await rot(bad, 2 * MIB + 12_345, owner)
  const found = await world.shoal(['verify', share, '--json'], owner)
  assert.equal(found.code, 1, found.stderr)
  assert.deepEqual(
    found.lines.filter(({ event }) => event === 'damaged'),
    [{ event: 'damaged', path: bad, cid, blocks: [2], blockCount: 1, reason: 'blocks' }],
  )
  assert.deepEqual([found.lines.at(-1)?.files, found.lines.at(-1)?.damaged], [2, 1])
  const status = await world.shoal(['verify', '--status'], owner)
  assert.equal(status.code, 1)
  assert.ok(status.stdout.includes(`${bad}: DAMAGED, block 2\n`), status.stdout)
  assert.deepEqual([...(await shared(world, owner, 1)).keys()], ['good.bin'])

  // Nobody gets it from here any more; everything else they do.
  await until('the other one is the only holder that is told', async () => {
    const { lines } = await world.shoal(['search', '--cid', cid, '--via', 'index', '--json'], stranger)
    const hit = lines.find(({ event }) => event === 'hit')
    const peers = (hit?.providers as { peerId: string }[] | undefined)?.map(({ peerId }) => peerId)
    return peers?.join() === other.ready.peerId || undefined
  })
  const sourcesOf = async (wanted: string, out: string) => {
    const { code, lines, stderr } = await world.shoal(['get', wanted, '--out', out, '--json'], stranger)
    assert.equal(code, 0, stderr)
    return Object.keys(lines.at(-1)?.sources as object)
  }
  assert.deepEqual(await sourcesOf(cid, 'film.bin'), [other.ready.peerId])
  assert.deepEqual(await sourcesOf(cids.get('good.bin')!, 'good.bin'), [owner.ready.peerId])

  // What the command advises.
  const again = await world.shoal(['get', cid, '--out', bad, '--json'], owner)
  assert.equal(again.code, 0, again.stderr)
  const beside = String(again.lines.at(-1)?.path)
  assert.notEqual(beside, bad, 'the damaged file is not overwritten')
  assert.equal(await sha256Of(beside), sha256)
  copyFileSync(beside, bad)
  assert.equal((await shared(world, owner, 3)).get('holiday film.bin'), cid)
  assert.equal((await world.shoal(['verify', '--json'], owner)).code, 0)

  // A file that came by a download can be fetched again just so.
  utimesSync(copy, LONG_AGO, LONG_AGO)
  await until('the time of the copy is known', async () => {
    const { lines } = await world.shoal(['ls', '--json'], other)
    return lines.find(({ file }) => file === copy)?.modifiedMs === LONG_AGO * 1000 || undefined
  })
  await rot(copy, 5, other)
  assert.equal((await world.shoal(['verify', cid, '--json'], other)).code, 1)
  const anew = await world.shoal(['get', cid, '--out', copy, '--json'], other)
  assert.equal(anew.code, 0, anew.stderr)
  assert.notEqual(anew.lines.at(-1)?.path, copy)
  assert.equal(await sha256Of(String(anew.lines.at(-1)?.path)), sha256)

  assert.equal((await world.shoal(['verify', '/not/shared', '--json'], owner)).code, 3)
})

test('kill -9 in the middle of a big file: it goes on by itself where it was, and the figures are right', async () => {
  await using world = newWorld()
  const share = world.folder('share')
  const size = 320 * MIB + 5
  const big = join(share, 'big.bin')
  save(big, size)
  save(join(share, 'small.bin'), 1000)
  // Slow enough that the kill hits the middle.
  const env = { SHOAL_VERIFY_RATE: String(96 * MIB), SHOAL_DISCOVERY: 'index' }
  const start = () => world.startNode({ name: 'owner', shares: [share], env })
  let node = await start()
  const cid = (await shared(world, node, 2)).get('big.bin')!
  await rot(big, 300 * MIB, node)
  const first = world.command(['verify', '--json'], node)
  let killedAt = 0
  for await (const { event, bytes } of first.lines) {
    assert.equal(event, 'progress')
    if (Number(bytes) < 160 * MIB) continue
    killedAt = Number(bytes)
    break
  }
  await node.kill()
  const { code, stderr } = await first.result
  assert.equal(code, 1)
  assert.match(stderr, /goes on where it was/)

  node = await start()
  const status = await world.shoal(['verify', '--status', '--json'], node)
  const resumed = status.lines.at(-1)!
  assert.equal(resumed.event, 'progress', 'it goes on by itself')
  assert.equal(resumed.bytesTotal, size + 1000)
  // At most a second of reading is not noted, and what was being read.
  assert.ok(
    Number(resumed.bytes) > 0 && Number(resumed.bytes) >= killedAt - 160 * MIB,
    JSON.stringify(resumed),
  )
  const rest = await world.shoal(['verify', '--json'], node)
  assert.equal(rest.code, 1, rest.stderr)
  assert.ok(rest.lines.every(({ bytes }) => bytes === undefined || Number(bytes) > 0))
  assert.deepEqual(
    rest.lines.filter(({ event }) => event === 'damaged'),
    [{ event: 'damaged', path: big, cid, blocks: [300], blockCount: 1, reason: 'blocks' }],
  )
  const { ms, ...done } = rest.lines.at(-1)!
  assert.deepEqual(done, { event: 'done', files: 2, bytes: size + 1000, damaged: 1 })
  assert.ok(Number(ms) > 1000)

  // Stopped, it is over; what was asked for and is not there any more says so.
  assert.equal((await world.shoal(['verify', '--detach', '--json'], node)).code, 0)
  const stopped = await world.shoal(['verify', '--stop', '--json'], node)
  assert.equal(stopped.lines[0]?.event, 'stopped')
})
