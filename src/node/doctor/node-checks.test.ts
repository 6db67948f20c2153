import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeChecks } from './node-checks.ts'
import { FINE } from './testing/rows.ts'

test('a node that lacks nothing is in order in everything, and each check comes once', () => {
  const checks = nodeChecks(FINE)
  assert.deepEqual(
    checks.filter(({ status }) => status !== 'ok'),
    [],
  )
  assert.deepEqual(
    checks.map(({ id }) => id),
    ['reachability', 'nat', 'upnp', 'relay', 'dht', 'mdns', 'index', 'peers', 'membership', 'clock'],
  )
})

test('each index server has its own line', () => {
  const index = [
    { label: 'a:1', state: 'online' },
    { label: 'b:2', state: 'connecting' },
  ] as const
  const lines = nodeChecks({ ...FINE, index }).filter(({ id }) => id === 'index')
  assert.deepEqual(
    lines.map(({ title, status }) => [title, status]),
    [
      ['Index server a:1', 'ok'],
      ['Index server b:2', 'skipped'],
    ],
  )
})
