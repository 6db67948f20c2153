import { FRESH, fabric, LOOPBACK, testRows, untold } from '../testing/rows.ts'

testRows('relay', [
  ['none needed', {}, 'ok', /Needs none: others can connect/],
  ['loopback', LOOPBACK, 'ok', /Needs none: it is for this machine only\.$/],
  ['not told', untold('relay'), 'skipped', /does not tell/],
  ['has one', fabric({ relay: { reservations: ['relayA'], wanted: true } }), 'ok', /through 1 relay: relayA/],
  [
    'has none',
    fabric({ relay: { reservations: [], wanted: true, notice: 'The relay r refused.' } }),
    'broken',
    /no relay\. The relay r refused\.$/,
    /shoal config set index/,
  ],
  [
    'has none yet',
    { ...FRESH, ...fabric({ relay: { reservations: [], wanted: true } }) },
    'skipped',
    /Still asks/,
    /shoal doctor/,
  ],
  [
    'is one',
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
])
