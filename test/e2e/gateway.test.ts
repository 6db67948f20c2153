import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fallbackRouter } from '@helia/fallback-router'
import { trustlessGatewayBlockBroker } from '@helia/trustless-gateway-client'
import { type UnixFS, unixfs } from '@helia/unixfs'
import { CarReader } from '@ipld/car'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'

const MIB = 1024 * 1024
const BIG = 'big 数据.bin'
const SIZE = 5 * MIB + 321

/**
 * Helia's own HTTP client of trustless gateways under its own UnixFS, told of one gateway; nothing in between but a place to keep no block
 * in. Each block is checked against its CID as Helia does it.
 */
function heliaOver(gateway: string): { files: UnixFS; asked: string[] } {
  const quiet = () => Object.assign(() => undefined, { error: () => undefined, trace: () => undefined })
  const logger = { forComponent: quiet }
  const routing = fallbackRouter({ gateways: [gateway] })
  const client = trustlessGatewayBlockBroker({ allowInsecure: true, allowLocal: true })
  const broker = client({ routing, logger } as unknown as Parameters<typeof client>[0])
  const asked: string[] = []
  const blockstore = {
    async *get(cid: CID) {
      asked.push(cid.toString())
      yield await broker.retrieve!(cid, {
        validateFn: async (block) => {
          const { digest } = await sha256.digest(block)
          if (Buffer.compare(digest, cid.multihash.digest) !== 0) throw new Error(`wrong block for ${cid}`)
        },
      })
    },
    has: async () => false,
    put: async (cid: CID) => cid,
  }
  return { files: unixfs({ blockstore } as unknown as Parameters<typeof unixfs>[0]), asked }
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks))
}

suite('the gateway of a node', () => {
  let world: World
  let node: ShoalProcess
  let folderCid = ''
  let bigCid = ''
  let bytes: Buffer

  before(async () => {
    world = newWorld()
    const album = world.folder('album')
    mkdirSync(join(album, 'disc 1'))
    writeRandomFile(join(album, BIG), SIZE)
    writeRandomFile(join(album, 'disc 1', 'song é.flac'), 2 * MIB + 1)
    bytes = readFileSync(join(album, BIG))
    node = await world.startNode({ name: 'gateway' })
    const added = await world.shoal(['add', album, '--json'], node)
    assert.equal(added.code, 0, added.stderr)
    folderCid = String(added.lines.at(-1)?.cid)
    bigCid = String(added.lines.find(({ name }) => name === BIG)?.cid)
  })
  after(() => world[Symbol.asyncDispose]())

  test('an unmodified IPFS client fetches a file of several blocks', async () => {
    const { files, asked } = heliaOver(node.ready.http)
    assert.deepEqual(await read(files.cat(CID.parse(bigCid))), bytes)
    assert.equal(asked.length, 7, 'the root and six blocks')
  })

  test('… a range of it, with the blocks of the range alone', async () => {
    const { files, asked } = heliaOver(node.ready.http)
    const [offset, length] = [2 * MIB - 10, MIB + 20]
    assert.deepEqual(
      await read(files.cat(CID.parse(bigCid), { offset, length })),
      bytes.subarray(offset, offset + length),
    )
    assert.equal(asked.length, 4)
  })

  test('… the list of a folder, and a file in a folder in it', async () => {
    const { files } = heliaOver(node.ready.http)
    const names = (await Array.fromAsync(files.ls(CID.parse(folderCid)))).map(({ name }) => name)
    assert.deepEqual(names.sort(), ['disc 1', BIG].sort())
    const song = readFileSync(join(world.root, 'album', 'disc 1', 'song é.flac'))
    assert.deepEqual(await read(files.cat(CID.parse(folderCid), { path: 'disc 1/song é.flac' })), song)
  })

  test('plain HTTP: a range through a path, and a CAR of it all', async () => {
    const path = `${node.ready.http}/ipfs/${folderCid}/${encodeURIComponent(BIG)}`
    const part = await fetch(path, { headers: { range: 'bytes=-1000' } })
    assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, bytes.subarray(-1000)])
    const answer = await fetch(`${node.ready.http}/ipfs/${folderCid}?format=car`)
    const car = await CarReader.fromIterable(answer.body!)
    let blocks = 0
    for await (const block of car.blocks()) {
      const digest = createHash('sha256').update(block.bytes).digest()
      assert.deepEqual(digest, Buffer.from(block.cid.multihash.digest))
      blocks++
    }
    assert.equal(blocks, 2 + 7 + 4, 'two folders, two files')
  })

  test('what is removed is not served any more; other names for the node are refused', async () => {
    const file = join(world.folder('alone'), 'x.txt')
    writeRandomFile(file, 100)
    const added = await world.shoal(['add', file, '--json'], node)
    const url = `${node.ready.http}/ipfs/${added.lines.at(-1)?.cid}`
    assert.equal((await fetch(url)).status, 200)
    assert.equal((await world.shoal(['rm', file, '--json'], node)).code, 0)
    assert.equal((await fetch(url)).status, 404)
    assert.equal((await fetch(url, { headers: { origin: 'http://evil.example' } })).status, 403)
  })
})
