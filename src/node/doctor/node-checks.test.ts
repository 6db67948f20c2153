import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DoctorCheck } from './check.ts'
import type { FabricFacts, NodeFacts } from './facts.ts'
import { nodeChecks } from './node-checks.ts'

/** A node that lacks nothing. */
const FINE: NodeFacts = {
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

const FRESH = { uptimeMs: 5000 }
const LOOPBACK = { listen: { ...FINE.listen, host: '127.0.0.1', isLoopback: true } }
const PRIVATE: Partial<FabricFacts> = { reachability: { now: 'private', publicPeers: 3 } }

const fabric = (change: Partial<FabricFacts>) => ({ fabric: { ...FINE.fabric, ...change } })
/** Without a fact that a node may not tell. */
const untold = (key: 'upnp' | 'mdns' | 'relay') => {
  const { [key]: _, ...rest } = FINE.fabric
  return { fabric: rest }
}
const peers = (change: Partial<NodeFacts['peers']>) => ({ peers: { ...FINE.peers, ...change } })
const NOBODY = { direct: 0, tunnel: 0, relayed: 0 }
const silent = { address: '127.0.0.1:2', problem: 'connection refused' }
const there = { address: '127.0.0.1:3', problem: undefined }

function checkOf(id: string, change: Partial<NodeFacts>): DoctorCheck {
  const found = nodeChecks({ ...FINE, ...change }).find((check) => check.id === id)
  assert.ok(found, `no check ${id}`)
  return found
}

type Row = [
  what: string,
  id: string,
  change: Partial<NodeFacts>,
  status: DoctorCheck['status'],
  detail: RegExp,
  fix?: RegExp,
]

const TABLE: Row[] = [
  [
    'another peer came in',
    'reachability',
    {},
    'ok',
    /outside has connected by itself.*gRPC port 9081 can be/,
  ],
  [
    'AutoNAT says so',
    'reachability',
    fabric({ reachability: { now: 'public', isConfirmed: true } }),
    'ok',
    /AutoNAT/,
  ],
  ['no zones', 'reachability', { membership: undefined }, 'ok', /by itself\.$/],
  [
    'gRPC closed',
    'reachability',
    { membership: { ...FINE.membership!, role: 'leaf' } },
    'warn',
    /gRPC port 9081 cannot be reached.*tunnel/,
    /Open TCP port 9081/,
  ],
  ['LAN only', 'reachability', fabric({ reachability: { now: 'local' } }), 'ok', /no peer outside the local/],
  [
    'behind NAT',
    'reachability',
    fabric(PRIVATE),
    'warn',
    /Talks with 3 outside.*help of relays/,
    /9081, 4081, 4181/,
  ],
  [
    'behind NAT, alone',
    'reachability',
    fabric({ reachability: { now: 'private' } }),
    'warn',
    /Nobody outside/,
    /UPnP/,
  ],
  [
    'undecided',
    'reachability',
    fabric({ reachability: { now: 'unknown' } }),
    'skipped',
    /Not decided/,
    /shoal doctor/,
  ],
  ['loopback', 'reachability', LOOPBACK, 'warn', /127\.0\.0\.1 only/, /shoal config set grpcHost 0\.0\.0\.0/],

  ['own address', 'nat', {}, 'ok', /None: others see this node at 192\.0\.2\.9/],
  ['nobody told', 'nat', { addresses: { own: ['192.0.2.9'], observed: [] } }, 'skipped', /Nobody elsewhere/],
  [
    'told on loopback',
    'nat',
    { addresses: { own: [], observed: ['127.0.0.1', '::1'] } },
    'skipped',
    /Nobody else/,
  ],
  [
    'NAT that lets in',
    'nat',
    { addresses: { own: ['10.0.0.2'], observed: ['203.0.113.7'] } },
    'ok',
    /203\.0\.113\.7.*lets others in/,
  ],
  [
    'NAT',
    'nat',
    { addresses: { own: ['10.0.0.2'], observed: ['203.0.113.7'] }, ...fabric(PRIVATE) },
    'warn',
    /behind a NAT/,
    /forward the TCP ports 9081, 4081, 4181/,
  ],
  [
    'IPv6 in its forms',
    'nat',
    {
      addresses: { own: ['FE80::1%eth0', '2001:db8::9'], observed: ['[2001:DB8::9]', '::ffff:203.0.113.7'] },
    },
    'ok',
    /203\.0\.113\.7, which is no address/,
  ],
  ['loopback', 'nat', LOOPBACK, 'skipped', /loopback address 127\.0\.0\.1/],

  ['mapped', 'upnp', {}, 'ok', /router at 192\.0\.2\.1 forwards 203\.0\.113\.7:9081, 203/],
  ['loopback', 'upnp', LOOPBACK, 'skipped', /Not tried.*loopback/],
  ['switched off', 'upnp', { settings: { ...FINE.settings, upnp: false } }, 'skipped', /Switched off/],
  [
    'switched off and needed',
    'upnp',
    { settings: { ...FINE.settings, upnp: false }, ...fabric(PRIVATE) },
    'warn',
    /Switched off/,
    /shoal config set upnp true/,
  ],
  ['not told', 'upnp', untold('upnp'), 'skipped', /does not tell/],
  ['off', 'upnp', fabric({ upnp: { state: 'off', mapped: [] } }), 'skipped', /Switched off/],
  [
    'searching',
    'upnp',
    fabric({ upnp: { state: 'searching', mapped: [] } }),
    'skipped',
    /Still looks/,
    /shoal doctor/,
  ],
  ['none, none needed', 'upnp', fabric({ upnp: { state: 'none', mapped: [] } }), 'ok', /none is needed/],
  [
    'none',
    'upnp',
    fabric({ ...PRIVATE, upnp: { state: 'none', mapped: [] } }),
    'warn',
    /No router/,
    /forward the TCP/,
  ],
  [
    'refused',
    'upnp',
    fabric({ ...PRIVATE, upnp: { state: 'failed', mapped: [], error: 'not authorized' } }),
    'warn',
    /does not forward the ports: not authorized/,
    /forward the TCP/,
  ],
  [
    'refused, not needed',
    'upnp',
    fabric({ upnp: { state: 'failed', mapped: [], gateway: 'r' } }),
    'ok',
    /router at r does not.*not needed/,
  ],

  ['none needed', 'relay', {}, 'ok', /Needs none/],
  ['not told', 'relay', untold('relay'), 'skipped', /does not tell/],
  [
    'has one',
    'relay',
    fabric({ relay: { reservations: ['relayA'], wanted: true } }),
    'ok',
    /through 1 relay: relayA/,
  ],
  [
    'has none',
    'relay',
    fabric({ relay: { reservations: [], wanted: true, notice: 'The relay r refused.' } }),
    'broken',
    /no relay\. The relay r refused\.$/,
    /shoal config set index/,
  ],
  [
    'has none yet',
    'relay',
    { ...FRESH, ...fabric({ relay: { reservations: [], wanted: true } }) },
    'skipped',
    /Still asks/,
    /shoal doctor/,
  ],
  [
    'is one',
    'relay',
    fabric({
      relay: {
        ...{ reservations: [], wanted: false },
        serving: { reservations: 3, slots: 128, connections: 1, bytesToday: 1024, bytesPerDay: 4096 },
      },
    }),
    'ok',
    /3 of 128 places taken, 1 connection, 1\.00 KiB of 4\.00 KiB in the last 24 h\.$/,
  ],
  [
    'is a full one',
    'relay',
    fabric({
      relay: {
        ...{ reservations: [], wanted: false },
        serving: { reservations: 128, slots: 128, connections: 1, bytesToday: 1, bytesPerDay: 2 },
      },
    }),
    'warn',
    /All its places are taken/,
    /until there is room/,
  ],
  [
    'is one that has given all',
    'relay',
    fabric({
      relay: {
        ...{ reservations: [], wanted: false },
        serving: { reservations: 0, slots: 128, connections: 0, bytesToday: 2, bytesPerDay: 2 },
      },
    }),
    'warn',
    /a day is used up/,
    /until there is room/,
  ],

  ['server', 'dht', {}, 'ok', /Server mode with 12 contacts/],
  [
    'switched off',
    'dht',
    { settings: { ...FINE.settings, dht: false } },
    'skipped',
    /not in the setting discovery/,
  ],
  [
    'client',
    'dht',
    fabric({ dht: { mode: 'client', contacts: 1 } }),
    'warn',
    /Client mode with 1 contact:.*cannot keep records/,
    /4081 and 4181/,
  ],
  [
    'empty among peers',
    'dht',
    fabric({ dht: { mode: 'server', contacts: 0 } }),
    'broken',
    /No contacts, though 4 peers are connected/,
    /shoal start --peer \/ip4/,
  ],
  [
    'just started',
    'dht',
    { ...FRESH, ...fabric({ dht: { mode: 'server', contacts: 0 } }) },
    'skipped',
    /yet/,
    /again/,
  ],
  [
    'alone',
    'dht',
    fabric({ dht: { mode: 'server', contacts: 0 }, connected: 0 }),
    'skipped',
    /no peer is connected/,
  ],

  ['heard', 'mdns', {}, 'ok', /Heard 2 peers/],
  ['loopback', 'mdns', LOOPBACK, 'skipped', /Not tried/],
  [
    'switched off',
    'mdns',
    { settings: { ...FINE.settings, mdns: false } },
    'skipped',
    /Switched off/,
    /mdns true/,
  ],
  ['off', 'mdns', fabric({ mdns: { enabled: false, heard: 0 } }), 'skipped', /Switched off/, /mdns true/],
  ['not told', 'mdns', untold('mdns'), 'skipped', /does not tell/],
  [
    'nobody',
    'mdns',
    fabric({ mdns: { enabled: true, heard: 0 } }),
    'warn',
    /Heard nobody/,
    /UDP port 5353.*isolation/,
  ],
  [
    'nobody yet',
    'mdns',
    { ...FRESH, ...fabric({ mdns: { enabled: true, heard: 0 } }) },
    'skipped',
    /nobody yet/,
    /shoal doctor/,
  ],

  ['online', 'index', {}, 'ok', /^Online\.$/],
  ['none', 'index', { index: [] }, 'skipped', /none is needed/],
  [
    'online elsewhere, pinned',
    'index',
    { index: [{ label: 'a:1', state: 'online', pin: 'X', address: 'b:2' }] },
    'ok',
    /^Online at b:2, with the pinned identity\.$/,
  ],
  [
    'connecting',
    'index',
    { index: [{ label: 'a:1', state: 'connecting' }] },
    'skipped',
    /Still connects/,
    /again/,
  ],
  [
    'unused',
    'index',
    { index: [{ label: 'a:1', state: 'unused' }] },
    'skipped',
    /Nobody asks it/,
    /set discovery/,
  ],
  [
    'refused',
    'index',
    { index: [{ label: 'a:1', state: 'failed', problem: 'connection refused' }] },
    'broken',
    /^Unreachable: connection refused\.$/,
    /shoal config set index/,
  ],
  [
    'failed for no known reason, pinned',
    'index',
    { index: [{ label: 'a:1', state: 'failed', pin: 'X' }] },
    'broken',
    /tried again\.$/,
    /put X@HOST:PORT/,
  ],
  [
    'somebody else',
    'index',
    { index: [{ label: 'a:1', state: 'wrong-identity', pin: 'X', expected: 'X', answered: 'Y' }] },
    'broken',
    /Wrong identity: Y answers there, not X/,
    /Y@a:1.*shoal config set index/,
  ],
  [
    'clock ahead',
    'index',
    { index: [{ label: 'a:1', state: 'online', clock: { from: 'a:1', lowMs: 300_000, highMs: 301_000 } }] },
    'warn',
    /5 min 0 s or more ahead of this one/,
    /timedatectl/,
  ],
  [
    'clock behind',
    'index',
    { index: [{ label: 'a:1', state: 'online', clock: { from: 'a:1', lowMs: -301_000, highMs: -300_000 } }] },
    'warn',
    /behind this one/,
    /check clock/,
  ],

  [
    'connected',
    'peers',
    {},
    'ok',
    /^4 peers connected \(2 directly, 1 through a tunnel, 1 through a relay\)\.$/,
  ],
  [
    'nobody, on an index',
    'peers',
    peers({ connected: NOBODY }),
    'ok',
    /No peer.*20 peers known.*index server/,
  ],
  [
    'nobody',
    'peers',
    { ...peers({ connected: NOBODY, known: 0 }), index: [] },
    'warn',
    /^No peer is connected\.$/,
    /--peer/,
  ],
  [
    'one configured peer is silent',
    'peers',
    peers({ configured: [silent, there] }),
    'warn',
    /127\.0\.0\.1:2 \(conn/,
    /--peer/,
  ],
  [
    'one silent, nobody else',
    'peers',
    peers({ configured: [silent, there], connected: NOBODY }),
    'warn',
    /127\.0\.0\.1:2/,
    /config set peers/,
  ],
  [
    'all configured peers are silent',
    'peers',
    peers({ configured: [silent], connected: NOBODY }),
    'broken',
    /no answer from 127\.0\.0\.1:2 \(connection refused\)/,
    /config set peers/,
  ],

  ['many configured', 'peers', peers({ unasked: 2 }), 'ok', /2 configured peers were not asked\.$/],

  ['in', 'membership', {}, 'ok', /^3 neighbours, zone 011 with 7 peers, about 56 peers in all\.$/],
  [
    'in a small one',
    'membership',
    { membership: { ...FINE.membership!, zone: '', neighbours: 1 } },
    'ok',
    /^1 n.*one zone/,
  ],
  ['a leaf', 'membership', { membership: { ...FINE.membership!, role: 'leaf' } }, 'ok', /A leaf/],
  ['no part', 'membership', { membership: undefined }, 'skipped', /no part/, /shoal config set discovery/],
  [
    'alone',
    'membership',
    { membership: { ...FINE.membership!, neighbours: 0 }, ...peers({ known: 0 }) },
    'skipped',
    /Alone/,
  ],
  [
    'no neighbours',
    'membership',
    { membership: { ...FINE.membership!, neighbours: 0 } },
    'warn',
    /though 20 peers are known/,
    /--peer/,
  ],
  [
    'no neighbours yet',
    'membership',
    { ...FRESH, membership: { ...FINE.membership!, neighbours: 0 } },
    'skipped',
    /Still joins/,
    /again/,
  ],
]

for (const [what, id, change, status, detail, fix] of TABLE) {
  test(`${id}: ${what}`, () => {
    const check = checkOf(id, change)
    assert.equal(check.status, status, check.detail)
    assert.match(check.detail, detail)
    if (fix) assert.match(check.fix, fix)
    else assert.equal(check.fix, '')
  })
}

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
