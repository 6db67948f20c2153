import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ShoalError } from '../base/errors.ts'
import { peer, scriptedCompound as setUp, untilAborted } from './testing/scripted-locator.ts'
import { fileEntry } from './testing/shared-set.ts'

describe('the providers of a CID', () => {
  test('come once each, and again with a new address or locator', async () => {
    const { compound, index, zone } = setUp()
    index.providers_ = async function* () {
      yield peer('A', 'h:1')
      yield peer('A', 'h:1')
    }
    zone.providers_ = async function* () {
      await new Promise((resolve) => setImmediate(resolve))
      yield peer('A', 'h:2')
      yield peer('B')
    }
    assert.deepEqual(await Array.fromAsync(compound.providers('cid')), [
      { ...peer('A', 'h:1'), via: ['index'] },
      { ...peer('A', 'h:1', 'h:2'), via: ['index', 'zone'] },
      { ...peer('B'), via: ['zone'] },
    ])
  })

  test('throws only when nobody could be asked', async () => {
    const { compound, index, zone } = setUp()
    index.providers_ = () => {
      throw new ShoalError('UNAVAILABLE', 'down')
    }
    assert.deepEqual(await Array.fromAsync(compound.providers('cid')), [])
    zone.providers_ = index.providers_
    await assert.rejects(Array.fromAsync(compound.providers('cid')), {
      ...{ code: 'UNAVAILABLE', message: 'Nobody could be asked who has this. index: down; zone: down' },
    })
  })

  test('end when the reader leaves and at the deadline', async () => {
    const { compound, index, clock } = setUp()
    index.providers_ = async function* ({ signal }) {
      yield peer('A')
      await untilAborted(signal)
    }
    for await (const _provider of compound.providers('cid')) break
    assert.equal(index.aborts, 1)
    const all = Array.fromAsync(compound.providers('cid'))
    await clock.advance(30_000)
    assert.equal((await all).length, 1)
    assert.equal(index.aborts, 2)
  })
})

describe('what is told to all', () => {
  test('reaches every locator, whichever fails', async () => {
    const { compound, index, zone } = setUp()
    index.fault = new Error('broken')
    compound.start()
    await compound.announce([fileEntry('a')])
    await compound.withdraw([{ cid: 'c', path: 'a' }])
    await compound.announce([])
    assert.match(JSON.stringify(compound.getDebugState()), /withdraw: broken/)
    await compound.stop()
    const calls = ['start', 'announce 1', 'withdraw 1', 'stop']
    assert.deepEqual([index.calls, zone.calls], [calls, calls])
  })

  test('a locator that does not come to an end does not hold up the stop', async () => {
    const { compound, index, clock } = setUp()
    index.stop = () => new Promise(() => {})
    const stopped = compound.stop()
    await clock.advance(3_000)
    await stopped
  })
})
