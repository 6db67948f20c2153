import { FINE, fabric, LOOPBACK, PRIVATE, testRows, untold } from '../testing/rows.ts'

testRows('upnp', [
  ['mapped', {}, 'ok', /router at 192\.0\.2\.1 forwards 203\.0\.113\.7:9081, 203/],
  ['loopback', LOOPBACK, 'skipped', /Not tried.*loopback/],
  ['switched off', { settings: { ...FINE.settings, upnp: false } }, 'skipped', /Switched off/],
  [
    'switched off and needed',
    { settings: { ...FINE.settings, upnp: false }, ...fabric(PRIVATE) },
    'warn',
    /Switched off/,
    /shoal config set upnp true/,
  ],
  ['not told', untold('upnp'), 'skipped', /does not tell/],
  ['off', fabric({ upnp: { state: 'off', mapped: [] } }), 'skipped', /Switched off/],
  [
    'searching',
    fabric({ upnp: { state: 'searching', mapped: [] } }),
    'skipped',
    /Still looks/,
    /shoal doctor/,
  ],
  ['none, none needed', fabric({ upnp: { state: 'none', mapped: [] } }), 'ok', /none is needed/],
  [
    'none',
    fabric({ ...PRIVATE, upnp: { state: 'none', mapped: [] } }),
    'warn',
    /No router/,
    /forward the TCP/,
  ],
  [
    'refused',
    fabric({ ...PRIVATE, upnp: { state: 'failed', mapped: [], error: 'not authorized' } }),
    'warn',
    /does not forward the ports: not authorized/,
    /forward the TCP/,
  ],
  [
    'refused, not needed',
    fabric({ upnp: { state: 'failed', mapped: [], gateway: 'r' } }),
    'ok',
    /router at r does not.*not needed/,
  ],
])
