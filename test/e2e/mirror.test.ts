import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { MirrorServer } from '../../src/transfer/testing/mirror-server.ts'
import { sha256Of, writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const SIZE = 24 * MIB + 4321
/** Slow enough that the owner can die in the middle. */
const OWNER = { SHOAL_UPLOAD_LIMIT_LAN: '4MiB/s' }

describe('files from HTTP mirrors, over the command line', () => {
  const world = newWorld()
  let owner: ShoalProcess
  let servers: string[]
  let mirror: MirrorServer
  let cid = ''
  let sha256 = ''
  let isOpen = false
  const held: (() => void)[] = []

  const startOwner = () =>
    world.startNode({ name: 'owner', shares: [join(world.root, 'shared')], index: servers, env: OWNER })
  const startFetcher = (name: string) => world.startNode({ name, index: servers })
  const openMirror = () => {
    isOpen = true
    for (const drop of held.splice(0)) drop()
  }

  before(async () => {
    const index = await world.startIndex()
    servers = [index.ready.grpc]
    const file = join(world.folder('shared'), 'big.bin')
    sha256 = writeRandomFile(file, SIZE)
    mirror = await MirrorServer.start({ '/pub/big.bin': readFileSync(file) })
    // Says that it has the file; gives nothing before it is opened.
    mirror.twist = ({ headers, url }, response) => {
      if (isOpen || headers.range === 'bytes=0-0' || url === '/none') return false
      held.push(() => response.destroy())
      return true
    }
    owner = await startOwner()
    cid = await until('the file is shared', async () => {
      const { lines } = await world.shoal(['ls', '--json'], owner)
      return lines[0]?.cid === undefined ? undefined : String(lines[0].cid)
    })
  })
  after(async () => {
    await world[Symbol.asyncDispose]()
    await mirror.stop()
  })

  test('the owner dies, and the mirror gives the rest', async () => {
    isOpen = false
    const fetcher = await startFetcher('one')
    const url = `${mirror.url}/pub/big.bin`
    const mirrors = ['--mirror', url.replace('//', '//ada:secret@'), '--mirror', `${mirror.url}/none`]
    const getting = world.command(['get', cid, '--out', 'one.bin', ...mirrors, '--json'], fetcher)
    await until('some came from the owner', async () => {
      const { lines } = await world.shoal(['downloads', '--json'], fetcher)
      const [row] = lines as { doneBytes: number; activeSources: { addr: string }[] }[]
      return row && row.doneBytes > 0 && row.activeSources.some(({ addr }) => addr === url) ? row : undefined
    })
    await owner.kill()
    openMirror()
    const { code, lines, stdout, stderr } = await getting.result
    assert.equal(code, 0, stderr)
    const done = lines.at(-1) as {
      path: string
      sources: Record<string, number>
      dropped: { peerId: string }[]
    }
    assert.equal(await sha256Of(done.path), sha256)
    assert.ok(done.sources[owner.ready.peerId]! > 0)
    assert.ok(done.sources[`mirror:${url}`]! > 0)
    const none = done.dropped.find(({ peerId }) => peerId === `mirror:${mirror.url}/none`)
    assert.match(JSON.stringify(none), /404/)
    assert.doesNotMatch(stdout + stderr + fetcher.log(), /secret/)
    // It would give the file to the next one.
    await fetcher.kill()
  })

  test('a node that is killed knows its mirrors when it is back, and needs nobody else', async () => {
    isOpen = false
    owner = await startOwner()
    let fetcher = await startFetcher('two')
    const url = `${mirror.url}/pub/big.bin`
    const getting = world.command(['get', cid, '--out', 'two.bin', '--mirror', url, '--json'], fetcher)
    const downloads = async () => (await world.shoal(['downloads', '--json'], fetcher)).lines[0]
    await until('some came from the owner', async () => {
      const row = await downloads()
      return Number(row?.doneBytes) > 0 ? row : undefined
    })
    await Promise.all([fetcher.kill(), owner.kill()])
    await getting.result
    openMirror()
    fetcher = await startFetcher('two')
    const done = await until('the mirror gave it', async () => {
      const row = await downloads()
      return row?.state === 'done' ? row : undefined
    })
    assert.equal(await sha256Of(String(done.path)), sha256)
    assert.ok((done.sources as Record<string, number>)[`mirror:${url}`]! > 0, JSON.stringify(done))
    await fetcher.kill()
  })

  test('the gateway of another node is a mirror like any', async () => {
    owner = await startOwner()
    const fetcher = await startFetcher('four')
    const url = `${owner.ready.http}/ipfs/${cid}`
    const args = ['get', cid, '--out', 'four.bin', '--mirror', url, '--json']
    const { code, lines, stderr } = await world.shoal(args, fetcher)
    assert.equal(code, 0, stderr)
    const done = lines.at(-1) as { path: string; sources: Record<string, number> }
    assert.equal(await sha256Of(done.path), sha256)
    assert.ok(done.sources[`mirror:${url}`]! > 0, JSON.stringify(done))
    await Promise.all([owner.kill(), fetcher.kill()])
  })

  test('what is no mirror is refused at once, and passwords are not repeated', async () => {
    const fetcher = await startFetcher('three')
    for (const url of ['example.org/a', 'ftp://ada:secret@example.org/a']) {
      const { code, stdout, stderr } = await world.shoal(['get', cid, '--mirror', url], fetcher)
      assert.equal(code, 2)
      assert.match(stderr, /Give a URL such as https:/)
      assert.doesNotMatch(stdout + stderr + fetcher.log(), /secret/)
    }
  })
})
