import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contentLocation, parseAddress } from './address.ts'
import { contentDisposition } from './disposition.ts'
import { carEtag, isNoneMatch, isRangeCurrent } from './etag.ts'
import { fileHeaders } from './headers.ts'
import { isPassive, typeOfBytes, typeOfName } from './media-type.ts'

test('If-None-Match: lists, weak ones, and any', () => {
  const cases: [header: string | undefined, isMatch: boolean][] = [
    [undefined, false],
    ['"a"', true],
    ['W/"a"', true],
    ['"b", W/"a"', true],
    ['"b","a"', true],
    ['*', true],
    [' * ', true],
    ['"b"', false],
    ['a', false],
    ['"a', false],
    ['"x, "a"', false],
    ['', false],
  ]
  for (const [header, isMatch] of cases) assert.equal(isNoneMatch(header, ['"a"']), isMatch, header)
})

test('any list that has the tag matches, and no list that has it not', () => {
  const tag = fc.stringMatching(/^[a-z0-9., ]{0,8}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(tag, fc.boolean()), { maxLength: 6 }), tag, (list, wanted) => {
      const header = list.map(([name, isWeak]) => `${isWeak ? 'W/' : ''}"${name}"`).join(', ')
      assert.equal(
        isNoneMatch(header, [`"${wanted}"`]),
        list.some(([name]) => name === wanted),
      )
    }),
  )
})

test('If-Range takes the same strong tag only', () => {
  assert.equal(isRangeCurrent(undefined, '"a"'), true)
  assert.equal(isRangeCurrent('"a"', '"a"'), true)
  for (const other of ['W/"a"', '"b"', 'Wed, 21 Oct 2026 07:28:00 GMT', ''])
    assert.equal(isRangeCurrent(other, '"a"'), false, other)
})

test('the ETag of a CAR tells apart all that changes it', () => {
  const tags = [
    ['a', 'all', '', 'n'],
    ['a', 'all', '', 'y'],
    ['a', 'entity', '', 'n'],
    ['a', 'entity', '0:1', 'n'],
    ['b', 'a', 'all', '', 'n'],
  ]
  assert.equal(new Set(tags.map((facts) => carEtag('a', facts))).size, tags.length)
})

test('names of files in headers', () => {
  const cases: [name: string | undefined, expected: string][] = [
    [undefined, 'inline'],
    ['', 'inline'],
    ['a b.txt', 'inline; filename="a b.txt"'],
    ['testтест.pdf', `inline; filename="test____.pdf"; filename*=UTF-8''test%D1%82%D0%B5%D1%81%D1%82.pdf`],
    ['"q".txt', `inline; filename="_q_.txt"; filename*=UTF-8''%22q%22.txt`],
    ['../../etc/passwd', 'inline; filename=".._.._etc_passwd"'],
    ['gpj\u202e.exe', 'inline; filename="gpj_.exe"'],
    ['a\\b\r\nSet-Cookie: x', 'inline; filename="a_b__Set-Cookie: x"'],
    [
      "it's (1)*.txt😀",
      `inline; filename="it's (1)*.txt_"; filename*=UTF-8''it%27s%20%281%29%2A.txt%F0%9F%98%80`,
    ],
  ]
  for (const [name, expected] of cases) assert.equal(contentDisposition('inline', name), expected)
})

test('whatever the name: one header line of ASCII whose quotes close, and the name comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const header = contentDisposition('attachment', name)
      assert.match(
        header,
        /^attachment(; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(; filename\*=UTF-8''[A-Za-z0-9.%!~_-]*)?)?$/,
      )
      const [, extended] = /filename\*=UTF-8''(.*)$/.exec(header) ?? []
      if (extended === undefined) return
      assert.equal(
        decodeURIComponent(extended),
        name.toWellFormed().replace(/[/\\\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '_'),
      )
    }),
  )
})

test('types by name and by content', () => {
  const names: [name: string, type: string | undefined][] = [
    ['a.txt', 'text/plain; charset=utf-8'],
    ['A.HTML', 'text/html; charset=utf-8'],
    ['x.svg', 'image/svg+xml'],
    ['x.mp4', 'video/mp4'],
    ['x.unknown-ending', undefined],
    ['html', undefined],
    ['', undefined],
  ]
  for (const [name, type] of names) assert.equal(typeOfName(name), type, name)
  const bytes: [head: string | Buffer, type: string][] = [
    ['plain words', 'text/plain; charset=utf-8'],
    ['<!doctype html><script>', 'text/plain; charset=utf-8'],
    ['<svg xmlns="http://www.w3.org/2000/svg">', 'text/plain; charset=utf-8'],
    [Buffer.from('été'.repeat(300)).subarray(0, 512), 'text/plain; charset=utf-8'],
    ['', 'text/plain; charset=utf-8'],
    [Buffer.from('89504e470d0a1a0a', 'hex'), 'image/png'],
    [Buffer.from('0000002066747970 69736f6d'.replace(' ', ''), 'hex'), 'video/mp4'],
    [Buffer.from('524946461234567857454250', 'hex'), 'image/webp'],
    [Buffer.from([0, 1, 2]), 'application/octet-stream'],
    [Buffer.from([0xff, 0xfe, 0x41]), 'application/octet-stream'],
  ]
  for (const [head, type] of bytes) assert.equal(typeOfBytes(Buffer.from(head)), type)
})

test('what a browser could run is shown without rights, known or not', () => {
  for (const name of [
    'a.html',
    'a.htm',
    'a.xhtml',
    'a.svg',
    'a.xml',
    'a.xsl',
    'a.js',
    'a.css',
    'a.mathml',
    'a.rdf',
    'a.swf',
    'a.mht',
    'a.wasm',
    'a.atom',
  ]) {
    const type = typeOfName(name) ?? 'x/unknown'
    assert.equal(isPassive(type), false, `${name} ${type}`)
    const { 'content-security-policy': csp } = fileHeaders(
      type,
      { filename: undefined, download: false },
      name,
    )
    assert.match(csp, /^sandbox; default-src 'none'/)
    assert.doesNotMatch(csp, /allow-scripts|allow-same-origin|script-src/)
  }
  for (const name of ['a.png', 'a.mp3', 'a.mkv', 'a.txt', 'a.pdf', 'a.json'])
    assert.equal(isPassive(typeOfName(name)!), true, name)
})

test('addresses', () => {
  const { cid, segments, isFolder, query } = parseAddress('/ipfs/bafy/a%20b//%C3%A9/?format=car&x')
  assert.deepEqual([cid, segments, isFolder, query], ['bafy', ['a b', 'é'], true, 'format=car&x'])
  assert.deepEqual(parseAddress('/ipfs/bafy/a%2Fb').segments, ['a/b'])
  assert.throws(() => parseAddress('/ipfs/bafy/%ff'), { code: 'INVALID_ARGUMENT' })
  assert.equal(
    contentLocation(parseAddress('/ipfs/bafy/x?filename=a&format=raw'), { format: 'car' }),
    '/ipfs/bafy/x?filename=a&format=car',
  )
})
