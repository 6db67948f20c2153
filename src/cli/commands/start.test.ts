import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeFlags } from './start.ts'

test('only what was given becomes a setting, paths absolute by the folder of the caller', () => {
  assert.deepEqual(nodeFlags({ mdns: true, json: true, data: '/d' }, '/home/me'), {})
  const given = {
    name: 'box',
    share: ['music', '/abs'],
    downloads: 'in',
    httpPort: 0,
    grpcPort: 9,
    grpcHost: '127.0.0.1',
    p2pPort: 0,
    index: ['a:1'],
    peer: ['b:2'],
    discovery: ['index'],
    mdns: false,
    logLevel: 'warn',
    uploadLimit: 5000,
    downloadLimit: 0,
  }
  assert.deepEqual(nodeFlags(given, '/home/me'), {
    name: 'box',
    shares: ['/home/me/music', '/abs'],
    downloads: '/home/me/in',
    httpPort: 0,
    grpcPort: 9,
    grpcHost: '127.0.0.1',
    p2pPort: 0,
    index: ['a:1'],
    peers: ['b:2'],
    discovery: ['index'],
    mdns: false,
    logLevel: 'warn',
    uploadLimit: 5000,
    downloadLimit: 0,
  })
})
