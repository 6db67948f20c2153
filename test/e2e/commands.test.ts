import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** The contract of the command line: what others script against. */
describe('every command, with --json', () => {
  const world = newWorld()
  let index: ShoalProcess
  let owner: ShoalProcess
  let other: ShoalProcess
  const NAME = 'first report.bin'
  let cid = ''
  let sha256 = ''
  const CID = /^baf[a-z2-7]{56}$/
  const PEER_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/

  before(async () => {
    index = await world.startIndex()
    const share = world.folder('shared')
    sha256 = writeRandomFile(join(share, NAME), 3 * 1024 * 1024 + 7)
    const servers = [index.ready.grpc]
    ;[owner, other] = await Promise.all([
      world.startNode({ name: 'owner', shares: [share], index: servers }),
      world.startNode({ name: 'other', index: [index.ready.http] }),
    ])
    await until('the file is found from the other node', async () => {
      const { code } = await world.shoal(['search', 'report', '--json'], other)
      return code === 0 ? true : undefined
    })
  })
  after(() => world[Symbol.asyncDispose]())

  test('start and index say first where they are', () => {
    for (const { ready } of [index, owner]) {
      assert.equal(ready.event, 'ready')
      assert.match(ready.peerId, PEER_ID)
      assert.match(ready.http, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      assert.match(ready.grpc, /^127\.0\.0\.1:[1-9]\d*$/)
      assert.ok(Array.isArray(ready.p2p))
      assert.match(ready.version, /^\d+\.\d+\.\d+/)
    }
  })

  test('ls', async () => {
    const { code, lines } = await world.shoal(['ls', '--json'], owner)
    assert.equal(code, 0)
    const row = lines.find(({ name }) => name === NAME)
    assert.ok(row)
    assert.match(String(row.cid), CID)
    assert.deepEqual([row.sha256, row.size, row.kind], [sha256, 3 * 1024 * 1024 + 7, 'file'])
    cid = String(row.cid)
  })

  test('search by words, prefix, SHA-256 and CID, through the index', async () => {
    for (const query of [['first', 'report'], ['rep*'], ['--sha256', sha256], ['--cid', cid]]) {
      const { code, lines } = await world.shoal(['search', ...query, '--via', 'index', '--json'], other)
      assert.equal(code, 0, query.join(' '))
      const [hit] = lines
      assert.deepEqual([hit?.event, hit?.cid, hit?.name, hit?.size], ['hit', cid, NAME, 3 * 1024 * 1024 + 7])
      const providers = hit?.providers as { peerId: string; name: string }[]
      assert.deepEqual([providers[0]?.peerId, providers[0]?.name], [owner.ready.peerId, 'owner'])
      assert.deepEqual(hit?.via, ['index'])
      const done = lines.at(-1) as { event: string; hits: number; ms: number; via: Record<string, object> }
      assert.deepEqual([done.event, done.hits, typeof done.ms], ['done', 1, 'number'])
      const { hits, messages, asked, firstHitHops, stopped, bytes, ms } = done.via.index as Record<
        string,
        number
      >
      assert.deepEqual(
        [hits, messages, asked, firstHitHops, stopped],
        [1, 2, 1, 1, 'complete'],
        'a request and a hit, to one server and back',
      )
      assert.ok(bytes! > 0)
      assert.equal(typeof ms, 'number')
    }
  })

  test('search without hits exits 3', async () => {
    const { code, lines } = await world.shoal(['search', 'nothing-of-this-kind', '--json'], other)
    assert.equal(code, 3)
    assert.deepEqual([lines.length, lines[0]?.event, lines[0]?.hits], [1, 'done', 0])
  })

  test('get by CID, by name and by link; --out as file and as folder', async () => {
    const into = world.folder('into')
    const cases: [string[], string][] = [
      [[cid, '--out', 'into/renamed.bin'], join(into, 'renamed.bin')],
      [[NAME, '--out', 'by-name'], join(world.folder('by-name'), NAME)],
      [[`shoal:${cid}?name=linked.bin`, '--out', 'by-name'], join(world.root, 'by-name', 'linked.bin')],
      [[`ipfs://${cid}`, '--out', join(into, 'absolute.bin')], join(into, 'absolute.bin')],
    ]
    for (const [args, path] of cases) {
      const { code, lines, stderr } = await world.shoal(['get', ...args, '--json'], other)
      assert.equal(code, 0, stderr)
      const done = lines.at(-1) as { [key: string]: unknown; sources: Record<string, number> }
      assert.deepEqual([done.event, done.cid, done.path], ['done', cid, path])
      assert.equal(done.bytes, 3 * 1024 * 1024 + 7)
      assert.equal(typeof done.ms, 'number')
      for (const line of lines.slice(0, -1)) assert.equal(line.event, 'progress')
      assert.equal(await sha256Of(path), sha256)
    }
  })

  test('get into a folder that does not exist yet, named by the slash at its end, makes it', async () => {
    const { code, lines } = await world.shoal(['get', NAME, '--out', 'not/there/', '--json'], other)
    assert.deepEqual([code, lines.at(-1)?.path], [0, join(world.root, 'not', 'there', NAME)])
  })

  test('get into a folder gives the file its own name, also when the folder has it under another one', async () => {
    const into = world.folder('again')
    for (const [out, path] of [
      ['again/other-name.bin', join(into, 'other-name.bin')],
      ['again', join(into, NAME)],
    ] as const) {
      const { code, lines } = await world.shoal(['get', NAME, '--out', out, '--json'], other)
      assert.deepEqual([code, lines.at(-1)?.path], [0, path])
      assert.equal(await sha256Of(path), sha256)
    }
  })

  test('get never overwrites a file that it did not make', async () => {
    const path = join(world.folder('precious'), 'mine.bin')
    writeFileSync(path, 'precious')
    const { code, lines } = await world.shoal(['get', cid, '--out', path, '--json'], other)
    assert.equal(code, 0)
    assert.equal(readFileSync(path, 'utf8'), 'precious')
    assert.equal(lines.at(-1)?.path, join(world.root, 'precious', 'mine (1).bin'))
  })

  test('get of a name that nobody has exits 3, of one that two files have exits 2 with both', async () => {
    const nobody = await world.shoal(['get', 'no-such-file.bin', '--json'], other)
    assert.equal(nobody.code, 3)
    assert.equal(nobody.lines.at(-1)?.event, 'error')

    for (const folder of ['one', 'two']) {
      const path = join(world.folder(folder), 'twin.bin')
      writeRandomFile(path, 100)
      const added = await world.shoal(['add', path, '--json'], owner)
      assert.equal(added.code, 0, added.stderr)
    }
    const twins = await until('both twins are found', async () => {
      const { lines } = await world.shoal(['search', 'twin', '--json'], other)
      return lines.at(-1)?.hits === 2 ? lines : undefined
    })
    const { code, lines } = await world.shoal(['get', 'twin.bin', '--json'], other)
    assert.equal(code, 2)
    const error = lines.at(-1) as { code: string; details: { candidates: { cid: string }[] } }
    assert.equal(error.code, 'AMBIGUOUS')
    const expected = new Set(twins.filter(({ event }) => event === 'hit').map((hit) => hit.cid))
    assert.deepEqual(new Set(error.details.candidates.map((each) => each.cid)), expected)
  })

  test('get of an unreachable CID with --timeout exits 4, stays in the list, and can be cancelled', async () => {
    const unknown = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
    const { code, lines, stderr } = await world.shoal(['get', unknown, '--timeout', '3', '--json'], other)
    assert.equal(code, 4)
    assert.equal(lines.at(-1)?.code, 'TIMED_OUT')
    assert.match(stderr, /^shoal: .*/m)
    const listed = await until('the download is in the list', async () => {
      const { lines: rows } = await world.shoal(['downloads', '--json'], other)
      return rows.find((row) => row.cid === unknown)
    })
    const cancelled = await world.shoal(['downloads', 'cancel', String(listed.id), '--json'], other)
    assert.equal(cancelled.code, 0, cancelled.stderr)
    assert.equal(cancelled.lines[0]?.state, 'cancelled')
    assert.equal((await world.shoal(['downloads', 'pause', 'no-such-id', '--json'], other)).code, 3)
  })

  test('Ctrl-C pauses a get, exits 1 and says how to resume', async () => {
    const unknown = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
    const command = world.command(['get', unknown, '--json'], other)
    const first = await command.lines[Symbol.asyncIterator]().next()
    const { id } = first.value as { id: string }
    command.send('SIGINT')
    const { code, lines, stderr } = await command.result
    assert.deepEqual([code, lines.at(-1)?.code], [1, 'CANCELLED'])
    assert.ok(stderr.includes(`shoal downloads resume --data ${other.data} ${id}`), stderr)
    const { lines: rows } = await world.shoal(['downloads', '--json'], other)
    assert.equal(rows.find((row) => row.id === id)?.state, 'paused')
    const resumed = await world.shoal(['downloads', 'resume', id, '--json'], other)
    assert.equal(resumed.code, 0, resumed.stderr)
    assert.notEqual(resumed.lines[0]?.state, 'paused')
    assert.equal((await world.shoal(['downloads', 'cancel', id, '--json'], other)).code, 0)
  })

  test('add and rm of a file and of a folder', async () => {
    const tree = world.folder('tree')
    mkdirSync(join(tree, 'below'))
    const sums = [writeRandomFile(join(tree, 'a.txt'), 10), writeRandomFile(join(tree, 'below', 'b.txt'), 20)]
    const added = await world.shoal(['add', 'tree', '--json'], other)
    assert.equal(added.code, 0, added.stderr)
    assert.ok(added.lines.every(({ event, cid: each }) => event === 'added' && CID.test(String(each))))
    const files = added.lines.slice(0, -1)
    assert.deepEqual(files.map((line) => line.sha256).sort(), sums.sort())
    const last = added.lines.at(-1)
    assert.deepEqual([last?.kind, last?.name, last?.size], ['folder', 'tree', 30])

    const listed = (await world.shoal(['ls', '--folders', '--json'], other)).lines.map((row) => row.cid)
    for (const { cid: each } of added.lines) assert.ok(listed.includes(each))

    const removed = await world.shoal(['rm', 'tree', '--json'], other)
    assert.equal(removed.code, 0, removed.stderr)
    assert.equal(removed.lines[0]?.event, 'removed')
    const rest = (await world.shoal(['ls', '--folders', '--json'], other)).lines.map((row) => row.cid)
    for (const { cid: each } of added.lines) assert.ok(!rest.includes(each))
    assert.ok(statSync(join(tree, 'a.txt')).isFile())
    assert.equal((await world.shoal(['rm', 'tree', '--json'], other)).code, 3)
    assert.equal((await world.shoal(['add', 'not-there', '--json'], other)).code, 3)
  })

  test('peers, id and status', async () => {
    const row = await until('the other peer is known', async () => {
      const { code, lines } = await world.shoal(['peers', '--json'], other)
      assert.equal(code, 0)
      return lines.find(({ peerId }) => peerId === owner.ready.peerId)
    })
    assert.deepEqual([row.name, row.addr, row.road], ['owner', owner.ready.grpc, 'direct'])
    await until('the other peer is a neighbour, by way of the index server', async () => {
      const { lines } = await world.shoal(['peers', '--json'], other)
      const now = lines.find(({ peerId }) => peerId === owner.ready.peerId)
      return (now?.state === 'alive' && now.neighbour === true && now.zone === '') || undefined
    })
    assert.equal(typeof row.lastSeenMs, 'number')
    const id = await world.shoal(['id', '--json'], other)
    assert.deepEqual([id.code, id.lines[0]?.peerId], [0, other.ready.peerId])
    const status = await world.shoal(['status', '--json'], other)
    assert.deepEqual(
      [status.code, status.lines.length, status.lines[0]?.peerId, status.lines[0]?.name],
      [0, 1, other.ready.peerId, 'other'],
    )
    const { reachability, relay, dht, privateNetwork } = status.lines[0]!
    assert.deepEqual([reachability, privateNetwork], ['local', null])
    assert.deepEqual(relay, { reservations: [], serving: null })
    assert.ok(['client', 'server'].includes((dht as { mode: string }).mode))
  })

  test('config lists, gets, sets and refuses', async () => {
    const all = await world.shoal(['config', '--json'], other)
    assert.equal(all.code, 0)
    assert.ok(all.lines.some(({ key }) => key === 'searchTimeoutMs'))
    const set = await world.shoal(['config', 'set', 'searchTimeoutMs', '7000', '--json'], other)
    assert.deepEqual([set.code, set.lines[0]?.value, set.lines[0]?.restartNeeded], [0, 7000, false])
    const got = await world.shoal(['config', 'get', 'searchTimeoutMs', '--json'], other)
    assert.deepEqual([got.lines[0]?.value, got.lines[0]?.source], [7000, 'file'])
    const refused = await world.shoal(['config', 'set', 'searchTimeoutMs', 'soon', '--json'], other)
    assert.equal(refused.code, 2)
    assert.equal((await world.shoal(['config', 'get', 'no-such-setting', '--json'], other)).code, 3)
  })

  test('a node is found by its address too, with the token that it noted for its port', async () => {
    const path = join(world.folder('addressed'), 'x.bin')
    writeRandomFile(path, 5)
    const { code, stderr } = await world.shoal(['add', path, '--node', owner.ready.http, '--json'])
    assert.equal(code, 0, stderr)
  })

  test('completion, help and usage errors', async () => {
    const script = await world.shoal(['completion', 'bash'])
    assert.equal(script.code, 0)
    assert.match(script.stdout, /complete -F _shoal shoal/)
    assert.equal((await world.shoal(['help', 'get'])).code, 0)
    const wrong = await world.shoal(['ls', '--no-such-option', '--json'], owner)
    assert.equal(wrong.code, 2)
    assert.equal(wrong.lines.at(-1)?.event, 'error')
  })

  test('without a node: exit 1, and what to do', async () => {
    const { code, lines, stderr } = await world.shoal(['ls', '--json'])
    assert.deepEqual([code, lines.at(-1)?.code], [1, 'NODE_UNREACHABLE'])
    assert.match(stderr, /shoal start/)
  })
})
