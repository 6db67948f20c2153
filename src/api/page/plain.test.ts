import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { plainHeaders, plainPage, plainPolicy, rowHtml, tableHtml } from './plain.ts'

test('a plain page has what its policy lets it have, and its title as text', () => {
  const script = 'location.hash="x"'
  const html = plainPage({ title: '<b>', body: tableHtml([rowHtml(['a'], 'th'), rowHtml(['b'])]), script })
  assert.match(html, /<h1>&#60;b&#62;<\/h1>/)
  assert.match(html, /<tr><th>a<\/th><\/tr>\n<tr><td>b<\/td><\/tr>/)
  for (const [, tag, text] of html.matchAll(/<(script|style)>(.*?)<\/\1>/gs)) {
    const hash = createHash('sha256').update(text!).digest('base64')
    assert.ok(plainPolicy(script).includes(`${tag}-src 'sha256-${hash}'`), tag)
  }
  assert.doesNotMatch(plainPolicy(), /script-src|connect-src/)
  assert.equal(plainHeaders(script)['content-security-policy'], plainPolicy(script))
})
