import { FINE, FRESH, peers, testRows } from '../testing/rows.ts'

testRows('membership', [
  ['in', {}, 'ok', /^3 neighbours, zone 011 with 7 peers, about 56 peers in all\.$/],
  [
    'in a small one',
    { membership: { ...FINE.membership!, zone: '', neighbours: 1 } },
    'ok',
    /^1 n.*one zone/,
  ],
  ['a leaf', { membership: { ...FINE.membership!, role: 'leaf' } }, 'ok', /A leaf/],
  ['no part', { membership: undefined }, 'skipped', /no part/, /shoal config set discovery/],
  [
    'alone',
    { membership: { ...FINE.membership!, neighbours: 0 }, ...peers({ known: 0 }) },
    'skipped',
    /Alone/,
  ],
  [
    'no neighbours',
    { membership: { ...FINE.membership!, neighbours: 0 } },
    'warn',
    /though 20 peers are known/,
    /--peer/,
  ],
  [
    'no neighbours yet',
    { ...FRESH, membership: { ...FINE.membership!, neighbours: 0 } },
    'skipped',
    /Still joins/,
    /again/,
  ],
])
