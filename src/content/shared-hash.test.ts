import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BLOCK_SIZE } from './cid.ts'
import { OpenFile } from './open-file.ts'
import {
  askPartnerToLeave,
  breakSharedHash,
  cancelSharedHash,
  hashAsOwner,
  hashAsPartner,
  makeSharedHash,
} from './shared-hash.ts'
import { sha256 } from './verify.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-hash-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'file')
const content = randomBytes(19 * BLOCK_SIZE + 12_345)
writeFileSync(path, content)
const whole = createHash('sha256').update(content).digest('hex')
const digests = Buffer.concat(
  Array.from({ length: 20 }, (_, index) =>
    sha256(content.subarray(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE)),
  ),
)
const shareWork = () => makeSharedHash(content.length)
const ignore = () => undefined

test('alone, the owner does everything, and tells how far it is', () => {
  using file = new OpenFile(path)
  const shared = shareWork()
  const reports: number[] = []
  assert.equal(
    hashAsOwner(file, shared, (bytesDone) => reports.push(bytesDone)),
    whole,
  )
  assert.ok(digests.equals(shared.digests))
  assert.equal(reports.length, 20)
  assert.deepEqual(
    reports,
    reports.toSorted((a, b) => a - b),
  )
  assert.equal(reports.at(-1), content.length)
})

test('the ring of a finished file serves the next one', () => {
  using file = new OpenFile(path)
  const first = shareWork()
  hashAsOwner(file, first, ignore)
  const second = makeSharedHash(content.length, first.ring)
  assert.equal(hashAsOwner(file, second, ignore), whole)
  assert.ok(digests.equals(second.digests))
})

/** A file whose reads fail from some block on; in the end the partner has nothing but a failure. */
function failingAt(block: number): OpenFile {
  const real = new OpenFile(path)
  const failing = {
    readExactly(into: Uint8Array, position: number) {
      if (position >= block * BLOCK_SIZE) throw new Error('the disk is gone')
      real.readExactly(into, position)
    },
  }
  return failing as OpenFile
}

for (const block of [0, 1, 5]) {
  test(`what a partner could not read (block ${block}), the owner reads itself`, () => {
    using file = new OpenFile(path)
    const shared = shareWork()
    assert.throws(() => hashAsPartner(failingAt(block), shared), /the disk is gone/)
    assert.equal(hashAsOwner(file, shared, ignore), whole)
    assert.ok(digests.equals(shared.digests))
  })
}

test('what the owner cannot read ends the work', () => {
  assert.throws(() => hashAsOwner(failingAt(3), shareWork(), ignore), /the disk is gone/)
})

test('a partner leaves when it is asked to, and when the work is over, cancelled or broken', () => {
  using file = new OpenFile(path)
  const asked = shareWork()
  askPartnerToLeave(asked, true)
  hashAsPartner(file, asked)
  assert.equal(hashAsOwner(file, asked, ignore), whole)
  hashAsPartner(file, asked)
  for (const end of [cancelSharedHash, breakSharedHash]) {
    const ended = shareWork()
    end(ended)
    hashAsPartner(file, ended)
  }
})

test('the owner stops when the work is cancelled or broken', () => {
  using file = new OpenFile(path)
  const cancelled = shareWork()
  assert.throws(() => hashAsOwner(file, cancelled, () => cancelSharedHash(cancelled)), { code: 'CANCELLED' })
  const broken = shareWork()
  assert.throws(() => hashAsOwner(file, broken, () => breakSharedHash(broken)), { code: 'INTERNAL' })
})
