import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BLOCK_SIZE } from '../content/cid.ts'
import { content, TestWorld } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

test('a file that is larger than it may be is given up before a byte of it comes', async () => {
  const peer = await world.peer('larger')
  const { cid } = await peer.share('f', content(3 * BLOCK_SIZE))
  const fetcher = await world.fetcher('larger-to', { providers: [peer.provider] })
  const { id } = await fetcher.downloads.add({ cid, maxBytes: 3 * BLOCK_SIZE - 1 })
  const view = await fetcher.end(id)
  assert.equal(view.state, 'failed')
  assert.equal(view.error?.code, 'TOO_LARGE')
  assert.deepEqual(view.sources, {})
  assert.equal(existsSync(join(fetcher.folder, 'downloads')), false)
  const fits = await fetcher.downloads.add({ cid, name: 'fits', maxBytes: 3 * BLOCK_SIZE })
  assert.equal((await fetcher.end(fits.id)).state, 'done')
})

test('a file of one block tells its size with the block: it never gets its place', async () => {
  const peer = await world.peer('one')
  const { cid } = await peer.share('f', content(1000))
  const fetcher = await world.fetcher('one-to', { providers: [peer.provider] })
  const { id } = await fetcher.downloads.add({ cid, name: 'f', maxBytes: 999 })
  const view = await fetcher.end(id)
  assert.equal(view.error?.code, 'TOO_LARGE')
  assert.ok(!readdirSync(join(fetcher.folder, 'downloads')).includes('f'))
  await fetcher.downloads.remove(id)
  assert.deepEqual(readdirSync(join(fetcher.folder, 'downloads')), [])
})
