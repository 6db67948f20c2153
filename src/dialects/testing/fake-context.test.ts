import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeContext } from './fake-context.ts'

const never = new AbortController().signal

test('the fake node finds by name or SHA-256, its own files first, and reads them', async () => {
  const { node } = fakeContext()
  const far = node.add('a.txt', 'far', { isHere: false })
  const near = node.add('a.txt', 'near')
  assert.deepEqual(await Array.fromAsync(node.find({ name: 'a.txt' }, never)), [near, far])
  assert.deepEqual(await Array.fromAsync(node.find({ sha256: far.sha256! }, never)), [far])
  assert.deepEqual(await Array.fromAsync(node.find({ name: 'a.txt', here: true }, never)), [near])
  assert.deepEqual(node.shared({ limit: 9, maxBytes: 3 }), [])
  assert.equal(Buffer.concat(await Array.fromAsync(node.read(near, never))).toString(), 'near')
  node.remove(near)
  await assert.rejects(Array.fromAsync(node.read(near, never)), { code: 'NOT_FOUND' })
})

test('the fake guest book replaces, takes back and is full', () => {
  const { guests } = fakeContext()
  const file = { dialect: 'flood', owner: 'o', name: 'n', holder: 'h:1' } as const
  guests.add(file)
  guests.add({ ...file, md5: '00' })
  guests.add({ ...file, name: 'm' })
  assert.deepEqual(guests.list('flood'), [
    { ...file, md5: '00' },
    { ...file, name: 'm' },
  ])
  guests.room = 2
  assert.throws(() => guests.add({ ...file, owner: 'other' }), { code: 'NO_SPACE' })
  guests.remove('flood', 'o', 'n')
  guests.remove('central', 'o')
  assert.equal(guests.list('flood').length, 1)
})

test('nobody is called who has not called', async () => {
  const { calls } = fakeContext()
  const url = 'http://127.0.0.1:9/x'
  await assert.rejects(calls.http(url, { signal: never }), { code: 'PERMISSION_DENIED' })
  calls.called({ host: '127.0.0.1', port: 1 })
  calls.answer = async () => ({ status: 201, json: { ok: true } })
  const answer = await calls.http(url, { method: 'POST', json: [1], signal: never })
  assert.deepEqual([answer.status, answer.json()], [201, { ok: true }])
  assert.deepEqual(calls.made, [{ call: `POST ${url}`, json: [1] }])
})
