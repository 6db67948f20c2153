import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const tokenOf = (node: ShoalProcess) => readFileSync(join(node.data, 'api.token'), 'utf8').trim()
const bearer = (node: ShoalProcess) => ({ authorization: `Bearer ${tokenOf(node)}` })

/** Nodes that have a locator with nobody in it: all that one knows of the other stands in a link. */
describe('a link is enough to find a file', () => {
  const world = newWorld()
  let owner: ShoalProcess
  let other: ShoalProcess
  let third: ShoalProcess
  const args = ['--discovery', 'dht']

  const link = async (target: string, on = owner) => {
    const { code, lines, stderr } = await world.shoal(['share', target, '--json'], on)
    assert.equal(code, 0, stderr)
    return lines.at(-1) as { cid: string; name: string; size: number; shoal: string; http: string }
  }
  const open = async (text: string, on: ShoalProcess) => {
    const answer = await fetch(`${on.ready.http}/api/v1/links`, {
      method: 'POST',
      headers: { ...bearer(on), 'content-type': 'application/json' },
      body: JSON.stringify({ link: text }),
    })
    return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) }
  }
  const peersOf = async (node: ShoalProcess) =>
    (
      (await (await fetch(`${node.ready.http}/api/v1/debug`, { headers: bearer(node) })).json()) as {
        links: { links: unknown[] }
      }
    ).links.links.length

  before(async () => {
    const start = (name: string) => world.startNode({ name, args })
    ;[owner, other, third] = await Promise.all([start('owner'), start('other'), start('third')])
  })
  after(() => world[Symbol.asyncDispose]())

  test('get LINK fetches a file that no locator knows', async () => {
    const path = join(world.root, "Été #1 & 100% 'v2'.bin")
    writeRandomFile(path, 3 * MIB + 7)
    const { cid, name, size, shoal } = await link(path)
    assert.deepEqual([name, size], ["Été #1 & 100% 'v2'.bin", 3 * MIB + 7])
    assert.match(shoal, new RegExp(`^shoal:${cid}\\?name=.*&size=${size}&peer=${owner.ready.peerId}@`))
    const got = await world.shoal(['get', shoal, '--json'], other)
    assert.equal(got.code, 0, got.stderr)
    const done = got.lines.at(-1) as { path: string; sources: Record<string, number> }
    assert.deepEqual(readFileSync(done.path), readFileSync(path))
    assert.deepEqual(Object.keys(done.sources), [owner.ready.peerId])
    assert.ok(done.path.endsWith(name), done.path)

    // Who has it by now names the one it came from as well.
    const next = await link(cid, other)
    assert.ok(next.shoal.includes(`peer=${other.ready.peerId}@`), next.shoal)
    assert.ok(next.shoal.includes(`peer=${owner.ready.peerId}@`), next.shoal)
  })

  test('a link that was opened is read through the gateway; until then nobody is called', async () => {
    const path = join(world.root, 'opened.bin')
    writeRandomFile(path, 2 * MIB + 1)
    const { cid, http } = await link(path)
    const own = await fetch(http)
    assert.equal(own.status, 200, 'a gateway passes over what it does not know')
    assert.match(own.headers.get('content-disposition') ?? '', /opened\.bin/)
    await own.body?.cancel()
    const text = http.replace(owner.ready.http, 'https://gateway.example')
    await fetch(`${third.ready.http}/api/v1/targets?target=${encodeURIComponent(text)}`)
    assert.deepEqual(await open(text, third), {
      ...{ status: 200, cid, name: 'opened.bin', size: 2 * MIB + 1, shared: false },
      peers: [{ peerId: owner.ready.peerId, addresses: [owner.ready.grpc, ...p2pOf(text)] }],
    })
    await sleep(300)
    assert.equal(await peersOf(third), 0)
    const answer = await fetch(`${third.ready.http}/ipfs/${cid}`)
    assert.equal(answer.status, 200)
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), readFileSync(path))
    assert.equal(await peersOf(third), 1)
    const piped = await world.shoal(['get', '--stream', text], third)
    assert.equal(piped.code, 0, piped.stderr)
  })

  test('a folder comes by its link, with the files in it', async () => {
    const folder = world.folder('album')
    mkdirSync(join(folder, 'disc 1'))
    writeRandomFile(join(folder, 'disc 1', 'long.bin'), 2 * MIB + 3)
    writeRandomFile(join(folder, 'short.txt'), 10)
    const { cid, shoal } = await link(folder)
    const got = await world.shoal(['get', shoal, '--json'], third)
    assert.equal(got.code, 0, got.stderr)
    const done = got.lines.at(-1) as { path: string; cid: string }
    assert.equal(done.cid, cid)
    for (const name of ['disc 1/long.bin', 'short.txt'])
      assert.deepEqual(readFileSync(join(done.path, name)), readFileSync(join(folder, name)))
  })

  test('a link that names the wrong peer at an address gives nothing, and harms nothing', async () => {
    const path = join(world.root, 'wrong.bin')
    writeRandomFile(path, 1000)
    const { cid } = await link(path)
    // Another peer is said to be where the owner is.
    const wrong = `shoal:${cid}?peer=${other.ready.peerId}@${owner.ready.grpc}`
    const failed = await world.shoal(['get', wrong, '--json', '--timeout', '6'], third)
    assert.ok(failed.code === 3 || failed.code === 4, failed.stderr)
    const right = await world.shoal(['get', (await link(path)).shoal, '--json', '--timeout', '60'], third)
    assert.equal(right.code, 0, right.stderr)
  })

  test('what a page sends is stored, shared, and found by its link', async () => {
    const bytes = randomBytes(1_500_000)
    const put = (name: string, body: Uint8Array) =>
      fetch(`${owner.ready.http}/api/v1/library/files/${encodeURIComponent(name)}`, {
        method: 'PUT',
        headers: bearer(owner),
        body: Buffer.from(body),
      })
    const first = await put('a/päge.bin', bytes)
    assert.equal(first.status, 201)
    const entry = (await first.json()) as { cid: string; sha256: string; file: string; name: string }
    assert.equal(entry.sha256, createHash('sha256').update(bytes).digest('hex'))
    assert.equal(entry.file, join(owner.data, 'downloads', 'shared', 'a_päge.bin'))
    const again = await put('a/päge.bin', bytes)
    assert.equal(again.status, 200)
    const changed = await put('a/päge.bin', bytes.subarray(1))
    assert.deepEqual(
      [changed.status, ((await changed.json()) as { name: string }).name],
      [201, 'a_päge (2).bin'],
    )
    const empty = await put('empty', new Uint8Array())
    assert.equal(empty.status, 201)
    const got = await world.shoal(['get', (await link(entry.cid)).shoal, '--json'], other)
    assert.equal(got.code, 0, got.stderr)
  })

  test('300 MiB come in with flat memory, and what breaks off leaves nothing', async () => {
    const rssOf = (pid: number) =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
    const send = (name: string, chunks: number, cutAfter = chunks) =>
      new Promise<number>((resolve) => {
        const call = request(`${owner.ready.http}/api/v1/library/files/${name}`, {
          method: 'PUT',
          headers: { ...bearer(owner), 'content-length': chunks * MIB },
        })
        call.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)))
        call.on('error', () => resolve(0))
        const chunk = randomBytes(MIB)
        let sent = 0
        const more = () => {
          while (sent < cutAfter) {
            chunk.writeUInt32BE(sent++)
            if (!call.write(Buffer.from(chunk))) return void call.once('drain', more)
          }
          if (cutAfter < chunks) call.destroy()
          else call.end()
        }
        more()
      })
    const folder = join(owner.data, 'downloads', 'shared')
    const before = readdirSync(folder).sort()
    assert.equal(await send('cut.bin', 20, 10), 0)
    await until('nothing is left', async () =>
      readdirSync(folder).sort().join() === before.join() ? true : undefined,
    )
    const start = rssOf(owner.pid)
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, rssOf(owner.pid))
    }, 50)
    try {
      assert.equal(await send('long.bin', 300), 201)
    } finally {
      clearInterval(watch)
    }
    assert.ok(most - start < 120 * MIB, `grew by ${Math.round((most - start) / MIB)} MiB`)
  })
})

/** Multiaddrs of the one peer of a link. */
const p2pOf = (link: string) =>
  new URL(link).searchParams
    .get('peer')!
    .split('@')[1]!
    .split(',')
    .filter((address) => address.startsWith('/'))
