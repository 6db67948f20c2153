import { peers, testRows } from '../testing/rows.ts'

const NOBODY = { direct: 0, tunnel: 0, relayed: 0 }
const silent = { address: '127.0.0.1:2', problem: 'connection refused' }
const there = { address: '127.0.0.1:3', problem: undefined }

testRows('peers', [
  ['connected', {}, 'ok', /^4 peers connected \(2 directly, 1 through a tunnel, 1 through a relay\)\.$/],
  ['nobody, on an index', peers({ connected: NOBODY }), 'ok', /No peer.*20 peers known.*index server/],
  [
    'nobody',
    { ...peers({ connected: NOBODY, known: 0 }), index: [] },
    'warn',
    /^No peer is connected\.$/,
    /--peer/,
  ],
  [
    'one configured peer is silent',
    peers({ configured: [silent, there] }),
    'warn',
    /127\.0\.0\.1:2 \(conn/,
    /--peer/,
  ],
  [
    'one silent, nobody else',
    peers({ configured: [silent, there], connected: NOBODY }),
    'warn',
    /127\.0\.0\.1:2/,
    /config set peers/,
  ],
  [
    'all configured peers are silent',
    peers({ configured: [silent], connected: NOBODY }),
    'broken',
    /no answer from 127\.0\.0\.1:2 \(connection refused\)/,
    /config set peers/,
  ],
  ['many configured', peers({ unasked: 2 }), 'ok', /2 configured peers were not asked\.$/],
])
