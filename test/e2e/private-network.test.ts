import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { receivedFrom, startRecorder } from '../link/private-harness.ts'
import { sha256Of } from '../support/files.ts'
import { findAll, type SharingNode, startChain } from '../support/network.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MEMBERS = 4
const DIALS = 1000
/** Connections of a scanner at a time. */
const SCAN_WIDTH = 50
const WORD = 'tide'

/** Puts the data folder of a node or index server that does not run yet into a network. */
async function enter(world: World, name: string, text?: string): Promise<string> {
  const args = text === undefined ? ['create', '--name', 'home'] : ['join', text]
  const data = world.folder(`data-${name}`)
  const { code, lines, stderr } = await world.shoal(['network', ...args, '--data', data, '--json'])
  assert.equal(code, 0, stderr)
  return String(lines[0]?.text)
}

/** TCP ports on which processes listen for others: gRPC and libp2p. */
function portsOf(processes: readonly ShoalProcess[]): number[] {
  return processes.flatMap(({ ready }) => {
    const grpc = Number(ready.grpc.split(':').at(-1))
    const p2p = ready.p2p.map((address) => Number(/\/tcp\/(\d+)/.exec(address)?.[1]))
    return [grpc, ...p2p]
  })
}

/** What a stranger gets who connects and says what one says to the servers of this world. */
async function scan(ports: readonly number[]): Promise<Buffer> {
  const openings = [
    Buffer.alloc(0),
    randomBytes(300),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
    Buffer.from('\x13/multistream/1.0.0\n'),
    // The beginning of a TLS ClientHello.
    Buffer.concat([Buffer.from('160301020001', 'hex'), randomBytes(600)]),
  ]
  const received: Buffer[] = []
  let started = 0
  const dialOn = async () => {
    while (started < DIALS) {
      const i = started++
      const socket = connect(ports[i % ports.length]!, '127.0.0.1')
      const all = receivedFrom(socket)
      // What is left open is cut by the server in time; an end from this side is quicker.
      socket.write(openings[i % openings.length]!)
      socket.once('connect', () => setTimeout(() => socket.end(), 100))
      setTimeout(() => socket.destroy(), 2000)
      received.push(await all)
    }
  }
  await Promise.all(Array.from({ length: SCAN_WIDTH }, dialOn))
  return Buffer.concat(received)
}

async function findsAll(
  node: SharingNode,
  members: readonly SharingNode[],
  via: string,
): Promise<true | undefined> {
  const { names } = await findAll(node, WORD, via)
  const wanted = members.filter((other) => other !== node).flatMap(({ files }) => files)
  return wanted.every(({ name }) => names.has(name)) || undefined
}

test('a private network of four: members find and fetch, strangers learn nothing, and nothing passes in the clear', async (t) => {
  await using world = newWorld()
  const text = await enter(world, 'index')
  for (let i = 0; i < MEMBERS; i++) await enter(world, `node-${i}`, text)
  const index = await world.startIndex({ name: 'index' })
  await using recorder = await startRecorder(Number(index.ready.grpc.split(':').at(-1)))
  const members = await startChain(world, MEMBERS, { index: [recorder.address] })
  for (const via of ['index', 'zone', 'flood', 'dht'])
    for (const node of members)
      await until(`${node.name} finds all via ${via}`, () => findsAll(node, members, via), 60_000)
  const first = members[0]!
  const last = members.at(-1)!
  const wanted = last.files[0]!
  const got = await world.shoal(
    ['get', wanted.name, '--out', join(world.root, 'got.txt'), '--json'],
    first.process,
  )
  assert.equal(got.code, 0, got.stderr)
  assert.equal(await sha256Of(join(world.root, 'got.txt')), wanted.sha256)
  const cid = String(got.lines.at(-1)?.cid)
  const put = await world.shoal(['kv', 'put', 'harbour-code', 'cormorant', '--json'], last.process)
  assert.equal(put.code, 0, put.stderr)
  const read = await world.shoal(['kv', 'get', 'harbour-code'], first.process)
  assert.equal(read.stdout.trim(), 'cormorant', read.stderr)

  const servers = [index, ...members.map(({ process }) => process)]
  const peerIds = servers.map(({ ready }) => ready.peerId)
  const secrets = [
    ...peerIds,
    ...members.flatMap(({ files }) => files.map(({ name }) => name)),
    'tide of',
    'cormorant',
  ]
  /** The first secret in what somebody saw. */
  const leak = (seen: string | Buffer) => secrets.find((secret) => seen.includes(secret))

  const recorded = Buffer.concat([recorder.sent(), recorder.answered()])
  assert.ok(recorded.length > 5000, 'the session with the index server was recorded')
  assert.equal(leak(recorded), undefined)

  await t.test('three strangers who dial, search and fetch', async () => {
    await enter(world, 'of-another-network')
    const chosen = ['public', 'of-another-network', 'curious']
    const peers = members.flatMap(({ process }) => ['--peer', process.ready.grpc])
    const strangers = await Promise.all(
      chosen.map((name) => world.startNode({ name, index: [index.ready.grpc], args: peers })),
    )
    const attempts = [
      ['search', WORD, '--timeout', '3'],
      ['search', wanted.word, '--via', 'index,zone,flood', '--timeout', '3'],
      ['search', wanted.word, '--via', 'dht', '--timeout', '3'],
      ['kv', 'get', 'harbour-code'],
      ['get', cid, '--timeout', '5'],
      ['get', wanted.name, '--timeout', '5'],
    ]
    await Promise.all(
      strangers.map(async (stranger) => {
        const said: string[] = []
        for (const args of attempts) {
          const { code, stdout, stderr } = await world.shoal([...args, '--json'], stranger)
          assert.notEqual(code, 0, `${args}: ${stdout}`)
          // What was asked for may be named in the answer.
          said.push(`${stdout}${stderr}`.replaceAll(wanted.name, ''))
        }
        for (const command of ['peers', 'status'])
          said.push((await world.shoal([command, '--json'], stranger)).stdout)
        assert.equal(leak(said.join('\n')), undefined, said.join('\n'))
        assert.equal(leak(stranger.log().replaceAll(wanted.name, '')), undefined, stranger.log())
        await stranger.stop()
      }),
    )
  })

  await t.test('a thousand raw dials, and a member finds meanwhile', async () => {
    const scanned = scan(portsOf(servers))
    for (let i = 0; i < 5; i++) assert.ok(await findsAll(first, members, 'index'))
    const seen = await scanned
    t.diagnostic(`${seen.length} bytes came back for ${DIALS} dials`)
    assert.equal(leak(seen), undefined)
    assert.ok(!seen.includes('shoal') && !seen.includes('12D3Koo'))
    const onlyGrpc = await scan(servers.map(({ ready }) => Number(ready.grpc.split(':').at(-1))))
    assert.equal(onlyGrpc.length, 0, 'gRPC says nothing at all')
  })

  await t.test('who is taken off the list is cut off while the node runs', async () => {
    const others = peerIds.filter((peerId) => peerId !== first.peerId)
    const change = async (...args: string[]) => {
      const { code, stderr } = await world.shoal(['network', ...args, '--json'], last.process)
      assert.equal(code, 0, stderr)
    }
    await change('allow', ...others)
    await until('the list is read', () => last.process.log().includes('read anew') || undefined)
    const out = join(world.root, 'other.txt')
    const other = last.files[1]!
    const fetch = () =>
      world.shoal(['get', other.name, '--timeout', '4', '--out', out, '--json'], first.process)
    assert.notEqual((await fetch()).code, 0)
    await change('allow', '--everybody')
    await until('it may fetch again', async () => (await fetch()).code === 0 || undefined)
    assert.equal(await sha256Of(out), other.sha256)
  })

  for (const { process } of members) assert.match(process.log(), /private network/)
})
