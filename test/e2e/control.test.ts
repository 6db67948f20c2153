import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** Downloads that wait, as people steer them. The owner stands still meanwhile, so that the one that runs does not end. */
describe('priority, places and limits, over the command line', () => {
  const world = newWorld()
  let owner: ShoalProcess
  let other: ShoalProcess
  const cids: string[] = []

  const json = async (args: string[], on = other) => {
    const { code, lines, stderr } = await world.shoal([...args, '--json'], on)
    assert.equal(code, 0, stderr)
    return lines
  }
  /** The downloads in the order of the list. */
  const listed = async () =>
    (await json(['downloads'])).map(({ cid, state, queuePosition, priority, sequential }) => ({
      ...{ number: cids.indexOf(String(cid)), state, queuePosition, priority, sequential },
    }))

  before(async () => {
    const index = await world.startIndex()
    const share = world.folder('shared')
    for (let i = 0; i < 4; i++) writeRandomFile(join(share, `${i}.bin`), 2 * 1024 * 1024 + i)
    const servers = { index: [index.ready.grpc], args: ['--discovery', 'index'] }
    ;[owner, other] = await Promise.all([
      world.startNode({ ...servers, name: 'owner', shares: [share] }),
      world.startNode({ ...servers, name: 'other', env: { SHOAL_MAX_DOWNLOADS: '1' } }),
    ])
    await until('the files are shared', async () => {
      const rows = await json(['ls'], owner)
      for (const { name, cid } of rows) cids[Number(String(name)[0])] = String(cid)
      return rows.length === 4 ? true : undefined
    })
  })
  after(() => world[Symbol.asyncDispose]())

  test('a queue is put into another order, and is fetched in it', async () => {
    owner.send('SIGSTOP')
    const gets = []
    for (const [i, more] of [
      [],
      [],
      ['--priority', 'low', '--sequential'],
      ['--priority', 'high'],
    ].entries()) {
      gets.push(world.command(['get', cids[i]!, ...more, '--json'], other).result)
      await until('it is in the list', async () => ((await listed()).length > i ? true : undefined))
    }
    const normal = { state: 'queued', priority: 'normal', sequential: false }
    const [first, second, third, running] = await listed()
    assert.deepEqual(
      [first, second, third],
      [
        { ...normal, number: 3, queuePosition: 1, priority: 'high' },
        { ...normal, number: 1, queuePosition: 2 },
        { ...normal, number: 2, queuePosition: 3, priority: 'low', sequential: true },
      ],
    )
    assert.deepEqual([running?.number, running?.queuePosition], [0, undefined])
    assert.notEqual(running?.state, 'queued', 'what runs is not interrupted')

    const [raised] = await json(['downloads', 'priority', cids[2]!, 'high'])
    assert.deepEqual([raised?.queuePosition, raised?.priority], [1, 'high'], 'it came before the other')
    const [changed] = await json(['downloads', 'sequential', String(raised?.id).slice(0, 8), 'off'])
    assert.equal(changed?.sequential, false)
    await json(['downloads', 'pause', cids[3]!])
    const waiting = (await listed()).filter(({ queuePosition }) => queuePosition !== undefined)
    assert.deepEqual(
      waiting.map(({ number }) => number),
      [2, 1],
    )
    await json(['downloads', 'resume', cids[3]!])
    owner.send('SIGCONT')
    // Whoever followed the paused one was told so and has gone.
    for (const [i, get] of gets.entries()) assert.equal((await get).code, i === 3 ? 1 : 0, `get ${i}`)
    const finished = await until('all are there', async () => {
      const rows = await json(['downloads'])
      return rows.every(({ state }) => state === 'done') ? rows : undefined
    })
    const order = [...finished].sort((a, b) => Number(a.finishedMs) - Number(b.finishedMs))
    assert.deepEqual(
      order.map(({ cid }) => cids.indexOf(String(cid))),
      [0, 2, 3, 1],
    )
    const late = await world.shoal(['downloads', 'priority', cids[1]!, 'low', '--json'], other)
    assert.deepEqual([late.code, late.lines.at(-1)?.code], [1, 'CONFLICT'])
    await json(['downloads', 'remove', cids[1]!])
    assert.equal((await listed()).length, 3)
    assert.deepEqual(await json(['uploads'], owner), [], 'nobody fetches any more')
  })

  test('limits are set in units that people write, and hold at once', async () => {
    const [set] = await json(['config', 'set', 'uploadLimit', '40Mbit/s'], owner)
    assert.deepEqual([set?.value, set?.restartNeeded], [5_000_000, false])
    assert.equal((await world.shoal(['config', 'get', 'uploadLimit'], owner)).stdout, '4.77 MiB/s\n')
    const wrong = await world.shoal(['config', 'set', 'uploadLimit', '5Mb/s'], owner)
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /must be a rate, such as 5MiB\/s, 40Mbit\/s/)
    const [unset] = await json(['config', 'set', 'uploadLimit', 'none'], owner)
    assert.equal(unset?.value, 0)
  })
})
