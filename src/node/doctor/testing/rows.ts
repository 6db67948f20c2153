import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DoctorCheck } from '../check.ts'
import type { FabricFacts, NodeFacts } from '../facts.ts'
import { nodeChecks } from '../node-checks.ts'

/** A node that lacks nothing. */
export const FINE: NodeFacts = {
  uptimeMs: 3_600_000,
  listen: { host: '0.0.0.0', isLoopback: false, grpcPort: 9081, p2pPorts: [4081, 4181] },
  settings: { upnp: true, mdns: true, dht: true },
  fabric: {
    reachability: { now: 'public', publicPeers: 3, hasInbound: true, isConfirmed: false },
    connected: 4,
    dht: { mode: 'server', contacts: 12 },
    upnp: { state: 'mapped', gateway: '192.0.2.1', mapped: ['203.0.113.7:9081', '203.0.113.7:4081'] },
    mdns: { enabled: true, heard: 2 },
    relay: { reservations: [], wanted: false },
  },
  membership: { role: 'member', neighbours: 3, zone: '011', zoneSize: 7, size: 56 },
  index: [{ label: 'index.test:9080', state: 'online' }],
  peers: { known: 20, connected: { direct: 2, tunnel: 1, relayed: 1 }, configured: [], unasked: 0 },
  addresses: { own: ['192.0.2.9'], observed: ['192.0.2.9'] },
  clocks: [{ from: 'anna', lowMs: -300, highMs: 700 }],
}

export const FRESH = { uptimeMs: 5000 }
export const LOOPBACK = { listen: { ...FINE.listen, host: '127.0.0.1', isLoopback: true } }
export const PRIVATE: Partial<FabricFacts> = { reachability: { now: 'private', publicPeers: 3 } }

export const fabric = (change: Partial<FabricFacts>) => ({ fabric: { ...FINE.fabric, ...change } })
/** Without a fact that a node may not tell. */
export const untold = (key: 'upnp' | 'mdns' | 'relay') => {
  const { [key]: _, ...rest } = FINE.fabric
  return { fabric: rest }
}

export const peers = (change: Partial<NodeFacts['peers']>) => ({ peers: { ...FINE.peers, ...change } })

/** What is the case, how it differs from {@link FINE}, and what the check then says; no `fix`: it says none. */
export type Row = [
  what: string,
  change: Partial<NodeFacts>,
  status: DoctorCheck['status'],
  detail: RegExp,
  fix?: RegExp,
]

/** A test for each row, of the check `id` among all of them. */
export function testRows(id: string, rows: readonly Row[]): void {
  for (const [what, change, status, detail, fix] of rows) {
    test(`${id}: ${what}`, () => {
      const check = nodeChecks({ ...FINE, ...change }).find((each) => each.id === id)
      assert.ok(check, `no check ${id}`)
      assert.equal(check.status, status, check.detail)
      assert.match(check.detail, detail)
      if (fix) assert.match(check.fix, fix)
      else assert.equal(check.fix, '')
    })
  }
}
