import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DoctorCheck } from '../check.ts'
import { configCheck } from './config.ts'
import { dataFolderCheck, type FolderFacts } from './data-folder.ts'
import { type DiskFacts, diskCheck } from './disk.ts'
import { fdLimitCheck, limitOf } from './fd-limit.ts'
import { identityCheck } from './identity.ts'
import { networkCheck } from './network.ts'
import { nodeVersionCheck } from './node-version.ts'
import { listeningInodes } from './port-owner.ts'
import { type PortFacts, portsCheck } from './ports.ts'
import { sharesCheck } from './shares.ts'

const GIB = 1024 ** 3
const folder = (change: Partial<FolderFacts>) =>
  dataFolderCheck({
    ...{ path: '/d', uid: 1000, state: 'there', rights: { mode: 0o40700, uid: 1000 }, secrets: [] },
    ...change,
  })
const secret = (mode: number, uid = 1000) => ({ path: "/d/it's.key", mode: 0o100000 | mode, uid })
const disk = (freeBytes: number, more: Partial<DiskFacts> = {}): DiskFacts => ({
  ...{ what: 'data', path: '/d', freeBytes, device: 1 },
  ...more,
})
const port = (change: Partial<PortFacts>) =>
  portsCheck(
    [
      {
        ...{ setting: 'httpPort', what: 'HTTP', hostSetting: 'httpHost', host: '127.0.0.1' },
        ...{ wanted: 8081, isDefault: false, state: 'free' },
        ...change,
      },
      {
        ...{ setting: 'grpcPort', what: 'gRPC', hostSetting: 'grpcHost', host: '0.0.0.0' },
        ...{ wanted: 9081, isDefault: true, state: 'free' },
      },
    ],
    '/c.json',
  )
const identity = { path: '/d/identity.key', peerId: 'me' }

const TABLE: [what: string, check: DoctorCheck, status: string, detail: RegExp, fix?: RegExp][] = [
  ['config', configCheck({ path: '/c.json', exists: true, problem: undefined }), 'ok', /valid/],
  ['no config', configCheck({ path: '/c.json', exists: false, problem: undefined }), 'ok', /defaults hold/],
  [
    'bad config',
    configCheck({ path: '/c.json', exists: true, problem: 'It is bad.' }),
    'broken',
    /^It is bad/,
    /\/c\.json/,
  ],

  ['folder', folder({}), 'ok', /others are kept out/],
  ['folder to be made', folder({ state: 'missing' }), 'ok', /first start/],
  ['a file in its place', folder({ state: 'no-folder' }), 'broken', /not a folder/, /--data DIR/],
  [
    'denied',
    folder({ state: 'denied', problem: 'permission denied' }),
    'broken',
    /used: permission/,
    /--data DIR/,
  ],
  ['no user ids', folder({ uid: undefined }), 'ok', /can be written\.$/],
  [
    'readable by others',
    folder({ rights: { mode: 0o40755, uid: 1000 } }),
    'warn',
    /look into .*0755/,
    /chmod 700 \/d$/,
  ],
  [
    'writable by others',
    folder({ rights: { mode: 0o40777, uid: 1000 } }),
    'broken',
    /change .*0777/,
    /chmod 700 \/d$/,
  ],
  ['writable by the group', folder({ rights: { mode: 0o40720, uid: 1000 } }), 'broken', /0720/, /chmod 700/],
  [
    'of another user',
    folder({ rights: { mode: 0o40700, uid: 7 } }),
    'broken',
    /another user \(id 7\)/,
    /chown -R 1000 \/d/,
  ],
  ['of another user, as root', folder({ uid: 0 }), 'warn', /id 1000/, /chown -R 0/],
  ['secret', folder({ secrets: [secret(0o600)] }), 'ok', /kept out/],
  [
    'secret for all',
    folder({ secrets: [secret(0o644)] }),
    'broken',
    /0644/,
    /chmod 600 '\/d\/it'\\''s\.key'$/,
  ],
  [
    'secret of another',
    folder({ secrets: [secret(0o600, 7)] }),
    'broken',
    /belongs to another user/,
    /chown/,
  ],

  ['room', diskCheck([disk(5 * GIB)]), 'ok', /5\.00 GiB for data \(\/d\)/],
  ['little room', diskCheck([disk(5 * GIB - 1)]), 'warn', /Free/, /config set downloads/],
  ['some room left', diskCheck([disk(100 * 1024 ** 2)]), 'warn', /Free/, /--data DIR/],
  ['no room', diskCheck([disk(100 * 1024 ** 2 - 1)]), 'broken', /Free/, /Make room/],
  [
    'one device',
    diskCheck([disk(9 * GIB), disk(9 * GIB, { what: 'loads' })]),
    'ok',
    /^Free: 9\.00 GiB for data and loads\.$/,
  ],
  [
    'two devices',
    diskCheck([disk(9 * GIB), disk(GIB, { what: 'loads', device: 2 })]),
    'warn',
    /9\.00.*; 1\.00/,
    /Make/,
  ],
  [
    'one unknown',
    diskCheck([disk(9 * GIB), { what: 'loads', path: '/l', problem: 'input/output error' }]),
    'ok',
    /loads \(\/l\): input/,
  ],
  [
    'unknown',
    diskCheck([{ what: 'data', path: '/d', problem: 'denied' }]),
    'skipped',
    /data \(\/d\): denied/,
  ],

  ['files', fdLimitCheck({ limit: 1024, of: 'node' }), 'ok', /running node may have 1024/],
  [
    'few files',
    fdLimitCheck({ limit: 1023, of: 'here' }),
    'warn',
    /started from here/,
    /ulimit -n.*LimitNOFILE/,
  ],
  ['all files', fdLimitCheck({ limit: Number.POSITIVE_INFINITY, of: 'here' }), 'ok', /any number/],
  ['files untold', fdLimitCheck({ limit: undefined, of: 'here' }), 'skipped', /does not tell/],

  ['Node.js', nodeVersionCheck('24.18.1'), 'ok', /24\.18\.1/],
  ['a later one', nodeVersionCheck('26.0.0'), 'ok', /26/],
  ['a nightly', nodeVersionCheck('25.0.0-nightly2026'), 'ok', /25/],
  ['too old a patch', nodeVersionCheck('24.18.0'), 'warn', /CVE/, /24\.18\.1/],
  ['too old a minor', nodeVersionCheck('24.9.9'), 'warn', /CVE/, /24\.18\.1/],
  ['too old', nodeVersionCheck('22.20.0'), 'broken', /needs 24/, /nodejs\.org/],

  ['no shares', sharesCheck([]), 'ok', /shoal add/],
  ['shares', sharesCheck([{ path: '/a', state: 'ok' }]), 'ok', /1 configured share can/],
  [
    'a share is gone',
    sharesCheck([{ path: '/a', state: 'missing' }]),
    'broken',
    /Not there: \/a/,
    /"shares"/,
  ],
  [
    'a share is closed',
    sharesCheck([{ path: '/a b', state: 'denied' }]),
    'broken',
    /May not be/,
    /chmod -R u\+rX '\/a b'/,
  ],
  [
    'a share fails',
    sharesCheck([{ path: '/a', state: 'failed', problem: 'EIO' }]),
    'broken',
    /\(EIO\)/,
    /disk/,
  ],

  ['identity', identityCheck(identity), 'ok', /^me\.$/],
  ['identity to be made', identityCheck({ path: '/d/identity.key' }), 'ok', /first start/],
  [
    'identity for all',
    identityCheck({ path: '/d/identity.key', problem: { code: 'PERMISSION_DENIED', message: 'no.' } }),
    'broken',
    /^no/,
    /chmod 600 \/d\/identity\.key/,
  ],
  [
    'identity spoilt',
    identityCheck({ path: '/d/identity.key', problem: { code: 'INVALID_CONFIG', message: 'no key.' } }),
    'broken',
    /^no key/,
    /backup.*mv \/d\/identity\.key \/d\/identity\.key\.bad/,
  ],
  ['running as it', identityCheck({ ...identity, runningAs: 'me' }), 'ok', /me/],
  [
    'running as another',
    identityCheck({ ...identity, runningAs: 'you' }),
    'warn',
    /runs as you, .* holds me/,
    /restart/,
  ],
  [
    'running, file gone',
    identityCheck({ path: '/i', runningAs: 'you' }),
    'warn',
    /is gone/,
    /Put the file back/,
  ],

  ['public', networkCheck({}), 'ok', /public/],
  ['private', networkCheck({ network: { name: 'home', fingerprint: 'ab' } }), 'ok', /"home" \(ab\)/],
  ['network spoilt', networkCheck({ problem: 'line 2: no.' }), 'broken', /line 2/, /shoal network join/],

  ['free', port({}), 'ok', /^HTTP 8081 is free; gRPC 9081 is free\.$/],
  ['any port', port({ wanted: 0 }), 'ok', /HTTP takes any free one/],
  ['in use', port({ used: 8081, state: 'own' }), 'ok', /HTTP 8081 is the node's/],
  ['in use, any', port({ wanted: 0, used: 4711, state: 'own' }), 'ok', /HTTP 4711 is the node's/],
  ['in use by a node that is silent', port({ state: 'own' }), 'ok', /HTTP 8081 is the node's/],
  [
    'taken',
    port({ state: 'taken' }),
    'broken',
    /^HTTP 8081 is taken\.$/,
    /"httpPort" in \/c\.json \(or SHOAL_HTTP_PORT\).*8081/,
  ],
  [
    'taken by',
    port({ state: 'taken', owner: 'nginx (process 8)' }),
    'broken',
    /taken by nginx \(process 8\)/,
    /another port\.$/,
  ],
  [
    'taken, gives way',
    port({ state: 'taken', isDefault: true }),
    'warn',
    /a free one will be used/,
    /SHOAL_HTTP_PORT/,
  ],
  [
    'gave way',
    port({ used: 4711, state: 'taken', owner: 'x' }),
    'warn',
    /on 4711, not on 8081/,
    /Stop x and restart/,
  ],
  ['gave way, free now', port({ used: 4711 }), 'warn', /on 4711/, /restart the node/],
  ['not allowed', port({ wanted: 80, state: 'denied' }), 'broken', /HTTP 80 may not/, /1024 or more/],
  [
    'no such host',
    port({ host: '1.2.3.4', state: 'no-such-host' }),
    'broken',
    /1\.2\.3\.4 is no/,
    /"httpHost" in \/c\.json/,
  ],
]

for (const [what, check, status, detail, fix] of TABLE) {
  test(`${check.id}: ${what}`, () => {
    assert.equal(check.status, status, check.detail)
    assert.match(check.detail, detail)
    if (fix) assert.match(check.fix, fix)
    else assert.equal(check.fix, '')
  })
}

test('the limit of open files is read from what Linux tells of a process', () => {
  const text = (soft: string) =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft.padEnd(21)}524288               files\n`
  assert.equal(limitOf(text('1024')), 1024)
  assert.equal(limitOf(text('unlimited')), Number.POSITIVE_INFINITY)
  assert.equal(limitOf(''), undefined)
})

test('sockets that listen on a port are found in what Linux tells of them', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1',
    '   1: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31338 1',
    '   2: 0100007F:1F91 0100007F:D0F2 01 00000000:00000000 00:00000000 00000000  1000        0 31339 1',
    '   3: 0100007F:2379 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31340 1',
  ].join('\n')
  assert.deepEqual(listeningInodes(table, 8081), ['31337', '31338'])
  assert.deepEqual(listeningInodes(table, 80), [])
})
