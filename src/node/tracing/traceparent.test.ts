import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseTraceparent } from './traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test('a traceparent names the span that asked', () => {
  const remote = { traceId: TRACE, spanId: SPAN, isRemote: true }
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-01`), { ...remote, traceFlags: 1 })
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-02`), { ...remote, traceFlags: 0 })
  assert.deepEqual(parseTraceparent(`cc-${TRACE}-${SPAN}-01-later`), { ...remote, traceFlags: 1 })
  for (const text of [
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
  ])
    assert.equal(parseTraceparent(text), undefined, text)
})

test('any text is a traceparent or none', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseTraceparent(text)))
})
