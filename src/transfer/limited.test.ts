import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { MIB } from '../base/units.ts'
import { NO_LIMITS, type Rates } from './limits/rates.ts'
import { TransferLimits } from './limits/transfer-limits.ts'
import { content, TestWorld } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

/** Loopback is near: limits that are meant to hold here are those of the local network. */
const near = (rate: number): Rates => ({ ...NO_LIMITS, lan: rate })
const RATE = 10 * MIB
const SIZE = 6 * MIB

for (const grpcOnly of [false, true])
  for (const side of ['upload', 'download'] as const) {
    const framing = grpcOnly ? 'by gRPC' : 'in frames'
    test(`no faster than the ${side} limit, ${framing}; a limit that is lifted is gone at once`, async () => {
      const rates = { upload: NO_LIMITS, download: NO_LIMITS }
      const limits = new TransferLimits(systemClock, { ...rates, [side]: near(RATE) })
      const name = `${side} ${grpcOnly}`
      const peer = await world.peer(name, { grpcOnly, ...(side === 'upload' && { limits }) })
      const bytes = content(SIZE, 2)
      const { cid } = await peer.share('f', bytes)
      const fetcher = await world.fetcher(`${name} to`, {
        providers: [peer.provider],
        setup: side === 'download' ? { limits } : {},
      })
      const startMs = performance.now()
      const { id } = await fetcher.downloads.add({ cid, name: 'f' })
      const view = await fetcher.end(id)
      const tookMs = performance.now() - startMs
      assert.equal(view.state, 'done', view.error?.message)
      assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
      // A bucket may be full at the start, and what comes last is not waited for; being slower than the limit says nothing on a busy machine.
      assert.ok(tookMs > ((SIZE - 0.1 * RATE - MIB) / RATE) * 1000, `${tookMs} ms`)
      limits.update({ ...rates, [side]: near(1) })
      const again = await fetcher.downloads.add({ cid, name: 'g' })
      await fetcher.until(again.id, ({ activeSources }) => activeSources.length > 0)
      limits.update(rates)
      assert.equal((await fetcher.end(again.id)).state, 'done')
    })
  }
