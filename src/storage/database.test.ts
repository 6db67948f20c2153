import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { openDatabase, openOrRebuild, transaction } from './database.ts'
import { setAside } from './set-aside.ts'

const MIGRATIONS = [
  'CREATE TABLE items (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT',
  `ALTER TABLE items ADD COLUMN color TEXT NOT NULL DEFAULT 'red'`,
]

function newPath(t: TestContext): { folder: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-database-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return { folder, path: join(folder, 'x.db') }
}

const open = (path: string, migrations: readonly string[] = MIGRATIONS) =>
  openOrRebuild({ path, migrations, log: silentLogger })

/** A closed database of many pages. */
function fill(path: string): void {
  const { db } = open(path)
  const insert = db.prepare('INSERT INTO items (text) VALUES (?)')
  transaction(db, () => {
    for (let i = 0; i < 2000; i++) insert.run(`${i} ${'text '.repeat(20)}`)
  })
  db.close()
}

test('a new database has the newest schema and the settings that crash safety needs', (t) => {
  const { path } = newPath(t)
  const { db, ...opened } = open(path)
  assert.deepEqual(opened, { fresh: true, setAside: undefined })
  assert.deepEqual({ ...db.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' })
  assert.deepEqual({ ...db.prepare('PRAGMA synchronous').get() }, { synchronous: 1 })
  assert.deepEqual({ ...db.prepare('PRAGMA foreign_keys').get() }, { foreign_keys: 1 })
  db.exec(`INSERT INTO items (text) VALUES ('a')`)
  db.close()
  const again = open(path)
  assert.equal(again.fresh, false)
  assert.deepEqual(
    again.db
      .prepare('SELECT text, color FROM items')
      .all()
      .map((row) => ({ ...row })),
    [{ text: 'a', color: 'red' }],
  )
  again.db.close()
})

test('an older schema is brought up to date with its content; a step that fails changes nothing', (t) => {
  const { path } = newPath(t)
  const { db } = open(path, MIGRATIONS.slice(0, 1))
  db.exec(`INSERT INTO items (text) VALUES ('old')`)
  db.close()
  assert.throws(() => open(path, [MIGRATIONS[0]!, 'ALTER TABLE items ADD COLUMN x TEXT; NONSENSE']), {
    code: 'IO',
  })
  const upgraded = openDatabase(path, MIGRATIONS, silentLogger)
  assert.deepEqual({ ...upgraded.prepare('SELECT * FROM items').get() }, { id: 1, text: 'old', color: 'red' })
  upgraded.close()
})

test('a database of a newer version or another program is refused and left as it is', (t) => {
  const { folder, path } = newPath(t)
  open(path, [...MIGRATIONS, 'CREATE TABLE future (x) ']).db.close()
  const foreign = join(folder, 'foreign.db')
  const db = new DatabaseSync(foreign)
  db.exec('CREATE TABLE theirs (x)')
  db.close()
  const before = readFileSync(foreign)
  assert.throws(() => open(path), { code: 'CONFLICT', message: /newer version.*Update/ })
  assert.throws(() => open(foreign), { code: 'CONFLICT', message: /another program/ })
  assert.deepEqual(readFileSync(foreign), before)
  assert.deepEqual(readdirSync(folder).sort(), ['foreign.db', 'x.db'])
})

test('a damaged file is set aside and an empty database takes its place', (t) => {
  const damages: Record<string, (path: string) => void> = {
    'garbage from the first byte': (path) => writeFileSync(path, 'garbage '.repeat(5000)),
    'cut in the middle': (path) => truncateSync(path, 100_000),
    'cut inside a page': (path) => truncateSync(path, 8192 + 77),
    'header overwritten': (path) => overwrite(path, 0, 64),
    'inner pages overwritten': (path) => overwrite(path, 40_000, 60_000),
    'page type flipped': (path) => overwrite(path, 4096, 1),
  }
  for (const [what, damage] of Object.entries(damages)) {
    const { path } = newPath(t)
    fill(path)
    damage(path)
    writeFileSync(`${path}-wal`, 'left over')
    const damaged = readFileSync(path)
    const { db, fresh, setAside: aside } = open(path)
    assert.equal(fresh, true, what)
    assert.deepEqual(readFileSync(aside!), damaged, what)
    assert.equal(db.prepare('SELECT count(*) AS n FROM items').get()!.n, 0, what)
    db.exec(`INSERT INTO items (text) VALUES ('new')`)
    db.close()
    assert.ok(/x\.db\.damaged-\d{8}T\d{9}Z$/.test(aside!), what)
    assert.equal(open(path).setAside, undefined, what)
  }
})

test('the log and the index of the log go with a damaged file', (t) => {
  const { folder, path } = newPath(t)
  for (const suffix of ['', '-wal', '-shm']) writeFileSync(path + suffix, `content${suffix}`)
  const aside = setAside(path, Date.UTC(2030, 0, 2, 3, 4, 5, 6))
  assert.equal(aside, join(folder, 'x.db.damaged-20300102T030405006Z'))
  assert.equal(setAside(path, 0), join(folder, 'x.db.damaged-19700101T000000000Z'))
  for (const suffix of ['', '-wal', '-shm'])
    assert.equal(readFileSync(aside + suffix, 'utf8'), `content${suffix}`)
  assert.equal(readdirSync(folder).length, 3)
})

test('only the newest copies of damaged files are kept', (t) => {
  const { folder, path } = newPath(t)
  let now = Date.UTC(2030, 0, 1)
  for (let i = 0; i < 6; i++) {
    writeFileSync(path, `garbage number ${i} `.repeat(100))
    const clock = { now: () => now++, monotonic: () => 0, schedule: () => ({ cancel() {} }) }
    openOrRebuild({ path, migrations: MIGRATIONS, log: silentLogger, clock }).db.close()
  }
  const kept = readdirSync(folder).filter((name) => name.includes('damaged'))
  assert.deepEqual(
    kept.map((name) => readFileSync(join(folder, name), 'utf8').slice(0, 16)),
    ['garbage number 3', 'garbage number 4', 'garbage number 5'],
  )
})

test('a missing folder is an error, not damage', (t) => {
  const { folder } = newPath(t)
  assert.throws(() => open(join(folder, 'no', 'x.db')), { code: 'IO' })
  assert.deepEqual(readdirSync(folder), [])
})

function overwrite(path: string, offset: number, length: number): void {
  const bytes = readFileSync(path)
  for (let i = offset; i < Math.min(offset + length, bytes.length); i++) bytes[i] = bytes[i]! ^ 0xa5
  writeFileSync(path, bytes)
}
