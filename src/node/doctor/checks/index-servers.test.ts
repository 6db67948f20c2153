import { testRows } from '../testing/rows.ts'

testRows('index', [
  ['online', {}, 'ok', /^Online\.$/],
  ['none', { index: [] }, 'skipped', /none is needed/],
  [
    'online elsewhere, pinned',
    { index: [{ label: 'a:1', state: 'online', pin: 'X', address: 'b:2' }] },
    'ok',
    /^Online at b:2, with the pinned identity\.$/,
  ],
  ['connecting', { index: [{ label: 'a:1', state: 'connecting' }] }, 'skipped', /Still connects/, /again/],
  ['unused', { index: [{ label: 'a:1', state: 'unused' }] }, 'skipped', /Nobody asks it/, /set discovery/],
  [
    'refused',
    { index: [{ label: 'a:1', state: 'failed', problem: 'connection refused' }] },
    'broken',
    /^Unreachable: connection refused\.$/,
    /shoal config set index/,
  ],
  [
    'failed for no known reason, pinned',
    { index: [{ label: 'a:1', state: 'failed', pin: 'X' }] },
    'broken',
    /tried again\.$/,
    /put X@HOST:PORT/,
  ],
  [
    'somebody else',
    { index: [{ label: 'a:1', state: 'wrong-identity', pin: 'X', expected: 'X', answered: 'Y' }] },
    'broken',
    /Wrong identity: Y answers there, not X/,
    /Y@a:1.*shoal config set index/,
  ],
  [
    'clock ahead',
    { index: [{ label: 'a:1', state: 'online', clock: { from: 'a:1', lowMs: 300_000, highMs: 301_000 } }] },
    'warn',
    /5 min 0 s or more ahead of this one/,
    /timedatectl/,
  ],
  [
    'clock behind',
    { index: [{ label: 'a:1', state: 'online', clock: { from: 'a:1', lowMs: -301_000, highMs: -300_000 } }] },
    'warn',
    /behind this one/,
    /check clock/,
  ],
])
