import { FINE, fabric, LOOPBACK, PRIVATE, testRows } from '../testing/rows.ts'

testRows('reachability', [
  ['another peer came in', {}, 'ok', /outside has connected by itself.*gRPC port 9081 can be/],
  ['AutoNAT says so', fabric({ reachability: { now: 'public', isConfirmed: true } }), 'ok', /AutoNAT/],
  ['no zones', { membership: undefined }, 'ok', /by itself\.$/],
  [
    'gRPC closed',
    { membership: { ...FINE.membership!, role: 'leaf' } },
    'warn',
    /gRPC port 9081 cannot be reached.*tunnel/,
    /Open TCP port 9081/,
  ],
  ['LAN only', fabric({ reachability: { now: 'local' } }), 'ok', /no peer outside the local/],
  ['behind NAT', fabric(PRIVATE), 'warn', /Talks with 3 outside.*help of relays/, /9081, 4081, 4181/],
  ['behind NAT, alone', fabric({ reachability: { now: 'private' } }), 'warn', /Nobody outside/, /UPnP/],
  ['undecided', fabric({ reachability: { now: 'unknown' } }), 'skipped', /Not decided/, /shoal doctor/],
  ['loopback', LOOPBACK, 'warn', /127\.0\.0\.1 only/, /shoal config set grpcHost 0\.0\.0\.0/],
])
