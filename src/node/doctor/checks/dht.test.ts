import { FINE, FRESH, fabric, testRows } from '../testing/rows.ts'

testRows('dht', [
  ['server', {}, 'ok', /Server mode with 12 contacts/],
  ['switched off', { settings: { ...FINE.settings, dht: false } }, 'skipped', /not in the setting discovery/],
  [
    'client',
    fabric({ dht: { mode: 'client', contacts: 1 } }),
    'warn',
    /Client mode with 1 contact:.*cannot keep records/,
    /4081 and 4181/,
  ],
  [
    'empty among peers',
    fabric({ dht: { mode: 'server', contacts: 0 } }),
    'broken',
    /No contacts, though 4 peers are connected/,
    /shoal start --peer \/ip4/,
  ],
  [
    'just started',
    { ...FRESH, ...fabric({ dht: { mode: 'server', contacts: 0 } }) },
    'skipped',
    /yet/,
    /again/,
  ],
  [
    'alone',
    fabric({ dht: { mode: 'server', contacts: 0 }, connected: 0 }),
    'skipped',
    /no peer is connected/,
  ],
])
