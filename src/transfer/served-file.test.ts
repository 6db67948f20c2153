import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { buildManifest } from '../content/manifest.ts'
import { sha256 } from '../content/verify.ts'
import { OpenFiles } from './open-files.ts'
import { SharedFile } from './served-file.ts'

test('once a file is known to be damaged, its wrong blocks are not given to those who are fetching it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-served-'))
  const files = new OpenFiles(4, systemClock)
  t.after(() => {
    files.close()
    rmSync(folder, { recursive: true })
  })
  const path = join(folder, 'file')
  const content = randomBytes(2 * BLOCK_SIZE + 5)
  const digests = Buffer.concat(
    [0, 1, 2].map((i) => sha256(content.subarray(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE))),
  )
  const { cid } = buildManifest(digests, content.length)
  content[BLOCK_SIZE + 1]! ^= 1
  writeFileSync(path, content)
  utimesSync(path, 1_600_000_000, 1_600_000_000)
  const { size, mtimeMs, ino } = statSync(path)
  const damaged = new Emitter<string>()
  const stale: string[] = []
  const served = new SharedFile({
    layout: { cid, sizeBytes: size, digests },
    places: [{ absPath: path, stat: { size, mtimeMs, ino } }],
    files,
    onStale: (each) => stale.push(each),
    damaged,
  })
  const given = async () => {
    const blocks = await Promise.all([0, 1, 2].map((index) => served.read(index)))
    return blocks.map((block) => block?.length)
  }
  assert.deepEqual(await given(), [BLOCK_SIZE, BLOCK_SIZE, 5], 'nobody can know yet')
  damaged.emit('/another')
  damaged.emit(path)
  assert.deepEqual(await given(), [BLOCK_SIZE, undefined, 5])
  assert.deepEqual(stale, [], 'a scan would find nothing')
  served.release()
  assert.equal(damaged.listenerCount, 0)
})
