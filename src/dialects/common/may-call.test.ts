import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayCallFor } from './may-call.ts'

test('only addresses that called are called, and this machine for itself', () => {
  const calls = { mayCall: (host: string) => host === '127.0.0.1' || host === '10.0.0.5' }
  const cases: [host: string, caller: string, isFetched: boolean][] = [
    ['10.0.0.9', '10.0.0.9', true],
    ['10.0.0.5', '10.0.0.9', true],
    ['10.0.0.6', '10.0.0.9', false],
    ['127.0.0.1', '10.0.0.9', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.5', true],
    ['127.0.0.1', '::1', true],
    ['10.0.0.5', '127.0.0.1', true],
  ]
  for (const [host, caller, isFetched] of cases)
    assert.equal(mayCallFor(caller, host, calls), isFetched, `${host} said by ${caller}`)
})
