import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Gateway, UPnPNAT } from '@achingbrain/nat-port-mapper'
import { ManualClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { Gateways } from './gateways.ts'

function router(externalHost: string, refuse: readonly number[] = []): UPnPNAT {
  const gateway = {
    id: 'r',
    host: '192.168.1.1',
    port: 1900,
    family: 'IPv4',
    async map(internalPort: number, internalHost: string) {
      if (refuse.includes(internalPort)) throw new Error('718 ConflictInMappingEntry')
      return { internalPort, internalHost, externalHost, externalPort: internalPort + 1, protocol: 'TCP' }
    },
    stop: async () => {},
  } as unknown as Gateway
  return {
    async *findGateways() {
      yield gateway
    },
    getGateway: async () => gateway,
  }
}

function setUp(client: UPnPNAT) {
  const clock = new ManualClock()
  return { clock, gateways: new Gateways({ client, ports: () => [9081], clock, log: silentLogger }) }
}

const first = async (gateways: Gateways) => (await Array.fromAsync(gateways.findGateways()))[0]!

test('with each port of libp2p the other ports are forwarded to the same host, once', async () => {
  const { gateways } = setUp(router('45.9.0.7'))
  assert.equal(gateways.state.state, 'searching')
  const gateway = await first(gateways)
  const mapping = await gateway.map(4081, '192.168.1.10')
  await gateway.map(4181, '192.168.1.10')
  assert.equal(mapping.externalPort, 4082)
  assert.deepEqual(gateways.forwarded(9081), ['45.9.0.7:9082'])
  const { state, mapped, gateway: host } = gateways.state
  assert.deepEqual([state, host], ['mapped', '192.168.1.1'])
  assert.deepEqual([...mapped].sort(), ['45.9.0.7:4082', '45.9.0.7:4182', '45.9.0.7:9082'])
})

test('nobody answers: searching at first, then none', async () => {
  const { gateways, clock } = setUp({
    async *findGateways() {},
    getGateway: () => Promise.reject(new Error()),
  })
  await Array.fromAsync(gateways.findGateways())
  assert.equal(gateways.state.state, 'searching')
  await clock.advance(15_000)
  assert.equal(gateways.state.state, 'none')
})

test('a router behind a NAT, or one that refuses, is told of with its reason', async () => {
  const inner = setUp(router('10.0.0.2'))
  await (await first(inner.gateways)).map(4081, '192.168.1.10')
  assert.deepEqual([inner.gateways.state.state, inner.gateways.forwarded(9081)], ['failed', []])
  assert.match(inner.gateways.state.error ?? '', /10\.0\.0\.2/)
  const refusing = setUp(router('45.9.0.7', [4081, 9081]))
  const gateway = await first(refusing.gateways)
  await assert.rejects(gateway.map(4081, '192.168.1.10'))
  assert.match(refusing.gateways.state.error ?? '', /4081.*718/)
  // The other port alone being refused does not hurt the one that was asked for.
  const half = setUp(router('45.9.0.7', [9081]))
  await (await first(half.gateways)).map(4081, '192.168.1.10')
  assert.equal(half.gateways.state.state, 'mapped')
  assert.deepEqual(half.gateways.forwarded(9081), [])
})
