// Ten nodes with nothing but the DHT: files by word and by CID, values by key, and what is left when nodes die.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Limiter } from '../../src/base/limiter.ts'
import { findAll, type SharedFile, type SharingNode, startChain } from '../support/network.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const NODES = 10
const KEYS = 100
/** Between two deaths, ms. In earnest half a minute; sooner is harder, for there is less time to make new copies. */
const BETWEEN_MS = process.env.SHOAL_E2E_BIG ? 30_000 : 3000

/** A file that `seeker` looks for by the word that only this file has. */
interface Look {
  readonly seeker: SharingNode
  readonly file: SharedFile
}

/** Every node finds every file of the others by its own word, at least once. */
async function untilAllFound(nodes: readonly SharingNode[], limitMs: number): Promise<void> {
  let left: Look[] = nodes.flatMap((seeker) =>
    nodes.flatMap(({ files }, at) => (nodes[at] === seeker ? [] : files.map((file) => ({ seeker, file })))),
  )
  const look = async () => {
    const missing: Look[] = []
    for (const seeker of nodes) {
      const own = left.filter((each) => each.seeker === seeker)
      const found = await Promise.all(
        own.map(async ({ file }) => (await findAll(seeker, file.word, 'dht')).names),
      )
      missing.push(...own.filter(({ file }, at) => !found[at]!.has(file.name)))
    }
    left = missing
    return left.length === 0 || undefined
  }
  await until('everything of everybody', look, limitMs).catch((error: Error) => {
    const lacks = left.slice(0, 10).map(({ seeker, file }) => `${seeker.name} misses ${file.name}`)
    throw new Error(`${error.message}: ${lacks.join(', ')}`)
  })
}

const urlOf = ({ process }: SharingNode, key: string) =>
  `${process.ready.http}/api/v1/kv/${encodeURIComponent(key)}`

const VALUES: ReadonlyMap<string, string> = new Map(
  Array.from({ length: KEYS }, (_, i) => [`tide/table ${i}`, `high water at ${i}:00`]),
)

async function putAll(node: SharingNode, values: ReadonlyMap<string, string>): Promise<void> {
  const token = readFileSync(join(node.process.data, 'api.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' }
  for (const [key, body] of values) {
    const answer = await fetch(urlOf(node, key), { method: 'PUT', headers, body })
    assert.ok(answer.ok, await answer.text())
  }
}

/** The values that a node does not read; asked a few at a time, as programs do. */
async function unread(node: SharingNode, values: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const limiter = new Limiter(5)
  const left = new Map(values)
  const read = async ([key, value]: [string, string]) => {
    const answer = await fetch(urlOf(node, key))
    if ((await answer.text()) === value && answer.ok) left.delete(key)
  }
  await Promise.all([...values].map((each) => limiter.run(() => read(each))))
  return left
}

/** Waits until each of them has read everything: a node that is busy says 503, to be asked again. */
async function untilAllRead(
  nodes: readonly SharingNode[],
  values: ReadonlyMap<string, string>,
): Promise<void> {
  const left = new Map(nodes.map((node) => [node, values] as const))
  const look = async () => {
    await Promise.all(
      [...left].map(async ([node, lacking]) => {
        const rest = await unread(node, lacking)
        if (rest.size > 0) left.set(node, rest)
        else left.delete(node)
      }),
    )
    return left.size === 0 || undefined
  }
  await until('all values', look, 60_000).catch((error: Error) => {
    const lacks = [...left].map(
      ([{ name }, values]) => `${name}: ${[...values.keys()].slice(0, 5).join(', ')}`,
    )
    throw new Error(`${error.message}: ${lacks.join('; ')}`)
  })
}

test('ten nodes with the DHT only', async (t) => {
  await using world = newWorld()
  const nodes = await startChain(world, NODES, { args: ['--discovery', 'dht'] })

  await t.test('every file of each is found by its word', () => untilAllFound(nodes, 60_000))

  await t.test('and by its CID, and fetched by it', async () => {
    const owner = nodes[3]!
    const { lines } = await world.shoal(['ls', '--json'], owner.process)
    for (const { cid, name } of lines as { cid: string; name: string }[]) {
      for (const seeker of nodes.filter((node) => node !== owner)) {
        const answer = await fetch(
          `${seeker.process.ready.http}/api/v1/search?cid=${cid}&via=dht&timeoutMs=8000`,
        )
        const text = await answer.text()
        assert.ok(text.includes(`"name":"${name}"`), `${seeker.name}: ${text}`)
      }
    }
    const { cid } = lines[0] as { cid: string }
    const out = join(world.folder('got'), 'got.txt')
    const { code, stderr } = await world.shoal(['get', cid, '--out', out], nodes[8]!.process)
    assert.equal(code, 0, stderr)
    const shared = owner.files.map((file: SharedFile) => readFileSync(join(owner.share, file.name), 'utf8'))
    assert.ok(shared.includes(readFileSync(out, 'utf8')))
  })

  await t.test(`${KEYS} values put on one node are read on all`, async () => {
    await putAll(nodes[1]!, VALUES)
    await untilAllRead(nodes, VALUES)
  })

  await t.test('a key that nobody put is not found, soon', async () => {
    const startMs = performance.now()
    const { code, stderr } = await world.shoal(['kv', 'get', 'no such key'], nodes[5]!.process)
    assert.equal(code, 3, stderr)
    assert.ok(performance.now() - startMs < 10_000)
  })

  await t.test(
    'three of ten are killed: what is still shared is found, and all values are read',
    async () => {
      const dead = [nodes[0]!, nodes[2]!, nodes[6]!]
      await Promise.all(dead.map((node) => node.process.kill()))
      const alive = nodes.filter((node) => !dead.includes(node))
      await untilAllFound(alive, 60_000)
      await untilAllRead(alive, VALUES)
    },
  )
})

test('half of ten nodes are killed one by one, the writer first: all values are read', async () => {
  await using world = newWorld()
  const nodes = await startChain(world, NODES, { args: ['--discovery', 'dht'] })
  await untilAllFound(nodes, 60_000)
  const writer = nodes[4]!
  await putAll(writer, VALUES)
  const dead = [writer, nodes[0]!, nodes[2]!, nodes[6]!, nodes[8]!]
  for (const node of dead) {
    await node.process.kill()
    await wait(BETWEEN_MS)
  }
  await untilAllRead(
    nodes.filter((node) => !dead.includes(node)),
    VALUES,
  )
})
