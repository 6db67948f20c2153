import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Admission, networkOf } from './admission.ts'

test('an IPv4 address counts alone, an IPv6 one with its /64', () => {
  const table: [address: string, network: string][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:DB8:1:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['', ''],
  ]
  for (const [address, network] of table) assert.equal(networkOf(address), network, address)
})

test('places are bounded in total and a network, and come back once', () => {
  const admission = new Admission({ maxConnections: 4, maxConnectionsPerAddress: 2 })
  const leave = admission.enter('10.0.0.1')!
  assert.ok(admission.enter('10.0.0.1'))
  assert.equal(admission.enter('10.0.0.1'), undefined)
  assert.ok(admission.enter(''))
  assert.ok(admission.enter(''))
  assert.equal(admission.enter('10.0.0.2'), undefined, 'full')
  leave()
  leave()
  assert.equal(admission.total, 3)
  assert.ok(admission.enter('10.0.0.1'))
})

test('whatever comes and goes, no bound is passed and all is given back', () => {
  const step = fc.record({ address: fc.constantFrom('a', 'b', '::1', ''), leave: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const admission = new Admission({ maxConnections: 7, maxConnectionsPerAddress: 3 })
      const inside: { address: string; leave: () => void }[] = []
      for (const { address, leave } of steps) {
        if (leave) inside.shift()?.leave()
        else {
          const left = admission.enter(address)
          const same = inside.filter((other) => other.address === address).length
          const room = inside.length < 7 && (address === '' || same < 3)
          assert.equal(left !== undefined, room)
          if (left) inside.push({ address, leave: left })
        }
        assert.equal(admission.total, inside.length)
      }
      for (const { leave } of inside) leave()
      assert.equal(admission.total, 0)
    }),
  )
})
