import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { openStateDatabase } from './state-database.ts'

test('peers are remembered by what was heard last, listed the freshest first, and forgotten when old or too many', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-peers-'))
  const path = join(folder, 'state.db')
  let state = openStateDatabase(path, { log: silentLogger })
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true })
  })
  const peer = (peerId: string, lastSeenMs: number, name = peerId) => ({
    peerId,
    name,
    addresses: [`${name}:1`],
    lastSeenMs,
  })
  state.peers.upsert(peer('a', 10), peer('b', 30), peer('c', 20))
  state.peers.upsert(peer('a', 40, 'new'), peer('b', 5, 'stale news'))
  state.close()
  state = openStateDatabase(path, { log: silentLogger })
  assert.deepEqual(state.peers.list(2), [peer('a', 40, 'new'), peer('b', 30)])
  assert.deepEqual(state.peers.get('c'), peer('c', 20))
  assert.equal(state.peers.prune({ maxPeers: 10, seenSinceMs: 25 }), 1)
  assert.equal(state.peers.prune({ maxPeers: 1, seenSinceMs: 0 }), 1)
  assert.deepEqual(state.peers.list(10), [peer('a', 40, 'new')])
  assert.equal(state.peers.remove('a'), true)
  assert.equal(state.peers.get('a'), undefined)
})
