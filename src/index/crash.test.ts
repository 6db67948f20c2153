import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { IndexRegistry } from './registry.ts'
import { fileEntry, NEVER, NOBODY, streamOf, temporaryFolder, testPeerId } from './test-world.ts'

const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)

/** Replaces all entries again and again, 40 in two batches, telling each revision that was confirmed; the last publication stays open. */
const PUBLISHER = `
  import { systemClock } from ${url('../base/clock.ts')}
  import { silentLogger } from ${url('../base/log.ts')}
  import { IndexRegistry } from ${url('./registry.ts')}
  import { fileEntry, NEVER, testPeerId } from ${url('./test-world.ts')}
  const registry = await IndexRegistry.open({ path: process.argv[1], clock: systemClock, log: silentLogger })
  const peerId = testPeerId('ann')
  await registry.login({ peerId, host: '' }, { name: 'ann', addresses: [], version: '', grpcPort: 0 })
  for (let revision = 1; ; revision++) {
    const entries = (half) => Array.from({ length: 20 }, (_, i) => fileEntry('thing ' + half + i + ' v' + revision))
    async function* batches() {
      yield { entries: entries('a'), replace: true }
      yield { entries: entries('b'), revision: String(revision) }
    }
    for await (const _ of registry.publish(peerId, batches(), NEVER));
    console.log(revision)
  }`

test('after kill -9 in the middle of publications one whole state is there, not older than the last confirmed', async (t) => {
  const { folder, remove } = temporaryFolder()
  let registry: IndexRegistry | undefined
  t.after(async () => {
    await registry?.close()
    remove()
  })
  const path = join(folder, 'index.db')
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', PUBLISHER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let confirmed = 0
  for await (const line of createInterface(child.stdout)) {
    confirmed = Number(line)
    if (confirmed >= 5 && child.signalCode === null) child.kill('SIGKILL')
  }
  registry = await IndexRegistry.open({ path, clock: systemClock, log: silentLogger })
  const hits = await registry.search({ words: 'thing', limit: 1000 }, NOBODY)
  const versions = new Set(hits.map((hit) => Number(/v(\d+)$/.exec(hit.entry.path)![1])))
  assert.equal(hits.length, 40)
  assert.equal(versions.size, 1)
  const [version] = [...versions]
  assert.ok(version! >= confirmed, `${version} is older than ${confirmed}`)
  // The lease goes on: nobody had to log in again.
  assert.equal(registry.heartbeat(testPeerId('ann')).peers, 1)
  const facts = { name: 'ann', addresses: [], version: '', grpcPort: 0 }
  const { revision } = await registry.login({ peerId: testPeerId('ann'), host: '' }, facts)
  assert.equal(revision, String(version))
  while (((await registry.getDebugState()).shelvesToClear as number) > 0) {}
  const db = new DatabaseSync(path, { readOnly: true })
  const count = (table: string) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n
  assert.deepEqual(['shelves', 'holdings', 'entries', 'words_docsize'].map(count), [1, 40, 40, 40])
  db.close()
})

test('a damaged index is set aside; peers publish again', async (t) => {
  const { folder, remove } = temporaryFolder()
  let registry: IndexRegistry | undefined
  t.after(async () => {
    await registry?.close()
    remove()
  })
  const path = join(folder, 'index.db')
  writeFileSync(path, Buffer.alloc(50_000, 'not a database '))
  registry = await IndexRegistry.open({ path, clock: systemClock, log: silentLogger })
  const peerId = testPeerId('ann')
  const facts = { name: 'ann', addresses: [], version: '', grpcPort: 0 }
  assert.equal((await registry.login({ peerId, host: '' }, facts)).revision, '')
  await Array.fromAsync(registry.publish(peerId, streamOf([{ entries: [fileEntry('thing')] }]), NEVER))
  assert.equal((await registry.search({ words: 'thing' }, NOBODY)).length, 1)
})
