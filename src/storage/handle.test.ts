import assert from 'node:assert/strict'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { Handle } from './handle.ts'

function openHandle(t: TestContext): Handle {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-handle-'))
  const handle = new Handle({
    path: join(folder, 'x.db'),
    migrations: ['CREATE TABLE items (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT'],
    log: silentLogger,
  })
  t.after(() => {
    handle.close()
    rmSync(folder, { recursive: true })
  })
  return handle
}

const INSERT = 'INSERT INTO items (text) VALUES (?)'
const COUNT = 'SELECT count(*) AS n FROM items'

test('a transaction is kept whole or not at all; inner ones belong to the outer one', (t) => {
  const handle = openHandle(t)
  assert.equal(handle.run(INSERT, 'a').rowId, 1)
  assert.throws(
    () =>
      handle.transaction(() => {
        handle.run(INSERT, 'b')
        handle.transaction(() => handle.run(INSERT, 'c'))
        throw new RangeError('no')
      }),
    RangeError,
  )
  assert.throws(() => handle.transaction(() => [handle.run(INSERT, 'd'), handle.run(INSERT, 'a')]), {
    code: 'IO',
  })
  assert.equal(handle.get<{ n: number }>(COUNT)?.n, 1)
  handle.transaction(() => handle.run(INSERT, 'e'))
  assert.deepEqual(
    handle.all<{ text: string }>('SELECT text FROM items ORDER BY id').map(({ text }) => text),
    ['a', 'e'],
  )
})

test('damage found while working: the file is set aside, the caller told, and work goes on', (t) => {
  const handle = openHandle(t)
  // More than SQLite's cache holds, so that the damage is read from the disk.
  handle.transaction(() => {
    for (let i = 0; i < 5000; i++) handle.run(INSERT, `${i}`.padStart(1000, 'x'))
  })
  handle.get('PRAGMA wal_checkpoint(TRUNCATE)')
  const file = openSync(handle.path, 'r+')
  const size = statSync(handle.path).size
  for (let at = 8192; at + 4096 <= size; at += 4096) writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, at)
  closeSync(file)

  let rebuilt = 0
  handle.rebuilt.on(() => rebuilt++)
  assert.throws(() => handle.all('SELECT * FROM items'), { code: 'IO' })
  assert.equal(rebuilt, 1)
  assert.equal(handle.replacedDamaged, true)
  assert.equal(handle.get<{ n: number }>(COUNT)?.n, 0)
  handle.run(INSERT, 'new')
  assert.equal(handle.get<{ n: number }>(COUNT)?.n, 1)
})

test('a closed handle says so', (t) => {
  const handle = openHandle(t)
  handle.close()
  handle.close()
  assert.throws(() => handle.get(COUNT), { code: 'CONFLICT', message: /closed/ })
  assert.ok(existsSync(handle.path))
})
