import { fabric, LOOPBACK, PRIVATE, testRows } from '../testing/rows.ts'

testRows('nat', [
  ['own address', {}, 'ok', /None: others see this node at 192\.0\.2\.9/],
  ['nobody told', { addresses: { own: ['192.0.2.9'], observed: [] } }, 'skipped', /Nobody elsewhere/],
  ['told on loopback', { addresses: { own: [], observed: ['127.0.0.1', '::1'] } }, 'skipped', /Nobody else/],
  [
    'NAT that lets in',
    { addresses: { own: ['10.0.0.2'], observed: ['203.0.113.7'] } },
    'ok',
    /203\.0\.113\.7.*lets others in/,
  ],
  [
    'NAT',
    { addresses: { own: ['10.0.0.2'], observed: ['203.0.113.7'] }, ...fabric(PRIVATE) },
    'warn',
    /behind a NAT/,
    /forward the TCP ports 9081, 4081, 4181/,
  ],
  [
    'IPv6 in its forms',
    {
      addresses: { own: ['FE80::1%eth0', '2001:db8::9'], observed: ['[2001:DB8::9]', '::ffff:203.0.113.7'] },
    },
    'ok',
    /203\.0\.113\.7, which is no address/,
  ],
  ['loopback', LOOPBACK, 'skipped', /loopback address 127\.0\.0\.1/],
])
