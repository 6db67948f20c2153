import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { ManualClock } from './clock.ts'
import { ShoalError } from './errors.ts'
import { abortable, linkSignals, withDeadline } from './signals.ts'

test('a linked signal follows its parents and lets go of them', () => {
  const parent = new AbortController()
  const reason = new Error('parent')
  {
    using linked = linkSignals(parent.signal, undefined)
    assert.equal(linked.signal.aborted, false)
    assert.equal(getEventListeners(parent.signal, 'abort').length, 1)
  }
  assert.equal(getEventListeners(parent.signal, 'abort').length, 0)
  const second = linkSignals(parent.signal)
  parent.abort(reason)
  assert.equal(second.signal.reason, reason)
  assert.equal(linkSignals(parent.signal).signal.reason, reason)
})

test('a deadline aborts with TIMED_OUT, and not once disposed', async () => {
  const clock = new ManualClock()
  const late = withDeadline(clock, 100)
  await clock.advance(100)
  assert.ok(late.signal.reason instanceof ShoalError)
  assert.equal(late.signal.reason.code, 'TIMED_OUT')
  const early = withDeadline(clock, 100)
  early[Symbol.dispose]()
  await clock.advance(200)
  assert.equal(early.signal.aborted, false)
})

test('abortable stops waiting, not the work', async () => {
  const controller = new AbortController()
  const waiting = abortable(new Promise(() => {}), controller.signal)
  controller.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  // A rejection that nobody waits for is no unhandled one, which would fail this test.
  await assert.rejects(abortable(Promise.reject(new Error('late')), controller.signal), /enough/)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await abortable(Promise.resolve(5), new AbortController().signal), 5)
})
