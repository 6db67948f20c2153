import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchEvent } from '../../api/node-port.ts'
import { entryOf } from '../../api/testing/fake-node.ts'
import { gather } from './gather.ts'

const peer = (peerId: string) => ({ peerId, name: '', addresses: [] })
const hit = (cid: string, ...peers: string[]): SearchEvent => ({
  ...{ type: 'hit', entry: entryOf(`${cid}.txt`, cid), providers: peers.map(peer), via: ['zone'] },
})
const report = { hits: 0, messages: 0, ms: 1, asked: 0, bytes: 0 }
const error = { code: 'UNAVAILABLE', message: 'Down.' } as const
type Done = Extract<SearchEvent, { type: 'done' }>
const done = (reason: Done['reason'], via: Done['via']): Done => ({
  type: 'done',
  hits: 0,
  ms: 1,
  reason,
  via,
})

async function* of(...events: SearchEvent[]): AsyncGenerator<SearchEvent> {
  yield* events
}

test('each CID once, with what was told last of it', async () => {
  const end = done('complete', { zone: report })
  const found = await gather(of(hit('a', 'p'), hit('b'), hit('a', 'p', 'q'), end))
  assert.deepEqual(
    found.map(({ entry, providers }) => [entry.cid, providers]),
    [
      ['a', 2],
      ['b', 0],
    ],
  )
})

test('a search that one locator answered is one; others are none', async () => {
  const failed = { ...report, error }
  assert.deepEqual(await gather(of(done('complete', { zone: report, dht: failed }))), [])
  assert.equal((await gather(of(hit('a'), done('timeout', { zone: failed })))).length, 1)
  const refused = gather(of(done('complete', { zone: failed, dht: failed })))
  await assert.rejects(refused, { code: 'UNAVAILABLE', message: 'Nobody could be asked. Down. Down.' })
  const left = gather(of(hit('a'), done('cancelled', { zone: report })))
  await assert.rejects(left, { code: 'CANCELLED' })
})
