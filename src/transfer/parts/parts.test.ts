import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { PART_BYTES } from '../../content/block-chain.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { NO_LIMITS } from '../limits/rates.ts'
import { TransferLimits } from '../limits/transfer-limits.ts'
import { content, TestWorld, twistBlocks } from '../testing/world.ts'

const world = new TestWorld()
after(() => world.close())

/** Slow enough for parts, from the second block on: then the rate is known. */
const slowUploads = () =>
  new TransferLimits(systemClock, { upload: { ...NO_LIMITS, lan: 900_000 }, download: NO_LIMITS })

const narrow = { initialWindowBytes: BLOCK_SIZE, minWindowBytes: BLOCK_SIZE, maxWindowBytes: BLOCK_SIZE }

describe('a slow source sends blocks in parts', { concurrency: true }, () => {
  test('by frames', async () => {
    const bytes = content(2 * BLOCK_SIZE + 70_000, 3)
    const peer = await world.peer('frames', { limits: slowUploads() })
    const { cid } = await peer.share('f', bytes)
    const fetcher = await world.fetcher('from frames', { providers: [peer.provider], options: narrow })
    const view = await fetcher.end((await fetcher.downloads.add({ cid })).id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  })

  test('by gRPC, and another goes on with a block where it has stopped', async () => {
    const bytes = content(3 * BLOCK_SIZE, 4)
    const parts: number[] = []
    const half = Promise.withResolvers<void>()
    const doomed = await world.peer('doomed', {
      limits: slowUploads(),
      twist: twistBlocks(async function* (message, { signal }) {
        if (message.response?.case === 'block' && message.response.value.chainingValue?.length) {
          parts.push(message.response.value.offset ?? 0)
          // In the middle of a block.
          if (parts.length === 8) {
            half.resolve()
            await new Promise((_, reject) => signal.addEventListener('abort', reject))
          }
        }
        yield message
      }),
    })
    const asked: number[] = []
    const other = await world.peer('other', {
      twist: (service) => ({
        ...service,
        getBlocks: (requests, context) =>
          service.getBlocks(
            (async function* () {
              for await (const request of requests) {
                if (request.request.case === 'wantParts')
                  asked.push(...request.request.value.blocks.map(({ end }) => end))
                yield request
              }
            })(),
            context,
          ),
      }),
    })
    const { cid } = await doomed.share('f', bytes)
    await other.share('f', bytes)
    let providers = [doomed.provider]
    const fetcher = await world.fetcher('goes on', { providers: () => providers, options: narrow })
    const { id } = await fetcher.downloads.add({ cid })
    await half.promise
    providers = [other.provider]
    await doomed.stop()
    const view = await fetcher.end(id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
    assert.deepEqual(
      parts,
      parts.toSorted((a, b) => b - a),
    )
    // Seven parts had come.
    assert.equal(asked[0], BLOCK_SIZE - 7 * PART_BYTES)
  })
})
