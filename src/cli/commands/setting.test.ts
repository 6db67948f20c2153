import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSetting } from './setting.ts'

test('text becomes what the type of the setting asks for', () => {
  const cases: [string | undefined, string, unknown][] = [
    ['string', '123', '123'],
    ['integer', '123', 123],
    ['integer', 'many', 'many'],
    ['integer', '', ''],
    ['boolean', 'on', true],
    ['boolean', 'FALSE', false],
    ['boolean', 'maybe', 'maybe'],
    ['array', 'a:1, b:2', ['a:1', 'b:2']],
    ['array', '["with, comma"]', ['with, comma']],
    ['array', '', []],
    ['array', '[broken', '[broken'],
    ['string', 'null', null],
    [undefined, 'info', 'info'],
  ]
  for (const [type, text, expected] of cases) {
    assert.deepEqual(
      parseSetting(type === undefined ? undefined : { type }, text),
      expected,
      `${type} ${text}`,
    )
  }
  assert.equal(parseSetting({ type: 'integer', unit: 'bytesPerSecond' }, '5MiB/s'), 5 * 1024 * 1024)
  assert.equal(parseSetting({ type: 'integer', unit: 'bytesPerSecond' }, 'fast'), 'fast')
})
