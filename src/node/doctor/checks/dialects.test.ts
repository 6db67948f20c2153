import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialectChecks } from './dialects.ts'

test('dialects that others can reach are told of', () => {
  assert.deepEqual(dialectChecks({}), [])
  assert.deepEqual(dialectChecks({ dialects: { host: '127.0.0.1', isLoopback: true, names: [] } }), [])
  const [inside] = dialectChecks({ dialects: { host: '127.0.0.1', isLoopback: true, names: ['kv'] } })
  assert.equal(inside?.status, 'ok')
  const names = ['central', 'flood']
  const [outside] = dialectChecks({ dialects: { host: '0.0.0.0', isLoopback: false, names } })
  assert.equal(outside?.status, 'warn')
  assert.match(outside.detail, /^2 dialects \(central, flood\) on 0\.0\.0\.0/)
  assert.match(outside.fix, /dialectHost 127\.0\.0\.1/)
})
