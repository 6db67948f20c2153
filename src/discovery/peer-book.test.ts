import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { openStateDatabase } from '../storage/state-database.ts'
import { type KnownPeer, PeerBook, type PeerMemory, type RememberedPeer } from './peer-book.ts'

const peer = (peerId: string, ...addresses: string[]) => ({ peerId, name: `name of ${peerId}`, addresses })

class Memory implements PeerMemory {
  readonly peers = new Map<string, RememberedPeer>()
  isBroken = false

  upsert(...peers: readonly RememberedPeer[]): void {
    if (this.isBroken) throw new Error('disk full')
    for (const remembered of peers) this.peers.set(remembered.peerId, remembered)
  }

  prune({ seenSinceMs }: { seenSinceMs: number }): void {
    for (const { peerId, lastSeenMs } of this.peers.values()) {
      if (lastSeenMs < seenSinceMs) this.peers.delete(peerId)
    }
  }

  list(limit: number): RememberedPeer[] {
    return [...this.peers.values()].sort((a, b) => b.lastSeenMs - a.lastSeenMs).slice(0, limit)
  }
}

function book(options = {}, memory?: PeerMemory) {
  const clock = new ManualClock(1_000_000)
  return { clock, peers: new PeerBook({ self: 'ME', clock, log: silentLogger, memory, options }) }
}

test('knows whom it was told of, latest first, never itself', () => {
  const { peers } = book()
  peers.seen(peer('A', 'h:1'), 500, 'index')
  peers.seen(peer('B'), 900, 'index')
  peers.seen(peer('ME', 'h:9'), 999, 'index')
  assert.deepEqual(peers.list(), [
    { ...peer('B'), addr: undefined, lastSeenMs: 900, via: ['index'] },
    { ...peer('A', 'h:1'), addr: 'h:1', lastSeenMs: 500, via: ['index'] },
  ])
  assert.deepEqual(peers.list(1), [peers.get('B')])
})

test('the latest word comes first; time never goes back, nor into the future', () => {
  const { peers, clock } = book()
  peers.seen(peer('A', 'old:1'), 500, 'index')
  peers.seen({ peerId: 'A', name: 'new', addresses: ['new:1'] }, 400, 'zone')
  assert.deepEqual(peers.get('A'), {
    ...{ peerId: 'A', name: 'new', addresses: ['new:1', 'old:1'], addr: 'new:1' },
    ...{ lastSeenMs: 500, via: ['index', 'zone'] },
  })
  peers.seen(peer('A'), clock.now() + 1e9, 'index')
  assert.equal(peers.get('A')?.lastSeenMs, clock.now())
})

test('news is what changes, not the same told again', () => {
  const { peers } = book()
  const news: KnownPeer[] = []
  peers.changes.on((known) => news.push(known))
  peers.seen(peer('A', 'h:1', 'h:2'), 500, 'index')
  peers.seen(peer('A', 'h:2', 'h:1'), 600, 'index')
  assert.equal(news.length, 1)
  peers.seen(peer('A', 'h:3'), 600, 'index')
  assert.equal(news.length, 2)
})

test('holds no more than its bound: who was unseen for longest goes', () => {
  const { peers } = book({ maxPeers: 2 })
  for (const [id, at] of [
    ['A', 300],
    ['B', 100],
    ['C', 200],
    ['D', 50],
  ] as const)
    peers.seen(peer(id), at, 'index')
  assert.deepEqual(
    peers.list().map(({ peerId }) => peerId),
    ['A', 'C'],
  )
})

test('remembers from one run to the next', async () => {
  const memory = new Memory()
  const first = book({ flushMs: 1000 }, memory)
  first.peers.start()
  first.peers.seen(peer('A', 'h:1'), 500, 'index')
  await first.clock.advance(1000)
  assert.equal(memory.peers.get('A')?.lastSeenMs, 500)
  memory.isBroken = true
  first.peers.seen(peer('B'), 600, 'index')
  await first.clock.advance(1000)
  assert.equal(memory.peers.has('B'), false)
  memory.isBroken = false
  first.peers.stop()
  memory.upsert({ ...peer('old'), lastSeenMs: -1e12 })
  const second = book({}, memory)
  second.peers.start()
  assert.deepEqual(
    second.peers.list().map(({ peerId, via }) => [peerId, via]),
    [
      ['B', []],
      ['A', []],
    ],
  )
  second.peers.stop()
})

test('who is new is remembered soon, who is only seen again later', async () => {
  const memory = new Memory()
  const { peers, clock } = book({ flushMs: 60_000, newsFlushMs: 2000 }, memory)
  peers.start()
  peers.seen(peer('A', 'h:1'), 500, 'membership')
  peers.seen(peer('B', 'h:2'), 500, 'membership')
  await clock.advance(2000)
  assert.deepEqual([...memory.peers.keys()], ['A', 'B'])
  peers.seen(peer('A', 'h:1'), 900, 'membership')
  await clock.advance(3000)
  assert.equal(memory.peers.get('A')?.lastSeenMs, 500)
  await clock.advance(60_000)
  assert.equal(memory.peers.get('A')?.lastSeenMs, 900)
  peers.stop()
})

test('storage remembers it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-peers-'))
  const state = openStateDatabase(join(folder, 'state.db'), { log: silentLogger })
  try {
    const first = book({}, state.peers)
    first.peers.start()
    first.peers.seen(peer('A', 'h:1'), 500, 'index')
    first.peers.stop()
    const second = book({ forgetAfterMs: 1e9 }, state.peers)
    second.peers.start()
    assert.deepEqual(second.peers.get('A')?.addresses, ['h:1'])
    second.peers.stop()
  } finally {
    state.close()
    rmSync(folder, { recursive: true })
  }
})
