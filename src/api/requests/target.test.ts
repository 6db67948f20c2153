import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bases } from 'multiformats/basics'
import { CID } from 'multiformats/cid'
import { ShoalError } from '../../base/errors.ts'
import { cidOfDigest, DAG_PB, RAW } from '../../content/cid.ts'
import { guestCid } from '../../content/guest-cid.ts'
import { parseLink, parseTarget } from './target.ts'

const cids = fc
  .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom(RAW, DAG_PB))
  .map(([digest, codec]) => cidOfDigest(codec, digest))
/** Every multibase whose text is printable. */
const encoders = fc.constantFrom(...Object.values(bases).filter(({ name }) => name !== 'identity'))
const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const CID_TEXT = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'

test('a CID is taken in any multibase, blanks around it or not', () => {
  fc.assert(
    fc.property(cids, encoders, fc.constantFrom('', ' ', '\n'), (cid, { encoder }, blank) => {
      const text = encoder.encode(CID.parse(cid).bytes)
      assert.deepEqual(parseTarget(`${blank}${text}${blank}`), { kind: 'cid', cid })
    }),
  )
})

test('every link form gives back CID and name', () => {
  const forms: ((cid: string, name: string) => string)[] = [
    (cid, name) => `shoal:${cid}?name=${name}`,
    (cid, name) => `SHOAL://${cid}?x=1&name=${name}#top`,
    (cid, name) => `ipfs://${cid}?filename=${name}`,
    (cid, name) => `ipfs://${cid}/?filename=${name}`,
    (cid, name) => `https://example.org/ipfs/${cid}?filename=${name}`,
    (cid, name) => `http://127.0.0.1:8080/ipfs/${cid}/?filename=${name}`,
    (cid, name) => `https://${cid}.ipfs.example.org/?filename=${name}`,
    (cid, name) => `magnet:?dn=${name}&xt=urn:btih:abc&xt=urn:ipfs:${cid}`,
    (cid, name) => `magnet:?xt=urn%3Acid%3A${cid}&dn=${name}`,
    (cid, name) => `/ipfs/${cid}?filename=${name}`,
  ]
  fc.assert(
    fc.property(cids, names, fc.constantFrom(...forms), (cid, name, form) => {
      assert.deepEqual(parseTarget(form(cid, encodeURIComponent(name))), { kind: 'cid', cid, name })
    }),
  )
})

test('a link without a name has none', () => {
  for (const link of [`shoal:${CID_TEXT}`, `ipfs://${CID_TEXT}`, `magnet:?xt=urn:ipfs:${CID_TEXT}&dn=`])
    assert.deepEqual(parseTarget(link), { kind: 'cid', cid: CID_TEXT })
})

test('what is no link is a file name, exactly as given', () => {
  for (const name of [
    'a.txt',
    ' leading blank.txt',
    "Été 数据 (final) 'v2' #1?.bin",
    'note: x.txt',
    'Qm.txt',
    'bafy',
    '~',
    'x'.repeat(255),
  ])
    assert.deepEqual(parseTarget(name), { kind: 'name', name })
})

test('what names nothing is refused with its reason', () => {
  const table: [string, string, RegExp][] = [
    ['', 'INVALID_ARGUMENT', /give a CID/],
    ['  \n', 'INVALID_ARGUMENT', /give a CID/],
    ['../etc/passwd', 'INVALID_ARGUMENT', /neither/],
    ['a\0b', 'INVALID_ARGUMENT', /neither/],
    ['..', 'INVALID_ARGUMENT', /neither/],
    ['x'.repeat(256), 'INVALID_ARGUMENT', /255 bytes/],
    ['x'.repeat(9000), 'INVALID_ARGUMENT', /8192/],
    [`ipfs://${CID_TEXT}/a/b.txt`, 'INVALID_ARGUMENT', /below a CID/],
    [`/ipfs/${CID_TEXT}/a`, 'INVALID_ARGUMENT', /below a CID/],
    [`https://x.org/ipfs/${CID_TEXT}/a`, 'INVALID_ARGUMENT', /below a CID/],
    ['https://example.org/file.txt', 'INVALID_ARGUMENT', /no CID/],
    ['magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a', 'INVALID_ARGUMENT', /no CID/],
    ['magnet:', 'INVALID_ARGUMENT', /no CID/],
    ['shoal:', 'INVALID_CID', /CID/],
    ['ipfs://nonsense', 'INVALID_CID', /CID/],
    // Kinds of CIDs that are meant as such, but cannot be read, are no file names.
    ['QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG', 'INVALID_CID', /CIDv0/],
    [`${CID_TEXT}a`, 'INVALID_CID', /CID/],
    ['bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua', 'INVALID_CID', /codec/],
  ]
  for (const [text, code, message] of table)
    assert.throws(
      () => parseTarget(text),
      (error) => error instanceof ShoalError && error.code === code && message.test(error.message),
      text.slice(0, 80),
    )
})

test('what clients of dialects hold has a CID that is a target by itself, and in no link', () => {
  const md5 = guestCid({ md5: 'd41d8cd98f00b204e9800998ecf8427e', text: '' })
  const named = guestCid({ text: 'zoned:a.txt@10.0.0.1:6000' })
  for (const cid of [md5, named]) {
    assert.deepEqual(parseTarget(` ${cid} `), { kind: 'guest', cid })
    for (const link of [`shoal:${cid}`, `ipfs://${cid}`, `/ipfs/${cid}`])
      assert.throws(() => parseTarget(link), { code: 'INVALID_CID' }, link)
    assert.throws(() => parseLink(cid), { code: 'INVALID_ARGUMENT' })
  }
})

test('any text is a target or a clear refusal', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(
        fc.constantFrom('shoal:', 'ipfs://', '/ipfs/', 'magnet:?xt=urn:cid:', 'https://x/ipfs/', 'b'),
        fc.string(),
      )
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const target = parseTarget(text)
        if (target.kind === 'name') assert.equal(target.name, text)
      } catch (error) {
        assert.ok(error instanceof ShoalError)
        assert.equal(error.kind.http, 400)
      }
    }),
    { numRuns: 2000 },
  )
})
