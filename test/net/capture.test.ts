// What somebody sees who listens to all packets of a private network.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256Of } from '../support/files.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'
import { capture, makeAlone, whyNoCapture } from './capture.ts'
import { whyNoHomes } from './homes.ts'

const skip = whyNoHomes() ?? whyNoCapture() ?? false
/** Those of the HTTP API, which is for this machine's own programs and is not encrypted. */
const HTTP_PORTS = [8080, 8081, 8082]
const NAME = 'cormorants at dawn.txt'
const LINE = 'A heron stands in the reeds.\n'
const VALUE = 'low water at six'

test('a packet capture of a private network holds no name, no word, no content, no PeerId', {
  skip,
}, async () => {
  using alone = makeAlone()
  await using world = newWorld()
  const { inside } = alone
  const http = HTTP_PORTS.map((port) => `tcp port ${port}`).join(' or ')
  using between = await capture(alone, join(world.root, 'between.pcap'), `not (${http})`)
  using control = await capture(alone, join(world.root, 'control.pcap'), http)

  const enter = async (name: string, ...args: string[]) => {
    const result = await world.shoal(['network', ...args, '--data', world.folder(`data-${name}`), '--json'])
    assert.equal(result.code, 0, result.stderr)
    return String(result.lines[0]?.text)
  }
  const text = await enter('index', 'create')
  const port = (i: number) => ['--http-port', String(HTTP_PORTS[i])]
  const index = await world.startIndex({ name: 'index', args: port(0), inside })
  const share = world.folder('share')
  writeFileSync(join(share, NAME), LINE.repeat(200_000))
  await enter('owner', 'join', text)
  await enter('seeker', 'join', text)
  const common = { index: [index.ready.grpc], inside }
  const owner = await world.startNode({ ...common, name: 'owner', shares: [share], args: port(1) })
  const seeker = await world.startNode({ ...common, name: 'seeker', args: port(2) })

  for (const via of ['index', 'zone', 'flood', 'dht']) {
    const search = () => world.shoal(['search', 'cormorants', '--via', via, '--json'], seeker)
    await until(`a hit via ${via}`, async () => (await search()).code === 0 || undefined, 60_000)
  }
  const out = join(world.root, 'got.txt')
  const got = await world.shoal(['get', NAME, '--out', out, '--json'], seeker)
  assert.equal(got.code, 0, got.stderr)
  assert.equal(await sha256Of(out), await sha256Of(join(share, NAME)))
  const cid = String(got.lines.at(-1)?.cid)
  const put = await world.shoal(['kv', 'put', 'tide-table', VALUE], owner)
  assert.equal(put.code, 0, put.stderr)
  assert.equal((await world.shoal(['kv', 'get', 'tide-table'], seeker)).stdout.trim(), VALUE)

  const { bytes: own } = await control.stop()
  for (const plain of [NAME, cid, 'tide-table'])
    assert.ok(own.includes(plain), `the capture works: it has ${plain}`)

  const { bytes, packets } = await between.stop()
  assert.ok(bytes.length > LINE.length * 200_000, `the transfer was captured: ${bytes.length} bytes`)
  assert.ok(packets > 500, `${packets} packets`)
  const secrets = [NAME, 'cormorants', LINE, cid, VALUE, 'tide-table', 'shoal', 'multistream', '12D3Koo']
  const peerIds = [index, owner, seeker].map(({ ready }) => ready.peerId)
  for (const secret of [...secrets, ...peerIds])
    assert.ok(!bytes.includes(secret), `${secret} passed in the clear`)
})
