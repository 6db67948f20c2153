import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { MIB } from '../base/units.ts'
import { NO_LIMITS } from './limits/rates.ts'
import { TransferLimits } from './limits/transfer-limits.ts'
import { endingOf } from './source-fault.ts'
import { content, TestWorld } from './testing/world.ts'
import { UploadRules } from './upload-rules.ts'

const world = new TestWorld()
after(() => world.close())

for (const grpcOnly of [false, true])
  test(`who is paused waits, who is refused is told why and asks seldom, ${grpcOnly ? 'by gRPC' : 'in frames'}`, async () => {
    const rules = new UploadRules(systemClock)
    const slow = { ...NO_LIMITS, lan: 4 * MIB }
    const limits = new TransferLimits(systemClock, { upload: slow, download: NO_LIMITS })
    const peer = await world.peer(`choosy ${grpcOnly}`, { grpcOnly, rules, limits })
    const bytes = content(8 * MIB, 3)
    const { cid } = await peer.share('f', bytes)
    const fetcher = await world.fetcher(`unwelcome ${grpcOnly}`, { providers: [peer.provider] })
    const { downloads } = fetcher
    const { id } = await downloads.add({ cid, name: 'f' })
    const { activeSources } = await fetcher.until(id, ({ doneBytes }) => doneBytes > 0)
    assert.deepEqual(
      activeSources.map(({ state, road, doneBytes }) => [state, road, doneBytes > 0]),
      [['active', 'direct', true]],
    )
    const [{ peerId: taker } = { peerId: '' }] = peer.slots.snapshot().active
    rules.pause(taker)
    const waiting = await fetcher.until(id, ({ waitingFor }) => waitingFor === 'slots')
    assert.deepEqual(waiting.dropped, [])
    rules.lift(taker)
    await fetcher.until(id, ({ doneBytes }) => doneBytes > waiting.doneBytes)

    let asked = 0
    const { check } = peer.slots
    peer.slots.check = function (peerId) {
      asked++
      check.call(this, peerId)
    }
    rules.refuse(taker)
    const told = await fetcher.until(id, ({ dropped }) => dropped.length > 0)
    assert.match(told.dropped[0]!.reason, /owner of this peer/)
    assert.equal(told.state, 'running')
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.ok(asked <= 3, `asked ${asked} times`)
    rules.lift(taker)
    limits.update({ upload: NO_LIMITS, download: NO_LIMITS })
    const view = await fetcher.end(id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  })

test('only what the peer itself says is a refusal: a link that may not be made has failed', () => {
  const said = (details?: Record<string, unknown>) =>
    endingOf(new ShoalError('PERMISSION_DENIED', 'no', details && { details })).kind
  assert.deepEqual([said({ isAnswer: true }), said(), said({ isAnswer: 1 })], ['refused', 'failed', 'failed'])
})
