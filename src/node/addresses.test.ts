import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import type { Interfaces } from '../base/interfaces.ts'
import { announcedAddresses, localAddress } from './addresses.ts'

const info = (address: string, internal = false) =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo

const machine: Interfaces = {
  lo: [info('127.0.0.1', true), info('::1', true)],
  eth0: [info('fe80::1'), info('2001:db8::7'), info('192.0.2.7')],
}

test('a wildcard stands for what others can reach', () => {
  assert.deepEqual(announcedAddresses('0.0.0.0', 9081, machine), ['192.0.2.7:9081'])
  assert.deepEqual(announcedAddresses('::', 9081, machine), ['192.0.2.7:9081', '[2001:db8::7]:9081'])
  assert.deepEqual(announcedAddresses('::', 1, { lo: machine.lo }), ['127.0.0.1:1'])
})

test('a host that was given is the one that is told', () => {
  assert.deepEqual(announcedAddresses('127.0.0.1', 5, machine), ['127.0.0.1:5'])
  assert.deepEqual(announcedAddresses('2001:db8::7', 5, machine), ['[2001:db8::7]:5'])
  assert.equal(localAddress('0.0.0.0', 5), '127.0.0.1:5')
  assert.equal(localAddress('192.0.2.7', 5), '192.0.2.7:5')
})
