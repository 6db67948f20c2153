import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'

const BIN = fileURLToPath(new URL('../../bin/shoal', import.meta.url))
const MIB = 1024 * 1024
const SIZE = 20 * MIB + 321

interface Command {
  code: number | null
  bytes: Buffer
  stderr: string
}

async function run(args: readonly string[], on: ShoalProcess): Promise<Command> {
  const child = spawn(BIN, [...args, '--data', on.data], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [bytes, stderr] = await Promise.all(
    [child.stdout, child.stderr].map(async (stream) =>
      Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>)),
    ),
  )
  const [code] = (await closed) as [number | null]
  return { code, bytes: bytes!, stderr: stderr!.toString() }
}

suite('content of others, read through a node that has nothing', () => {
  let world: World
  let node: ShoalProcess
  let sources: ShoalProcess[]
  let cid = ''
  let folderCid = ''
  let bytes: Buffer
  let song: Buffer

  before(async () => {
    world = newWorld()
    const index = await world.startIndex()
    const [a, b] = [world.folder('a'), world.folder('b')]
    writeRandomFile(join(a, 'big one.bin'), SIZE)
    copyFileSync(join(a, 'big one.bin'), join(b, 'big one.bin'))
    mkdirSync(join(a, 'album', 'disc'), { recursive: true })
    writeRandomFile(join(a, 'album', 'disc', 'song.flac'), 2 * MIB + 1)
    bytes = readFileSync(join(a, 'big one.bin'))
    song = readFileSync(join(a, 'album', 'disc', 'song.flac'))
    const servers = { index: [index.ready.grpc] }
    const started = ['reader', 'source-a', 'source-b'].map((name) => world.startNode({ name, ...servers }))
    const [first, ...others] = await Promise.all(started)
    node = first!
    sources = others
    const added = await world.shoal(['add', a, '--json'], sources[0])
    cid = String(added.lines.find(({ name }) => name === 'big one.bin')?.cid)
    folderCid = String(added.lines.at(-1)?.cid)
    await world.shoal(['add', b, '--json'], sources[1])
  })
  after(() => world[Symbol.asyncDispose]())

  test('the gateway: ranges of a file, the whole, a file in a folder; nothing is kept', async () => {
    const url = `${node.ready.http}/ipfs/${cid}`
    for (const [range, from, end] of [
      ['bytes=7340000-9000000', 7_340_000, 9_000_001],
      ['bytes=-1000', SIZE - 1000, SIZE],
    ] as const) {
      const part = await fetch(url, { headers: { range } })
      assert.deepEqual([part.status, await part.bytes()], [206, new Uint8Array(bytes.subarray(from, end))])
    }
    assert.ok(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes))
    const inside = await fetch(`${node.ready.http}/ipfs/${folderCid}/album/disc/song.flac`)
    assert.ok(Buffer.from(await inside.arrayBuffer()).equals(song))
    const page = await fetch(`${node.ready.http}/ipfs/${folderCid}/album/`)
    assert.match(await page.text(), /disc/)
    const { lines } = await world.shoal(['downloads', '--json'], node)
    assert.deepEqual(lines, [])
    const shared = await world.shoal(['ls', '--json'], node)
    assert.deepEqual(shared.lines, [])
    assert.ok(!readdirSync(node.data).includes('downloads'))
  })

  test('only-if-cached asks nobody else; what nobody has is 404', async () => {
    const headers = { 'cache-control': 'only-if-cached' }
    const url = `${node.ready.http}/ipfs/${cid}`
    assert.equal((await fetch(url, { headers })).status, 412)
    const nobody = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
    assert.equal((await fetch(`${node.ready.http}/ipfs/${nobody}`)).status, 404)
  })

  test('shoal get --stream: by CID and by name, the bytes of the file', async () => {
    for (const target of [cid, 'big one.bin']) {
      const { code, bytes: got, stderr } = await run(['get', '--stream', target], node)
      assert.deepEqual([code, stderr], [0, ''])
      assert.ok(got.equals(bytes), target)
    }
    const folder = await run(['get', '--stream', folderCid], node)
    assert.deepEqual([folder.code, folder.bytes.length], [2, 0])
    const both = await run(['get', '--stream', cid, '--json'], node)
    assert.equal(both.code, 2)
  })

  test('shoal get --stream | head: a reader that leaves early is no error', async () => {
    const child = spawn(BIN, ['get', '--stream', cid, '--data', node.data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    assert.deepEqual([...(await closed), stderr], [0, null, ''])
  })

  test('a source that is killed in the middle is replaced by the other one', async () => {
    const answer = await fetch(`${node.ready.http}/ipfs/${cid}`)
    const chunks: Uint8Array[] = []
    for await (const chunk of answer.body!) {
      if (chunks.length === 1) await sources[0]!.kill()
      chunks.push(chunk)
    }
    assert.ok(Buffer.concat(chunks).equals(bytes))
  })
})
