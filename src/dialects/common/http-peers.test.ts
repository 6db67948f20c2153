import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../base/errors.ts'
import { fakeContext } from '../testing/fake-context.ts'
import { HttpPeers } from './http-peers.ts'

const OPTIONS = { maxWork: 4, maxPeers: 2, callTimeoutMs: 1_000, inactiveMs: 10, forgetMs: 20 }
const at = (port: number) => `http://127.0.0.1:${port}`

function world(options = {}) {
  const context = fakeContext()
  context.calls.allowed.add('127.0.0.1')
  return { ...context, peers: new HttpPeers<{ name: string }>(context, { ...OPTIONS, ...options }) }
}

test('who may be called is added once; who is silent for too long makes room, and nobody else', async () => {
  const { peers, clock } = world()
  assert.equal(peers.add('http://192.0.2.1:1', { name: 'x' }), undefined)
  for (const port of [1, 2]) assert.ok(peers.heard(peers.add(at(port), { name: `${port}` })))
  assert.equal(peers.add(at(1), { name: 'other' })!.name, '1')
  await clock.advance(8)
  peers.heard(peers.get(at(2)))
  await clock.advance(2)
  assert.equal(peers.add(at(3), { name: '3' }), undefined, 'nobody is inactive')
  await clock.advance(1)
  assert.ok(peers.add(at(3), { name: '3' }))
  assert.deepEqual(peers.urls, [at(2), at(3)])
  assert.deepEqual(
    peers.active().map(({ name }) => name),
    ['2'],
    'who was only told of is not active',
  )
  await clock.advance(18)
  assert.deepEqual(
    peers.takeGone().map(({ name }) => name),
    ['2'],
  )
  assert.deepEqual(peers.urls, [at(3)])
  assert.equal(peers.heard(peers.get(at(2))), false)
  const lasting = world({ inactiveMs: undefined }).peers
  for (const port of [1, 2]) lasting.add(at(port), { name: '' })
  await clock.advance(1e9)
  assert.equal(lasting.add(at(3), { name: '' }), undefined)
})

test('an answer is a sign of life of those who came; silence and what is no JSON are told apart', async () => {
  const { peers, calls, clock } = world()
  const one = peers.add(at(1), { name: '1' })!
  calls.answer = async () => ({ status: 200, json: { a: 1 } })
  assert.deepEqual(await peers.ask(at(1), '/x'), { a: 1 })
  assert.equal(one.heardMs, undefined)
  peers.heard(one)
  await clock.advance(5)
  await peers.call(at(1), '/x', {})
  assert.equal(peers.silentMs(one), 0)
  assert.equal(peers.seenAt(one).getTime(), clock.now())
  calls.answer = async () => ({ status: 200 })
  assert.deepEqual(await peers.ask(at(1), '/x'), {})
  calls.answer = async () => ({ status: 404, json: {} })
  assert.equal(await peers.ask(at(1), '/x'), undefined)
  assert.equal((await peers.call(at(1), '/x'))!.status, 404)
  calls.answer = async () => {
    throw new ShoalError('UNAVAILABLE')
  }
  assert.equal(await peers.call(at(1), '/x'), undefined)
  assert.equal(await peers.call('http://192.0.2.1:1', '/x'), undefined)
})

test('a call ends with its deadline, and all of them with the work', async () => {
  const { peers, calls, clock } = world()
  calls.answer = (_url, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const late = peers.call(at(1), '/x')
  await clock.advance(1_000)
  assert.equal(await late, undefined)
  const stopped = peers.call(at(1), '/x')
  await new Promise((resolve) => setImmediate(resolve))
  await peers.work.stop()
  assert.equal(await stopped, undefined)
})

test('all who are active are told, but for this node and one other', async () => {
  const { peers, calls } = world({ maxPeers: 4 })
  calls.answer = async () => ({ status: 200 })
  peers.listen({ host: '127.0.0.1', port: 1 })
  for (const port of [1, 2, 3]) peers.heard(peers.add(at(port), { name: '' }))
  peers.add(at(4), { name: '' })
  await peers.tell('/x', { a: 1 }, at(2))
  assert.deepEqual(calls.made, [{ call: `POST ${at(3)}/x`, json: { a: 1 } }])
})
