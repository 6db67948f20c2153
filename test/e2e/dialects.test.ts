import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const HOST = '127.0.0.1'
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** A plain call, as any program makes it. */
async function call(address: string, method: string, path: string, body?: unknown) {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = text === undefined ? {} : { 'content-type': 'application/json' }
  const sent = request(`http://${address}${path}`, { method, agent: false, headers })
  // A GET with a body needs to be told how long that is.
  if (text !== undefined) sent.setHeader('content-length', Buffer.byteLength(text))
  sent.end(text)
  const [answer] = await once(sent, 'response')
  const bytes = Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>))
  return { status: answer.statusCode as number, text: bytes.toString() }
}

/** Answers of the central system are JSON in JSON. */
const inner = ({ text }: { text: string }) => JSON.parse(JSON.parse(text).data)

/** A peer of the central system that has one file, and gives it in one datagram. */
async function holder(t: TestContext, request: string, content: string): Promise<number> {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.on('message', (message, from) => {
    if (String(message) === request) socket.send(content, from.port, from.address)
  })
  return await bound(socket)
}

async function bound(socket: Socket): Promise<number> {
  socket.bind(0, HOST)
  await once(socket, 'listening')
  return socket.address().port
}

/** One datagram there, one back. */
async function exchange(t: TestContext, message: string, port: number): Promise<string> {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.send(message, port, HOST)
  const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(10_000) })
  return String(answer)
}

async function dialects(world: World, node: ShoalProcess): Promise<Record<string, string>> {
  const { lines } = await world.shoal(['status', '--json'], node)
  const views = lines[0]?.dialects as { name: string; address: string }[]
  return Object.fromEntries(views.map(({ name, address }) => [name, address]))
}

/** The hit of this name, once it is found so. */
const found = (world: World, node: ShoalProcess, name: string, via: string) =>
  until(`${name} is found via ${via}`, async () => {
    const { lines } = await world.shoal(['search', name, '--json'], node)
    return lines.find((line) => line.name === name && (line.via as string[])?.includes(via))
  })

test('clients of other systems share with the network, and get what it shares', async (t) => {
  await using world = newWorld()
  const b = await world.startNode({ name: 'b' })
  const args = ['--peer', b.ready.grpc, '--dialect', 'central:0', '--dialect', 'flood:0,kv:0']
  const a = await world.startNode({ name: 'a', args })
  const at = await dialects(world, a)
  const resource = { peer_id: '1b4e28ba-2fa1-41d2-883f-0016d3cca427', peer_ip: HOST, resource_path: 'files' }

  // A file that a peer of the central system has is found and fetched by nodes.
  const chart = 'the chart of a guest'
  const guest = { ...resource, resource_name: 'guest chart.txt', resource_hash: md5(chart) }
  const port = await holder(t, 'files/guest chart.txt', chart)
  const registered = await call(at.central!, 'POST', '/resource', { ...guest, peer_port: port })
  assert.equal(registered.status, 200, registered.text)
  const gone = { ...resource, resource_name: 'gone chart.txt', resource_hash: md5('gone'), peer_port: 1 }
  assert.equal((await call(at.central!, 'POST', '/resource', gone)).status, 200)
  const beat = setInterval(
    () => void call(at.central!, 'POST', '/heartbeat', { peer_id: guest.peer_id }).catch(() => {}),
    2000,
  )
  t.after(() => clearInterval(beat))
  await found(world, a, 'guest chart.txt', 'library')
  await found(world, b, 'guest chart.txt', 'zone')
  const got = await world.shoal(['get', 'guest chart.txt', '--out', 'fetched.txt'], b)
  assert.equal(got.code, 0, got.stderr)
  assert.equal(readFileSync(join(world.root, 'fetched.txt'), 'utf8'), chart)
  assert.deepEqual(readdirSync(join(a.data, 'downloads', 'guests')), ['guest chart.txt'])

  // One whose holder is away is found as well, by its MD5, and it is said why it is not to be had.
  const away = await found(world, a, 'gone chart.txt', 'dialects')
  const missing = await world.shoal(['get', String(away.cid), '--json'], a)
  assert.deepEqual([missing.code, missing.lines[0]?.code], [1, 'UNAVAILABLE'], missing.stderr)
  const elsewhere = await world.shoal(['get', String(away.cid), '--json'], b)
  assert.equal(elsewhere.lines[0]?.code, 'INVALID_CID', elsewhere.stderr)

  // A file that is shared here is found by clients of each system, and fetched as each of them does.
  const log = 'the log of the harbour'
  const path = join(world.root, 'harbour log.txt')
  writeFileSync(path, log)
  assert.equal((await world.shoal(['add', path], a)).code, 0)
  const [own] = await until('it is listed', async () => {
    const list = inner(await call(at.central!, 'GET', '/resource')) as Record<string, string>[]
    const mine = list.filter(({ resource_name }) => resource_name === 'harbour log.txt')
    return mine.length > 0 ? mine : undefined
  })
  assert.deepEqual([own?.resource_hash, `${own?.peer_ip}:${own?.peer_port}`], [md5(log), at.central])
  const one = inner(await call(at.central!, 'GET', '/resource', { resource_name: 'harbour log.txt' }))
  assert.equal(one.resource_hash, md5(log))
  const wanted = `${one.resource_path}/${one.resource_name}`
  assert.equal(await exchange(t, wanted, Number(one.peer_port)), log)

  const asked = await call(at.flood!, 'POST', '/init_query', { filename: 'harbour log.txt', filehash: '' })
  const id = JSON.parse(asked.text)[0].QID as string
  const hit = await until('the flooded query is answered', async () => {
    const { text } = await call(at.flood!, 'GET', `/query_results/${id}`)
    return JSON.parse(text)[0].results[0] as { host: string; port: number } | undefined
  })
  assert.equal(`${hit.host}:${hit.port}`, at.flood)
  const file = await call(at.flood!, 'GET', '/download/harbour%20log.txt')
  assert.deepEqual([file.status, file.text], [200, log])

  // A value of a client is the network's, and the other way round.
  const stored = await call(at.kv!, 'POST', '/store_data', { key: 'motd', value: 'ahoy' })
  assert.deepEqual([stored.status, JSON.parse(stored.text)], [200, { status: 'success' }])
  assert.equal((await world.shoal(['kv', 'get', 'motd'], b)).stdout.trim(), 'ahoy')
  assert.equal((await world.shoal(['kv', 'put', 'reply', 'aye'], b)).code, 0)
  assert.deepEqual(JSON.parse((await call(at.kv!, 'GET', '/get_data/reply')).text), { value: 'aye' })
})
