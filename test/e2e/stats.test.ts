import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const NAME = 'silver herring.bin'
const SIZE = 3 * 1024 * 1024 + 7

interface Row {
  id: string
  query: { words?: string }
  queryIds: string[]
  responders: { peerId: string; hops?: number; through?: string }[]
  locator: string
  from: string
  fromName: string
  hits: number
}

/** What two real nodes tell of a search and a fetch between them. */
describe('statistics', () => {
  const world = newWorld()
  let owner: ShoalProcess
  let other: ShoalProcess

  before(async () => {
    const share = world.folder('shared')
    writeRandomFile(join(share, NAME), SIZE)
    const args = ['--discovery', 'flood']
    owner = await world.startNode({ name: 'owner', shares: [share], args })
    other = await world.startNode({ name: 'other', args: [...args, '--peer', owner.ready.grpc] })
    await until('the file is found from the other node', async () => {
      const { code } = await world.shoal(['search', 'herring', '--json'], other)
      return code === 0 ? true : undefined
    })
  })
  after(() => world[Symbol.asyncDispose]())

  const json = async (on: ShoalProcess, ...args: string[]) => {
    const { code, lines, stderr } = await world.shoal(['stats', ...args, '--json'], on)
    assert.equal(code, 0, stderr)
    return lines
  }

  test('a flooded search has one id at who searches and who answers', async () => {
    const [search] = (await json(other, '--searches', '--limit', '1')) as unknown as Row[]
    assert.equal(search!.query.words, 'herring')
    const { peerId } = owner.ready
    assert.deepEqual(
      search!.responders.map(({ peerId: who, hops, through }) => ({ who, hops, through })),
      [{ who: peerId, hops: 1, through: peerId }],
    )
    const queries = (await json(owner, '--queries')) as unknown as Row[]
    const told = queries.find(({ id }) => id === search!.id)
    assert.ok(told && search!.queryIds.includes(told.id))
    assert.deepEqual(
      { from: told.from, name: told.fromName, words: told.query.words, hits: told.hits, by: told.locator },
      { from: other.ready.peerId, name: 'other', words: 'herring', hits: 1, by: 'flood' },
    )
  })

  test('what was moved is counted at both ends, and stands in the series', async () => {
    assert.equal((await world.shoal(['get', NAME], other)).code, 0)
    const figures = async (on: ShoalProcess) => (await json(on))[0] as never
    const { totals: sent } = (await figures(owner)) as { totals: Record<string, number> }
    assert.deepEqual([sent.uploadedBytes, sent.uploadedLanBytes], [SIZE, SIZE])
    const { totals: got } = (await figures(other)) as { totals: Record<string, number> }
    const { downloadedBytes, blocksVerified, downloadsDone, filesDone } = got
    assert.deepEqual([downloadedBytes, blocksVerified, downloadsDone, filesDone], [SIZE, 4, 1, 1])
    await until(
      'the step is over',
      async () => {
        const { series } = (await figures(other)) as { series: { hour: Record<string, number[]> } }
        const { downloadedBytes: amounts, neighbours } = series.hour
        const told = amounts!.reduce((sum, each) => sum + each, 0)
        return told === SIZE && neighbours!.at(-1) === 1 ? true : undefined
      },
      15_000,
    )
  })

  test('who wants it, forgets what others look for at once', async () => {
    assert.ok((await json(owner, '--queries')).length > 0)
    assert.equal((await world.shoal(['config', 'set', 'logQueries', 'false'], owner)).code, 0)
    assert.deepEqual(await json(owner, '--queries'), [])
    await world.shoal(['search', 'herring'], other)
    assert.deepEqual(await json(owner, '--queries'), [])
  })

  test('words are for who has the token, figures for all', async () => {
    const { http } = owner.ready
    const status = async (path: string, headers = {}) =>
      (await fetch(`${http}/api/v1/stats${path}`, { headers })).status
    assert.deepEqual([await status(''), await status('/searches'), await status('/queries')], [200, 401, 401])
    const token = readFileSync(join(owner.data, 'api.token'), 'utf8').trim()
    assert.equal(await status('/searches', { authorization: `Bearer ${token}` }), 200)
  })
})
