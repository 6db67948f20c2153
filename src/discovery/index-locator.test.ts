import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sleep, systemClock } from '../base/clock.ts'
import { toShoalError } from '../base/errors.ts'
import { silentLogger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { IndexServer } from '../index/server.ts'
import { createIdentity, type Identity } from '../link/identity.ts'
import { locatorCompliance } from './locator-compliance.ts'
import { find, findNames, findProviders, type LocatorMember, newContext } from './testing/compliance-world.ts'
import { startIndexNode } from './testing/index-node.ts'
import { fileEntry } from './testing/shared-set.ts'

const common = { clock: systemClock, random: systemRandom, log: silentLogger }

/** An index server in this process, which can be ended and started again with the same key, data and port. */
class TestIndex {
  readonly identity: Identity = createIdentity()
  readonly #dataDir: string
  readonly #options: object
  #server: IndexServer | undefined
  #port = 0

  private constructor(dataDir: string, options: object) {
    this.#dataDir = dataDir
    this.#options = options
  }

  static async start(options: object = {}): Promise<TestIndex> {
    const index = new TestIndex(await mkdtemp(join(tmpdir(), 'shoal-discovery-')), options)
    await index.start()
    return index
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const { identity } = this
    const where = { dataDir: this.#dataDir, grpcHost: '127.0.0.1', grpcPort: this.#port }
    this.#server = await IndexServer.open({ ...common, ...where, identity, options: this.#options })
    this.#port = this.#server.grpc.port
  }

  /** Loses all data, as after a disk fault. */
  async forget(): Promise<void> {
    await rm(this.#dataDir, { recursive: true })
  }

  async end(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  async remove(): Promise<void> {
    await this.end()
    await rm(this.#dataDir, { recursive: true, force: true })
  }
}

locatorCompliance('IndexLocator', async (size) => {
  // Short enough to wait for, long enough for a machine that does other things too.
  const leaseMs = 2000
  const index = await TestIndex.start({ heartbeatIntervalMs: leaseMs / 8, missedHeartbeats: 8 })
  const nodes = Array.from({ length: size }, () => startIndexNode([index.address]))
  const settle = async () => {
    await Promise.all(nodes.map(({ locator }) => locator.settled(20_000)))
  }
  await settle()
  return {
    members: nodes.map((node) => ({
      ...node,
      async kill() {
        await node.kill()
        await sleep(systemClock, leaseMs + 50)
      },
    })),
    settle,
    async close() {
      await Promise.all(nodes.map((node) => node.close()))
      await index.remove()
    },
  }
})

/** False also while the server cannot be asked. */
async function isFound(asker: LocatorMember, name: string): Promise<boolean> {
  try {
    return (await findNames(asker, { words: name })).includes(name)
  } catch (error) {
    if (toShoalError(error).code === 'UNAVAILABLE') return false
    throw error
  }
}

const refused = (address: string) => `index ${address}: connection refused`

for (const isForgotten of [false, true]) {
  test(`a server that is killed and comes back ${isForgotten ? 'without' : 'with'} its data has its nodes again`, async () => {
    const index = await TestIndex.start({ heartbeatIntervalMs: 500 })
    const [a, b] = [startIndexNode([index.address]), startIndexNode([index.address])]
    try {
      const entry = fileEntry('kept.txt')
      await Promise.all([a.share([entry]), b.share([fileEntry('quiet.txt')])])
      await Promise.all([a, b].map(({ locator }) => locator.settled(10_000)))
      assert.deepEqual(await findNames(b, { words: 'kept' }), ['kept.txt'])
      await index.end()
      const context = newContext()
      await assert.rejects(find(b, { words: 'kept' }, context), {
        ...{ code: 'UNAVAILABLE', message: `No index server answered. ${refused(index.address)}` },
      })
      const { messages, bytes, problems } = context.cost
      assert.deepEqual(
        { messages, bytes, problems },
        { messages: 0, bytes: 0, problems: [refused(index.address)] },
      )
      await assert.rejects(findProviders(b, entry.cid), { code: 'UNAVAILABLE' })
      // Changes meanwhile neither fail nor wait.
      await a.share([entry, fileEntry('new meanwhile.txt')])
      if (isForgotten) await index.forget()
      await index.start()
      const patience = AbortSignal.timeout(20_000)
      for (const [asker, name] of [
        [b, 'kept.txt'],
        [b, 'new meanwhile.txt'],
        [a, 'quiet.txt'],
      ] as const) {
        while (!(await isFound(asker, name))) await sleep(systemClock, 20, patience)
      }
    } finally {
      await Promise.all([a.close(), b.close()])
      await index.remove()
    }
  })
}

test('of two servers one is dead: the other answers, the fault is noted', async () => {
  const [index, dead] = await Promise.all([TestIndex.start(), TestIndex.start()])
  await dead.end()
  const [a, b] = [startIndexNode([index.address]), startIndexNode([dead.address, index.address])]
  try {
    const entry = fileEntry('half.txt')
    await Promise.all([a.share([entry]), b.share([fileEntry('of b.txt')])])
    await a.locator.settled(10_000)
    await dead.start()
    await b.locator.settled(10_000)
    await dead.end()
    const context = newContext()
    assert.deepEqual([...(await find(b, { words: 'half' }, context)).keys()], [entry.cid])
    const { messages, firstHitHops, problems } = context.cost
    assert.deepEqual({ messages, firstHitHops }, { messages: 2, firstHitHops: 1 })
    assert.deepEqual(problems, [refused(dead.address)])
    assert.deepEqual([...(await findProviders(b, entry.cid)).keys()], [a.peerId])
    await b.share([fileEntry('later.txt')])
    assert.deepEqual(await findNames(a, { words: 'later' }), ['later.txt'])
  } finally {
    await Promise.all([a.close(), b.close()])
    await Promise.all([index.remove(), dead.remove()])
  }
})

test('two servers: what is known to one or both comes merged, and peers are heard of', async () => {
  const [one, two] = await Promise.all([TestIndex.start(), TestIndex.start()])
  const servers = [one.address, two.address]
  const nodes = [startIndexNode([one.address]), startIndexNode([two.address])]
  const both = startIndexNode(servers, { peersPollMs: 20 })
  try {
    const entry = fileEntry('everywhere.txt')
    await Promise.all([...nodes, both].map((node) => node.share([entry])))
    await Promise.all([...nodes, both].map(({ locator }) => locator.settled(10_000)))
    const peerIds = new Set(nodes.map(({ peerId }) => peerId))
    const context = newContext()
    const hits = await find(both, { words: 'everywhere' }, context)
    assert.deepEqual(hits.get(entry.cid)!.peerIds, peerIds)
    assert.deepEqual([context.cost.asked, context.cost.messages], [2, 4], 'a request and a hit each')
    assert.deepEqual(new Set((await findProviders(both, entry.cid)).keys()), peerIds)
    while (both.peers.size < 2) await sleep(systemClock, 10)
    assert.deepEqual(new Set(both.peers.keys()), peerIds)
  } finally {
    await Promise.all([...nodes, both].map((node) => node.close()))
    await Promise.all([one.remove(), two.remove()])
  }
})
