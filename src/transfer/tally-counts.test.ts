import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { BLOCK_SIZE } from '../content/cid.ts'
import { TransferTally } from './tally.ts'
import { content, TestWorld, tellsOnly, twistBlocks } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

const lies = twistBlocks(function* (message) {
  if (message.response?.case === 'block' && message.response.value.data)
    message.response.value.data = message.response.value.data.map((byte) => byte ^ 1)
  yield message
})

for (const grpcOnly of [false, true])
  test(`what is sent is what comes, ${grpcOnly ? 'by gRPC' : 'on a block line'}`, async () => {
    const [sent, got] = [new TransferTally(), new TransferTally()]
    const peer = await world.peer(`peer ${grpcOnly}`, { tally: sent, grpcOnly })
    const file = await peer.share('f', content(3 * BLOCK_SIZE + 9, 1))
    const fetcher = await world.fetcher(`one ${grpcOnly}`, {
      providers: [peer.provider],
      setup: { tally: got },
    })
    const { id } = await fetcher.downloads.add({ cid: file.cid, name: 'f' })
    assert.equal((await fetcher.end(id)).state, 'done')
    const { downloadedBytes, downloadedLanBytes, blocksVerified, blockFailures } = got
    assert.deepEqual(
      [downloadedBytes, downloadedLanBytes, blocksVerified],
      [3 * BLOCK_SIZE + 9, 3 * BLOCK_SIZE + 9, 4],
    )
    assert.deepEqual([sent.uploadedBytes, sent.uploadedLanBytes], [downloadedBytes, downloadedBytes])
    assert.ok(Object.values(blockFailures).every((count) => count === 0))
  })

test('small files are counted as blocks, and liars and those who refuse by what they did', async () => {
  const [sent, got] = [new TransferTally(), new TransferTally()]
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, content(1000 + i, i)]))
  const liar = await world.peer('liar', { twist: lies })
  const busy = await world.peer('busy', { twist: tellsOnly })
  const honest = await world.peer('honest', { tally: sent })
  const dags = []
  for (const peer of [liar, busy, honest]) dags.push(await peer.shareFolder(files))
  const fetcher = await world.fetcher('many', {
    providers: [liar, busy, honest].map(({ provider }) => provider),
    setup: { tally: got },
  })
  const { id } = await fetcher.downloads.add({ cid: dags[0]!.cid, name: 'stuff' })
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.equal(got.blocksVerified, 300)
  assert.equal(got.downloadedBytes, view.sizeBytes)
  assert.ok(sent.uploadedBytes >= view.sizeBytes)
  assert.ok(got.blockFailures.badHash >= 1)
  assert.ok(got.blockFailures.refused >= 1)
})
