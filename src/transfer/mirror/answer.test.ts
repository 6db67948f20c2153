import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { MIB } from '../../base/units.ts'
import { SourceFault } from '../source-fault.ts'
import { type AskedFor, sizeFromAnswer } from './answer.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
const part: AskedFor = { range: { start: 10, end: 19 }, sizeBytes: 100, isProbe: false, nowMs: NOW }
const probe: AskedFor = { range: { start: 0, end: 0 }, sizeBytes: undefined, isProbe: true, nowMs: NOW }
const whole: AskedFor = { range: { start: 0, end: 99 }, sizeBytes: 100, isProbe: false, nowMs: NOW }
const range = (text: string, more: IncomingHttpHeaders = {}) => ({ 'content-range': text, ...more })

test('answers that are taken', () => {
  const taken: [number, IncomingHttpHeaders, AskedFor, number][] = [
    [206, range('bytes 10-19/100', { 'content-length': '10' }), part, 100],
    [206, range('bytes 10-19/*'), part, 100],
    [206, range('BYTES 10-19/100', { 'content-encoding': 'identity' }), part, 100],
    [206, range('bytes 0-0/77'), probe, 77],
    [200, { 'content-length': '100' }, whole, 100],
    [200, {}, whole, 100],
    [200, { 'content-length': String(MIB) }, probe, MIB],
  ]
  for (const [status, headers, asked, size] of taken)
    assert.equal(sizeFromAnswer({ status, headers }, asked), size, JSON.stringify(headers))
})

test('answers that will not get better end it for this download, with the reason', () => {
  const wrong: [number, IncomingHttpHeaders, AskedFor, RegExp][] = [
    [206, range('bytes 10-18/100'), part, /other bytes/],
    [206, range('bytes 0-9/100'), part, /other bytes/],
    [206, {}, part, /other bytes/],
    [206, range('bytes 10-19/101'), part, /101 bytes instead of 100/],
    [206, range('bytes 10-19/100', { 'content-length': '11' }), part, /another number/],
    [206, range('bytes 10-19/100', { 'content-encoding': 'gzip' }), part, /gzip/],
    [206, range('bytes 0-0/*'), probe, /does not tell the size/],
    [206, range(`bytes 0-0/${MIB + 1}`), probe, /more than this one can have/],
    [200, { 'content-length': '100' }, part, /ranges/],
    [200, { 'content-length': String(3 * MIB) }, { ...probe, sizeBytes: 3 * MIB }, /ranges/],
    [200, { 'content-length': '99' }, whole, /99 bytes instead of 100/],
    [200, {}, probe, /does not tell/],
    [404, {}, part, /404: it does not have the file/],
    [403, {}, part, /403/],
    [410, {}, part, /410/],
    [401, {}, part, /401: it wants a user/],
    [416, {}, part, /shorter/],
    [302, {}, part, /302/],
    [204, {}, part, /204/],
  ]
  for (const [status, headers, asked, message] of wrong)
    assert.throws(
      () => sizeFromAnswer({ status, headers }, asked),
      (error) => {
        assert.ok(error instanceof SourceFault)
        assert.match(error.message, message)
        return true
      },
    )
})

test('a mirror says when to come back, in seconds or as a date', () => {
  const cases: [string | undefined, number | undefined][] = [
    ['3', 3000],
    ['0', 0],
    ['999999999', 3600_000],
    [new Date(NOW + 5000).toUTCString(), 5000],
    [new Date(NOW - 5000).toUTCString(), 0],
    ['soon', undefined],
    [undefined, undefined],
  ]
  for (const status of [429, 503])
    for (const [text, retryAfterMs] of cases)
      assert.throws(
        () => sizeFromAnswer({ status, headers: text === undefined ? {} : { 'retry-after': text } }, part),
        (error) => {
          assert.ok(error instanceof ShoalError)
          assert.deepEqual([error.code, error.details?.retryAfterMs], ['BUSY', retryAfterMs])
          return true
        },
      )
  assert.throws(() => sizeFromAnswer({ status: 500, headers: {} }, part), { code: 'UNAVAILABLE' })
})

test('whatever headers say, an answer is taken for exactly the bytes that were asked for', () => {
  const number = fc.oneof(fc.nat(200).map(String), fc.constantFrom('', '-1', '*', '1e1', '0x1', ' 1'))
  fc.assert(
    fc.property(number, number, number, fc.option(number), (from, to, total, length) => {
      const headers = range(
        `bytes ${from}-${to}/${total}`,
        length === null ? {} : { 'content-length': length },
      )
      try {
        sizeFromAnswer({ status: 206, headers }, part)
      } catch (error) {
        assert.ok(error instanceof SourceFault)
        return
      }
      assert.deepEqual([Number(from), Number(to)], [10, 19])
      assert.ok(['100', '*'].includes(total))
    }),
  )
})
