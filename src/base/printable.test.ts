import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printable, printableJson } from './printable.ts'

test('what a terminal could act upon becomes visible', () => {
  const cases: [string, string][] = [
    ['Été 数据 (final).bin', 'Été 数据 (final).bin'],
    ['a\nb\tc', 'a␊b␉c'],
    ['\u001b[2J\u001b]0;title\u0007', '␛[2J␛]0;title␇'],
    ['\u009b31m', '\\u{9b}31m'],
    ['annexe\u202etxt.exe', 'annexe\\u{202e}txt.exe'],
    ['a\u2066b\u2069\u200e', 'a\\u{2066}b\\u{2069}\\u{200e}'],
    ['one\u2028two', 'one\\u{2028}two'],
    ['\u007f', '␡'],
    ['invisible\u200b\ufeff', 'invisible\\u{200b}\\u{feff}'],
    ['half a pair \ud800', 'half a pair \\u{d800}'],
    ['👩\u200d🚀', '👩\u200d🚀'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
  ]
  for (const [text, expected] of cases) assert.equal(printable(text), expected)
})

const nasty = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom('\u202e', '\u2066', '\u2069', '\u061c', '\u2029', '\ufeff', '\ud800', '\u{e0041}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
})

test('no text leaves a control or bidi character, and a second pass changes nothing', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const shown = printable(text)
      assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u)
      assert.equal(printable(shown), shown)
    }),
  )
})

test('text of letters, marks, digits, punctuation and symbols stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text))
      assert.equal(printable(text), text)
    }),
  )
})

test('JSON made printable means the same', () => {
  assert.equal(
    printableJson('{"a":"\u009b31m\u202e\u007f\u2028é\u{e0041}"}\n'),
    '{"a":"\\u009b31m\\u202e\\u007f\\u2028é\\udb40\\udc41"}\n',
  )
  fc.assert(
    fc.property(nasty, (text) => {
      const json = printableJson(JSON.stringify({ text, [text]: [text] }))
      assert.doesNotMatch(json, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u)
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify({ text, [text]: [text] })))
    }),
  )
})
