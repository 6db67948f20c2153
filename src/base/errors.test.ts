import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERRORS, isErrorCode, ShoalError, toShoalError } from './errors.ts'

test('every kind of error has a message and statuses in their ranges', () => {
  for (const [code, kind] of Object.entries(ERRORS)) {
    assert.match(code, /^[A-Z_]+$/)
    assert.ok(kind.message.endsWith('.') || kind.message.includes('shoal '), code)
    assert.ok(kind.http >= 400 && kind.http < 600, code)
    assert.ok(kind.grpc >= 1 && kind.grpc <= 16, code)
    assert.ok([1, 2, 3, 4].includes(kind.exit), code)
  }
})

test('what is not found exits 3, what takes too long 4', () => {
  assert.equal(new ShoalError('NOT_FOUND').kind.exit, 3)
  assert.equal(new ShoalError('NO_PROVIDERS').kind.exit, 3)
  assert.equal(new ShoalError('TIMED_OUT').kind.exit, 4)
})

test('isErrorCode takes no inherited names', () => {
  assert.equal(isErrorCode('BUSY'), true)
  for (const bad of ['toString', '__proto__', 'busy', '', 5, null, undefined])
    assert.equal(isErrorCode(bad), false)
})

test('system errors of files are told without codes and calls', () => {
  const told = (message: string) =>
    toShoalError(Object.assign(new Error(message), { code: 'ENOENT' })).message
  assert.equal(told("ENOENT: no such file or directory, open '/a, b'"), '/a, b: no such file or directory')
  assert.equal(told("EXDEV: cross-device link, rename '/a' -> '/b'"), '/a: cross-device link')
  assert.equal(told('connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1')
})

test('a full disk is told in words, whether the system names a path or not', () => {
  const told = (message: string) =>
    toShoalError(Object.assign(new Error(message), { code: 'ENOSPC' })).message
  assert.equal(told('ENOSPC: no space left on device, write'), ERRORS.NO_SPACE.message)
  assert.equal(told("ENOSPC: no space left on device, mkdir '/a'"), '/a: no space left on device')
})

test('toShoalError keeps a ShoalError and the cause of others', () => {
  const own = new ShoalError('BUSY')
  assert.equal(toShoalError(own), own)
  const cases: [unknown, string][] = [
    [Object.assign(new Error('x'), { code: 'ENOENT' }), 'NOT_FOUND'],
    [Object.assign(new Error('x'), { code: 'ENOSPC' }), 'NO_SPACE'],
    [Object.assign(new Error('x'), { code: 'ENAMETOOLONG' }), 'INVALID_ARGUMENT'],
    [new DOMException('x', 'AbortError'), 'CANCELLED'],
    [new DOMException('x', 'TimeoutError'), 'TIMED_OUT'],
    [new Error('x'), 'INTERNAL'],
    ['text', 'INTERNAL'],
  ]
  for (const [thrown, code] of cases) {
    const error = toShoalError(thrown)
    assert.equal(error.code, code)
    assert.equal(error.cause, thrown)
  }
})
