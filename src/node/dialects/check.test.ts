import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../base/errors.ts'
import { parseDialects } from '../../dialects/spec.ts'
import { checkDialects, yieldPort } from './check.ts'

const CONFIG = {
  ...{ dialects: ['central:5000'], dialectHost: '127.0.0.1', dialectShares: [], dialectPeers: [] },
  ...{ httpPort: 8081, grpcPort: 9081, p2pPort: 4081, p2pWsPort: 4181 },
  discovery: ['index' as const, 'dht' as const],
}
const check = (changes: Partial<typeof CONFIG> | object, named: string[] = []) =>
  checkDialects({ ...CONFIG, ...changes }, (key) => !named.includes(key))

test('what a node is told of dialects goes together, or it is said what to do', () => {
  assert.equal(check({}).length, 1)
  assert.deepEqual(check({ dialects: [], dialectHost: 'nowhere' }), [])
  assert.equal(
    check({ dialectHost: 'localhost', dialectPeers: ['10.0.0.1', '[::1]:80', 'peer.example:5000'] }).length,
    1,
  )
  for (const [changes, what] of [
    [{ dialects: ['central'] }, /central:PORT/],
    [{ dialectHost: 'example.org' }, /Give an IP address/],
    [{ dialectShares: ['music'] }, /not an absolute path/],
    [{ dialectPeers: ['http://10.0.0.1'] }, /Give IP, IP:PORT or HOST/],
    [{ dialectPeers: ['a b'] }, /Give IP, IP:PORT or HOST/],
    [{ dialects: ['kv:7000'], discovery: ['index'] }, /Add dht to the setting discovery/],
  ] as const)
    assert.throws(
      () => check(changes),
      (error) => error instanceof ShoalError && error.code === 'INVALID_CONFIG' && what.test(error.message),
    )
})

test('a port of the node gives way when nobody named it', () => {
  const dialects = ['flood:8081', 'kv:9080']
  assert.equal(check({ dialects }).length, 2)
  assert.throws(() => check({ dialects }, ['httpPort']), /flood and the setting httpPort both want port 8081/)
  assert.throws(() => check({ dialects }, ['grpcPort']), /kv and the setting grpcPort both want port 9081/)
  const specs = parseDialects(dialects)
  assert.deepEqual(
    [8081, 9081, 9080, 5000].map((port) => yieldPort(port, specs)),
    [0, 0, 0, 5000],
  )
})
