import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metadata } from '@grpc/grpc-js'
import fc from 'fast-check'
import { ERRORS, type ErrorCode, ShoalError } from '../base/errors.ts'
import { CODE_HEADER, errorOf, statusOf } from './status.ts'

test('a ShoalError is the same on the other side', () => {
  const codes = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]))
  fc.assert(
    fc.property(codes, fc.string({ minLength: 1, maxLength: 500, unit: 'grapheme' }), (code, message) => {
      const status = statusOf(new ShoalError(code, message))
      assert.equal(status.code, ERRORS[code].grpc)
      const back = errorOf(status)
      assert.equal(back.code, code)
      assert.equal(back.message, message.slice(0, 1024))
    }),
  )
})

test('messages always fit a header: cut, and without half characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (message) => {
      const { details } = statusOf(new ShoalError('IO', message))
      assert.ok(details.length <= 1024)
      encodeURI(details)
    }),
  )
  assert.doesNotThrow(() => encodeURI(statusOf(new ShoalError('IO', 'x\ud800')).details))
})

test('only ShoalErrors and aborts are told', () => {
  assert.equal(errorOf(statusOf(new Error('secret'))).code, 'INTERNAL')
  assert.doesNotMatch(statusOf(new Error('secret')).details, /secret/)
  assert.doesNotMatch(statusOf('secret').details, /secret/)
  assert.equal(errorOf(statusOf(new DOMException('x', 'AbortError'))).code, 'CANCELLED')
  assert.equal(errorOf(statusOf(new DOMException('x', 'TimeoutError'))).code, 'TIMED_OUT')
})

test('a status of another server is translated, and a code that is none is not believed', () => {
  const table: [grpc: number, code: ErrorCode, details?: string][] = [
    [1, 'CANCELLED'],
    [2, 'BAD_RESPONSE'],
    [3, 'INVALID_ARGUMENT'],
    [4, 'TIMED_OUT'],
    [5, 'NOT_FOUND'],
    [7, 'PERMISSION_DENIED'],
    [8, 'BUSY'],
    [8, 'TOO_LARGE', 'Received message larger than max (5 vs 4)'],
    [9, 'CONFLICT'],
    [12, 'NOT_IMPLEMENTED'],
    [13, 'BAD_RESPONSE'],
    [14, 'UNAVAILABLE'],
    [16, 'UNAUTHENTICATED'],
    [99, 'BAD_RESPONSE'],
  ]
  for (const [code, expected, details = ''] of table) {
    const metadata = new Metadata()
    assert.equal(errorOf({ code, details, metadata }).code, expected)
    metadata.set(CODE_HEADER, 'NO_SUCH_CODE')
    assert.equal(errorOf({ code, details, metadata }).code, expected)
  }
})
