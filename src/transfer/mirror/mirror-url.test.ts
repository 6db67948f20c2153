import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_MIRRORS, mirrorProvider, parseMirrors, shownUrl, urlBelow } from './mirror-url.ts'

test('mirrors are URLs with http or https, each once, without fragment', () => {
  const given = ['HTTPS://Example.org:443/a b.iso#top', 'https://example.org/a%20b.iso', 'http://[::1]:8080/']
  assert.deepEqual(parseMirrors(given), ['https://example.org/a%20b.iso', 'http://[::1]:8080/'])
  const invalid: [string, RegExp][] = [
    ['example.org/a', /^example\.org\/a is not a URL\. Give/],
    ['', /is not a URL/],
    ['ftp://u:secret@example.org/a', /by http or https, not ftp:/],
    ['file:///etc/passwd', /is not a URL|not file:/],
    ['https://u:secret@exa mple/a', /is not a URL/],
    [`https://example.org/${'a'.repeat(8000)}`, /at most 8000 characters/],
  ]
  for (const [text, message] of invalid)
    assert.throws(
      () => parseMirrors([text]),
      (error: Error) => {
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  const many = Array.from({ length: MAX_MIRRORS + 1 }, (_, i) => `http://h/${i}`)
  assert.throws(() => parseMirrors(many), { code: 'INVALID_ARGUMENT' })
  assert.equal(parseMirrors(many.slice(1)).length, MAX_MIRRORS)
})

test('people see neither passwords nor signatures, and can tell two mirrors apart', () => {
  assert.equal(shownUrl('https://ada:secret@example.org/a.iso'), 'https://example.org/a.iso')
  const [one, two] = ['https://h/a?sig=1', 'https://h/a?sig=2'].map(shownUrl)
  assert.match(one!, /^https:\/\/h\/a\?…[0-9a-f]{6}$/)
  assert.notEqual(one, two)
  const provider = mirrorProvider('http://ada:secret@h:81/d/?t=secret', 'x/y.bin', 5)!
  assert.equal(provider.mirror!.url, 'http://ada:secret@h:81/d/x/y.bin?t=secret')
  assert.doesNotMatch(JSON.stringify({ ...provider, mirror: undefined }), /secret/)
  assert.equal(provider.name, 'h:81')
})

test('a file of a folder lies below its URL, whatever its name', () => {
  assert.equal(urlBelow('https://h/d', 'a/b c.txt'), 'https://h/d/a/b%20c.txt')
  assert.equal(urlBelow('https://h', 'a?b#c%2e'), 'https://h/a%3Fb%23c%252e')
  for (const path of ['../a', 'a/../../b', './a', 'a//b', '', '/a'])
    assert.equal(urlBelow('https://h/d/', path), undefined, path)
  const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/^\.{1,2}$|\//.test(text))
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      const url = new URL(urlBelow('https://h/base/?q=1', names.join('/'))!)
      assert.equal(url.search, '?q=1')
      assert.ok(url.pathname.startsWith('/base/'))
      const found = url.pathname.slice('/base/'.length).split('/').map(decodeURIComponent)
      assert.deepEqual(
        found,
        names.map((each) => each.toWellFormed()),
      )
    }),
  )
})
