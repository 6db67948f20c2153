import { FINE, FRESH, fabric, LOOPBACK, testRows, untold } from '../testing/rows.ts'

testRows('mdns', [
  ['heard', {}, 'ok', /Heard 2 peers/],
  ['loopback', LOOPBACK, 'skipped', /Not tried/],
  ['switched off', { settings: { ...FINE.settings, mdns: false } }, 'skipped', /Switched off/, /mdns true/],
  ['off', fabric({ mdns: { enabled: false, heard: 0 } }), 'skipped', /Switched off/, /mdns true/],
  ['not told', untold('mdns'), 'skipped', /does not tell/],
  [
    'nobody',
    fabric({ mdns: { enabled: true, heard: 0 } }),
    'warn',
    /Heard nobody/,
    /UDP port 5353.*isolation/,
  ],
  [
    'nobody yet',
    { ...FRESH, ...fabric({ mdns: { enabled: true, heard: 0 } }) },
    'skipped',
    /nobody yet/,
    /shoal doctor/,
  ],
])
