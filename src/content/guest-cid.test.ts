import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { isRawCid, parseCid } from './cid.ts'
import { anyCidToBytes, guestCid, guestCidKind, parseGuestCid, refuseGuestCid } from './guest-cid.ts'

const hash = (name: string, text: string) => createHash(name).update(text).digest('hex')

test('a SHA-256 makes a CID of a block, which Shoal reads', () => {
  const cid = guestCid({ sha256: hash('sha256', 'x'), md5: hash('md5', 'x'), text: '' })
  assert.equal(parseCid(cid), cid)
  assert.ok(isRawCid(cid))
  assert.equal(guestCidKind(cid), 'sha256')
  assert.equal(parseGuestCid(cid), undefined)
})

test('an MD5 and a name make CIDs that others can read and Shoal takes for no content', () => {
  const md5 = hash('md5', 'x')
  const cid = guestCid({ md5, text: '' })
  const read = CID.parse(cid)
  assert.deepEqual([read.version, read.code, read.multihash.code], [1, 0x55, 0xd5])
  assert.equal(Buffer.from(read.multihash.digest).toString('hex'), md5)
  assert.equal(guestCidKind(cid), 'md5')
  assert.throws(() => parseCid(cid), /0xd5/)
  assert.match(refuseGuestCid(cid).message, /0xd5/)
  const named = guestCid({ text: 'zoned:a.txt@10.0.0.1:5000' })
  const digest = CID.parse(named).multihash
  assert.equal(digest.code, 0)
  assert.equal(new TextDecoder().decode(digest.digest), 'zoned:a.txt@10.0.0.1:5000')
  assert.equal(guestCidKind(named), 'name')
})

test('whatever a name is, its CID is read again as it was made', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }), (text) => {
      const cid = guestCid({ text })
      assert.equal(parseGuestCid(cid), cid)
      assert.equal(parseGuestCid(cid.toUpperCase()), cid)
      const { digest } = CID.decode(anyCidToBytes(cid)).multihash
      assert.deepEqual(digest, new TextEncoder().encode(text).subarray(0, 128))
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(parseGuestCid(text), undefined)
    }),
  )
})
