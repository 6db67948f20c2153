import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES, type PunchMessage, tcpAddress } from './message.ts'
import { isPunchable } from './ways.ts'

test('what is said is what is heard, and anything else is a ShoalError', () => {
  const address = fc.ipV4().map((ip) => ({ type: 'address' as const, address: `/ip4/${ip}/tcp/4081` }))
  const messages = fc.oneof(
    fc.constant({ type: 'ready' as const }),
    fc.constant({ type: 'go' as const }),
    address,
  )
  fc.assert(
    fc.property(messages, (message: PunchMessage) => {
      const line = Buffer.from(encodeMessage(message)).toString('utf8')
      assert.ok(line.length <= MAX_MESSAGE_BYTES && line.endsWith('\n'))
      assert.deepEqual(decodeMessage(line), message)
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      try {
        decodeMessage(line)
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.code === 'BAD_RESPONSE')
      }
    }),
  )
})

test('only plain TCP ports at IP addresses are such', () => {
  const id = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
  const read = (text: string) => String(tcpAddress(text)?.address)
  assert.equal(read('/ip4/45.9.0.1/tcp/4081'), '/ip4/45.9.0.1/tcp/4081')
  assert.equal(read(`/ip6/2a00::1/tcp/4081/p2p/${id}`), '/ip6/2a00::1/tcp/4081')
  for (const other of [
    '/ip4/45.9.0.1/tcp/4081/ws',
    '/ip4/45.9.0.1/udp/4081',
    '/ip4/45.9.0.1/tcp/0',
    '/dns4/example.org/tcp/4081',
    `/ip4/45.9.0.1/tcp/4081/p2p/${id}/p2p-circuit`,
    '/ip4/45.9.0.1',
    'no address',
    '',
  ])
    assert.equal(tcpAddress(other), undefined, other)
})

test('nobody has this node dial into a local network, or a well-known port', () => {
  const may = (text: string, family: 'ip4' | 'ip6' = 'ip4') => isPunchable(tcpAddress(text)!, family)
  assert.ok(may('/ip4/45.9.0.1/tcp/40123') && may('/ip6/2a00::1/tcp/40123', 'ip6'))
  for (const text of [
    '/ip4/127.0.0.1/tcp/40123',
    '/ip4/192.168.1.10/tcp/40123',
    '/ip4/100.64.0.1/tcp/40123',
    '/ip4/169.254.169.254/tcp/40123',
    '/ip4/224.0.0.1/tcp/40123',
    '/ip4/45.9.0.1/tcp/25',
    '/ip6/::1/tcp/40123',
    '/ip6/2a00::1/tcp/40123',
  ])
    assert.equal(may(text), false, text)
})
