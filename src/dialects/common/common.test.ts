import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { call } from '../testing/call.ts'
import { fakeContext } from '../testing/fake-context.ts'
import { listen } from '../testing/listen.ts'
import { readWhole } from './read-whole.ts'
import { remember } from './remember.ts'
import { callerOf, rest } from './rest.ts'

test('a map keeps what was put last', () => {
  const map = new Map<string, number>()
  for (const key of ['a', 'b', 'a', 'c']) remember(map, key, map.size, 2)
  assert.deepEqual([...map.keys()], ['a', 'c'])
})

test('a caller has an IPv4 address where it is one', () => {
  const cases = {
    '::ffff:127.0.0.1': '127.0.0.1',
    '127.0.0.1': '127.0.0.1',
    '::1': '::1',
    '::ffff:1': '::ffff:1',
  }
  for (const [ip, caller] of Object.entries(cases)) assert.equal(callerOf({ ip }), caller)
})

test('a file is read whole or not at all', async () => {
  const { node } = fakeContext()
  const { signal } = new AbortController()
  const file = node.add('a', 'abcdef')
  assert.equal((await readWhole(node, file, signal)).toString(), 'abcdef')
  for (const sizeBytes of [0, 3, 5, 7])
    await assert.rejects(readWhole(node, { ...file, sizeBytes }, signal), { code: 'FILE_CHANGED' })
  await assert.rejects(readWhole(node, file, AbortSignal.abort(new Error('left'))), /left/)
})

test('two systems on one listener each tell errors in their own form, and nothing of what is inside', async (t) => {
  const system = (name: string) => ({
    name: 'central' as const,
    http: (app: Parameters<typeof rest>[0]) =>
      rest(app, { parse: JSON.parse, refusal: (text) => ({ [name]: text }), log: silentLogger }, (scope) => {
        scope.post(`/${name}/inside`, async () => {
          throw new Error('secret')
        })
        scope.post(`/${name}/known`, async () => {
          throw new ShoalError('RATE_LIMITED', 'Slow down.')
        })
      }),
    start() {},
    async stop() {},
    view: () => ({}),
  })
  const { url } = await listen(t, fakeContext().calls, system('one'), system('two'))
  for (const name of ['one', 'two']) {
    const inside = await call(`${url}/${name}/inside`, 'POST', {})
    assert.deepEqual([inside.status, inside.json], [500, { [name]: 'Something went wrong here.' }])
    const known = await call(`${url}/${name}/known`, 'POST', {})
    assert.deepEqual([known.status, known.json], [429, { [name]: 'Slow down.' }])
  }
})
