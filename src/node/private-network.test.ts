import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { type Logger, silentLogger } from '../base/log.ts'
import { createIdentity } from '../link/identity.ts'
import { NETWORK_FILE, removeNetworkFile, writeNetworkFile } from '../link/network-file.ts'
import { NetworkKey } from '../link/network-key.ts'
import { PrivateNetwork } from '../link/private-network.ts'
import { openStateDatabase } from '../storage/state-database.ts'
import { forgetOtherNetwork, forgetPeers, openNetwork } from './private-network.ts'

const key = NetworkKey.create('home')
const [anna, ben] = [createIdentity().peerId, createIdentity().peerId]

function world() {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-network-'))
  const stack = new AsyncDisposableStack()
  const clock = new ManualClock()
  const said: string[] = []
  const note = (...parts: unknown[]) => void said.push(String(parts.at(-1)))
  const log = { info: note, warn: note, error: note } as unknown as Logger
  return {
    folder,
    clock,
    /** What was logged. */
    said,
    open: (env: Record<string, string> = {}) =>
      openNetwork({ folder, env, httpHost: '127.0.0.1', log, clock, stack }),
    /** Until the file was looked at and read. */
    look: async (isDone: () => boolean) => {
      const end = performance.now() + 5000
      while (!isDone() && performance.now() < end) await clock.advance(1000)
    },
    async [Symbol.asyncDispose]() {
      await stack.disposeAsync()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

test('changes of the list take effect at once, a broken file and another network do not', async () => {
  await using at = world()
  writeNetworkFile(at.folder, { key, allowed: undefined })
  const network = (await at.open())!
  assert.ok(network.allows(anna) && network.allows(ben))

  writeNetworkFile(at.folder, { key, allowed: [anna] })
  await at.look(() => !network.allows(ben))
  assert.deepEqual([network.allows(anna), network.allows(ben)], [true, false])

  const changes: string[] = []
  network.changes.on(() => changes.push('changed'))
  const saysAfter = async (change: () => void) => {
    const before = at.said.length
    change()
    await at.look(() => at.said.length > before)
    return at.said.slice(before).join()
  }
  const path = join(at.folder, NETWORK_FILE)
  assert.match(
    await saysAfter(() => writeFileSync(path, 'allow nonsense\n', { mode: 0o600 })),
    /stays as it was: .*line 1: This is not a PeerId/,
  )
  const other = { key: NetworkKey.create('work'), allowed: undefined }
  assert.match(await saysAfter(() => writeNetworkFile(at.folder, other)), /still a member of "home"/)
  assert.match(await saysAfter(() => removeNetworkFile(at.folder)), /still a member of "home"/)
  assert.deepEqual(changes, [])
  assert.deepEqual([network.allows(anna), network.allows(ben)], [true, false])

  writeNetworkFile(at.folder, { key, allowed: [ben] })
  await at.look(() => network.allows(ben))
  assert.deepEqual([network.allows(anna), network.allows(ben)], [false, true])
})

test('a network of the environment takes the list of a file that comes later', async () => {
  await using at = world()
  assert.equal(await at.open(), undefined)
  const network = (await at.open({ SHOAL_NETWORK: key.text() }))!
  assert.ok(network.allows(ben))
  writeNetworkFile(at.folder, { key, allowed: [anna] })
  await at.look(() => !network.allows(ben))
  assert.ok(!network.allows(ben))
})

test('what was learned in one network is forgotten at the first start in another, and only then', async () => {
  await using at = world()
  const network = new PrivateNetwork(key)
  const sameName = new PrivateNetwork(NetworkKey.create('home'))
  const starts: [network: PrivateNetwork | undefined, isForgotten: boolean][] = [
    [undefined, false],
    [undefined, false],
    [network, true],
    [new PrivateNetwork(NetworkKey.parse(key.text()), [anna]), false],
    [sameName, true],
    [undefined, true],
    [undefined, false],
  ]
  for (const [i, [now, isForgotten]] of starts.entries()) {
    let forgotten = false
    forgetOtherNetwork(at.folder, now, () => {
      forgotten = true
    })
    assert.equal(forgotten, isForgotten, `start ${i}`)
  }
  assert.throws(() =>
    forgetOtherNetwork(at.folder, network, () => {
      throw new Error('disk full')
    }),
  )
  let again = false
  forgetOtherNetwork(at.folder, network, () => {
    again = true
  })
  assert.ok(again, 'a forgetting that failed is made again')
})

test('peers and values that others told are gone afterwards', async () => {
  await using at = world()
  const state = openStateDatabase(join(at.folder, 'state.db'), { log: silentLogger })
  state.peers.upsert({ peerId: anna, name: 'anna', addresses: ['192.0.2.1:1'], lastSeenMs: Date.now() })
  for (let i = 0; i < 1200; i++) {
    const bytes = new Uint8Array(32).fill(i)
    const facts = { key: `key ${i}`, writer: ben, version: 1, valueSha256: bytes, distance: bytes }
    state.values.put(
      { ...facts, expiresMs: Date.now() + 1e9, sizeBytes: 10, own: i % 2 === 0 },
      { record: bytes, signature: bytes },
    )
  }
  forgetPeers(state)
  assert.deepEqual(state.peers.list(10), [])
  assert.equal(state.values.totals().records, 0)
  state.close()
})
