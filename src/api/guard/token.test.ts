import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import { bearerCheck, loadToken } from './token.ts'

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'shoal-token-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const load = (dir: string) => loadToken(dir, { random: systemRandom, log: silentLogger })

test('a token is made once, for its owner only', (t) => {
  const dir = folder(t)
  const token = load(dir)
  const path = join(dir, 'api.token')
  assert.match(token, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(readFileSync(path, 'utf8').trim(), token)
  assert.equal(load(dir), token)
  assert.notEqual(load(folder(t)), token)
})

test('a token that others could read, or that is none, is replaced', (t) => {
  const dir = folder(t)
  const path = join(dir, 'api.token')
  const spoil: (() => void)[] = [
    () => chmodSync(path, 0o644),
    () => writeFileSync(path, ''),
    () => writeFileSync(path, 'short\n'),
    () => writeFileSync(path, 'x'.repeat(5000)),
    () => {
      const elsewhere = join(dir, 'elsewhere')
      writeFileSync(elsewhere, `${'a'.repeat(43)}\n`, { mode: 0o600 })
      rmSync(path)
      symlinkSync(elsewhere, path)
    },
  ]
  for (const act of spoil) {
    const before = load(dir)
    act()
    const after = load(dir)
    assert.notEqual(after, before)
    assert.notEqual(after, 'a'.repeat(43))
    assert.ok(statSync(path).isFile())
    assert.equal(statSync(path).mode & 0o777, 0o600)
  }
})

test('the bearer check takes the token and nothing like it', () => {
  const check = bearerCheck('abc')
  for (const header of ['Bearer abc', 'bearer abc', 'BEARER  abc ']) assert.equal(check(header), true, header)
  for (const header of [
    undefined,
    '',
    'abc',
    'Bearer',
    'Bearer ',
    'Bearer ab',
    'Bearer abcd',
    'Bearer ABC',
    'Basic abc',
    'Bearer abc, Bearer x',
    'Bearer x abc',
  ])
    assert.equal(check(header), false, header)
})
