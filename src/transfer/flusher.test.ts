import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { Flusher } from './flusher.ts'

/** A flusher whose disk takes as long as the test likes. */
function setup() {
  const clock = new ManualClock()
  const log: string[] = []
  const syncs: { resolve: () => void; reject: (error: unknown) => void }[] = []
  const errors: unknown[] = []
  const flusher = new Flusher({
    clock,
    flushBytes: 100,
    flushMs: 250,
    sync: () => {
      log.push('sync')
      return new Promise((resolve, reject) => syncs.push({ resolve, reject }))
    },
    mark: (indices, sources) => log.push(`mark ${indices.join()} ${JSON.stringify(sources)}`),
    onError: (error) => errors.push(error),
  })
  const settle = () => clock.advance(0)
  return { clock, log, syncs, errors, flusher, settle }
}

test('the journal hears of blocks only after the data are durable', async () => {
  const { clock, log, syncs, flusher, settle } = setup()
  flusher.wrote(1, 30, 'a')
  flusher.wrote(2, 30, 'a')
  await clock.advance(249)
  assert.deepEqual(log, [])
  await clock.advance(1)
  assert.deepEqual(log, ['sync'])
  // Written while the sync runs: the next one is for that.
  flusher.wrote(3, 100, 'b')
  syncs[0]!.resolve()
  await settle()
  assert.deepEqual(log, ['sync', 'mark 1,2 {"a":60}', 'sync'])
  syncs[1]!.resolve()
  await settle()
  assert.equal(log[3], 'mark 3 {"b":100}')
})

test('a full batch does not wait for the time', () => {
  const { log, flusher } = setup()
  flusher.wrote(1, 99, undefined)
  assert.deepEqual(log, [])
  flusher.wrote(2, 1, undefined)
  assert.deepEqual(log, ['sync'])
  assert.equal(flusher.waitingBytes, 0)
})

test('flush resolves when all that was written is noted', async () => {
  const { log, syncs, flusher, settle } = setup()
  flusher.wrote(1, 100, 'a')
  flusher.wrote(2, 10, 'a')
  let done = false
  const flushed = flusher.flush().then(() => {
    done = true
  })
  syncs[0]!.resolve()
  await settle()
  assert.equal(done, false)
  syncs[1]!.resolve()
  await flushed
  assert.deepEqual(log, ['sync', 'mark 1 {"a":100}', 'sync', 'mark 2 {"a":10}'])
})

test('a disk that fails is heard of, and nothing is noted', async () => {
  const { log, syncs, errors, flusher, settle } = setup()
  flusher.wrote(1, 100, 'a')
  syncs[0]!.reject(new Error('EIO'))
  await settle()
  assert.equal((errors[0] as Error).message, 'EIO')
  assert.deepEqual(log, ['sync'])
  flusher.wrote(2, 1, 'a')
  const flushed = flusher.flush()
  syncs[1]!.reject(new Error('EIO again'))
  await assert.rejects(flushed, /EIO again/)
})
