import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GIB } from '../../base/units.ts'
import { peerIdFromPublicKey } from '../../link/identity.ts'
import { RELAY_CODES } from './codes.ts'
import { decodeNotice, encodeNotice, MAX_NOTICE_BYTES, noticeSentence, type RelayNotice } from './notice.ts'

const anyPeerId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdFromPublicKey)
const anyNotice: fc.Arbitrary<RelayNotice> = fc.record({
  code: fc.constantFrom(...RELAY_CODES),
  what: fc.constantFrom('ended', 'refused'),
  peerId: fc.option(anyPeerId, { nil: undefined }),
  isYours: fc.boolean(),
  limit: fc.maxSafeNat(),
  retryAfterMs: fc.nat(86_400_000),
})

test('a notice comes out as it went in, and fits', () => {
  fc.assert(
    fc.property(anyNotice, (notice) => {
      const bytes = encodeNotice(notice)
      assert.ok(bytes.length <= MAX_NOTICE_BYTES)
      assert.deepEqual(decodeNotice(bytes), { ...notice })
    }),
  )
})

test('anything else is no notice', () => {
  const good = { code: 'SLOTS', what: 'refused', isYours: false, limit: 1, retryAfterMs: 1 }
  const wrong = [
    { ...good, code: 'OTHER' },
    { ...good, what: 'eaten' },
    { ...good, peerId: 'x' },
    { ...good, peerId: null },
    { ...good, limit: -1 },
    { ...good, limit: 1.5 },
    { ...good, retryAfterMs: 1e300 },
    { ...good, isYours: 1 },
    null,
    [],
    7,
  ]
  assert.ok(decodeNotice(Buffer.from(JSON.stringify(good))))
  for (const value of wrong)
    assert.equal(decodeNotice(Buffer.from(JSON.stringify(value))), undefined, JSON.stringify(value))
  const long = JSON.stringify({ ...good, more: 'x'.repeat(MAX_NOTICE_BYTES) })
  assert.equal(decodeNotice(Buffer.from(long)), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => assert.equal(decodeNotice(bytes), undefined)),
  )
  fc.assert(
    fc.property(fc.json({ maxDepth: 2 }), (text) => assert.equal(decodeNotice(Buffer.from(text)), undefined)),
  )
})

test('a time further away than a week is cut', () => {
  const notice: RelayNotice = { code: 'SLOTS', what: 'refused', isYours: false, limit: 1, retryAfterMs: 1e12 }
  assert.equal(decodeNotice(encodeNotice(notice))?.retryAfterMs, 7 * 86_400_000)
})

test('says for people what happened, why and when it may be tried again', () => {
  const notice: RelayNotice = {
    code: 'PEER_QUOTA',
    what: 'ended',
    peerId: 'B',
    isYours: true,
    limit: 256 * GIB,
    retryAfterMs: 3 * 3_600_000,
  }
  assert.equal(
    noticeSentence('R', notice, notice.retryAfterMs),
    'The relay R ended the connection with B: its daily quota of 256 GiB for this node is used up; it opens again in 3 h 0 min.',
  )
  assert.equal(
    noticeSentence('R', { ...notice, isYours: false, what: 'refused' }, 0),
    'The relay R refused the connection with B: its daily quota of 256 GiB for the other end is used up; a new one may be opened at once.',
  )
  assert.equal(
    noticeSentence('R', { ...notice, code: 'SHUTDOWN', limit: 0, peerId: undefined }, 0),
    'The relay R ended the reservation: it is shutting down.',
  )
  assert.equal(
    noticeSentence(
      'R',
      { ...notice, code: 'SLOTS_PER_ADDRESS', what: 'refused', limit: 8, peerId: undefined },
      600_000,
    ),
    'The relay R refused the reservation: all 8 places for one address are taken; try again in 10 min 0 s.',
  )
})
