import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { MirrorHost } from './mirror-host.ts'

const never = new AbortController().signal

test('four requests at once, three of them for data; those that open a file come first', async () => {
  const host = new MirrorHost()
  const order: string[] = []
  const ask = async (name: string, kind: 'open' | 'data', signal = never) => {
    const release = await host.turn(kind, signal)
    order.push(name)
    return release
  }
  const data = ['d1', 'd2', 'd3', 'd4', 'd5'].map((name) => ask(name, 'data'))
  await turnOfLoop()
  assert.deepEqual(order, ['d1', 'd2', 'd3'])
  const opens = ['o1', 'o2'].map((name) => ask(name, 'open'))
  await turnOfLoop()
  assert.deepEqual(order.splice(0), ['d1', 'd2', 'd3', 'o1'])
  const release = await data[0]!
  release()
  release()
  await turnOfLoop()
  assert.deepEqual(order.splice(0), ['o2'], 'released once, one goes on')
  for (const each of [await opens[0]!, await opens[1]!, await data[1]!, await data[2]!]) each()
  await turnOfLoop()
  assert.deepEqual(order.splice(0), ['d4', 'd5'])
  for (const each of data.slice(3)) (await each)()
  assert.equal(host.isIdle, true)
})

test('who does not wait any more takes nobody’s turn', async () => {
  const host = new MirrorHost()
  const running = await Promise.all([1, 2, 3].map(() => host.turn('data', never)))
  const abort = new AbortController()
  const left = host.turn('data', abort.signal)
  const next = host.turn('data', never)
  abort.abort(new Error('left'))
  await assert.rejects(left, /left/)
  running[0]!()
  const release = await next
  const both = new AbortController()
  const late = host.turn('data', both.signal)
  // Its turn has come and it leaves, in one go.
  running[1]!()
  both.abort(new Error('late'))
  await late.then(
    (granted) => granted(),
    () => {},
  )
  running[2]!()
  release()
  assert.equal(host.isIdle, true)
})

test('a host is left alone as long as it asked, the longest of what it said', () => {
  const host = new MirrorHost()
  assert.equal(host.restMs(0), 0)
  host.rest(1000, 0)
  host.rest(100, 200)
  assert.deepEqual([host.restMs(400), host.restMs(1000), host.restMs(5000)], [600, 0, 0])
})
