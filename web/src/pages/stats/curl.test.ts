import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { curlOf, shellWord } from './curl.ts'

test('the command for what needs the token', () => {
  assert.equal(
    curlOf('http://127.0.0.1:8081', '/api/v1/stats/searches', "/home/o'neil/shoal"),
    `curl -H "Authorization: Bearer $(cat '/home/o'\\''neil/shoal/api.token')" 'http://127.0.0.1:8081/api/v1/stats/searches'`,
  )
})

test('a shell takes a word as it is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("'", '"', '$', '\\', ' ', '\n', 'a', '`') })),
      (words) => {
        const out = execFileSync('sh', ['-c', `printf '%s\\0' end ${words.map(shellWord).join(' ')}`], {
          encoding: 'utf8',
        })
        assert.deepEqual(out.split('\0').slice(1, -1), words)
      },
    ),
    { numRuns: 20 },
  )
})
