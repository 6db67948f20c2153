import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import fc from 'fast-check'
import { fakeContext } from '../testing/fake-context.ts'
import { Contacts, type ContactsOptions } from './contacts.ts'

const never = new AbortController().signal

/** At one address, that may be called. */
function contactsOf(options: ContactsOptions) {
  const context = fakeContext()
  context.calls.called({ host: '192.0.2.1', port: 1 })
  const contacts = new Contacts<string, { host: string }>(context, options)
  const add = (key: string, host = '192.0.2.1') => contacts.add(key, { host }, host)
  const keys = () => contacts.all().map(({ key }) => key)
  return { contacts, add, keys, clock: context.clock, calls: context.calls }
}

test('who was heard of last is last; strangers are nothing, and beyond the limit nobody comes in', async () => {
  const { contacts, add, keys } = contactsOf({ limit: 2 })
  assert.deepEqual([add('a'), add('b'), contacts.hasRoom('c'), add('c')], [true, true, false, false])
  contacts.heard('a')
  contacts.heard('c')
  assert.deepEqual(keys(), ['b', 'a'])
  assert.deepEqual([contacts.hasRoom('b'), add('b')], [true, true])
  assert.deepEqual(keys(), ['a', 'b'])
  contacts.remove('a')
  assert.deepEqual([add('c'), keys()], [true, ['b', 'c']])
})

test('the silent are taken out, once', async () => {
  const { contacts, add, keys, clock } = contactsOf({ limit: 9 })
  add('a')
  add('b')
  await clock.advance(600)
  contacts.heard('a')
  await clock.advance(400)
  const taken = contacts.takeSilent(1_000).map(({ key }) => key)
  assert.deepEqual([taken, keys(), contacts.takeSilent(1_000)], [['b'], ['a'], []])
})

test('the first answer counts; those that are silent, new or not to be called are not asked', async () => {
  const { contacts, add, clock, calls } = contactsOf({ limit: 9, graceMs: 1_000 })
  for (const key of ['a', 'b', 'broken']) add(key)
  add('far', '192.0.2.9')
  await clock.advance(1_000)
  add('new')
  const asked: string[] = []
  let left: AbortSignal | undefined
  const all = ['broken', 'a', 'b', 'far', 'new', 'nobody', 'a']
  const ask = (answers: Record<string, string>) =>
    contacts.ask(
      all,
      async ({ key }, signal) => {
        asked.push(key)
        if (key === 'broken') throw new Error('broken')
        if (key === 'b') {
          left = signal
          await once(signal, 'abort')
        }
        return answers[key]
      },
      never,
    )
  assert.equal(await ask({ a: 'yes', far: 'no', new: 'no' }), 'yes')
  assert.deepEqual([asked, left?.aborted], [['broken', 'a', 'b'], true])
  const nothing = ask({})
  await clock.advance(3_000)
  assert.equal(await nothing, undefined, 'b has no answer in time')
  calls.allowed.clear()
  asked.length = 0
  assert.deepEqual([await ask({ a: 'yes' }), asked], [undefined, []])
})

test('no more than 16 are asked', async () => {
  const { contacts, add, keys } = contactsOf({ limit: 20 })
  for (let i = 0; i < 20; i++) add(`${i}`)
  let count = 0
  await contacts.ask(keys(), async () => void count++, never)
  assert.equal(count, 16)
})

test('who is not found is silent, and forgotten when that lasts; a sign of life is enough', async () => {
  const { contacts, add, keys, clock } = contactsOf({ limit: 9 })
  add('a')
  const probe = (isThere: boolean) => contacts.probe(async () => isThere, 5_000, never)
  await clock.advance(1_000)
  await probe(false)
  assert.equal(contacts.get('a')!.isSilent, true)
  await probe(true)
  assert.deepEqual([contacts.get('a')!.isSilent, contacts.get('a')!.heardMs], [false, clock.monotonic()])
  await clock.advance(4_999)
  await probe(false)
  contacts.heard('a')
  assert.equal(contacts.get('a')!.isSilent, false)
  await clock.advance(5_000)
  await probe(false)
  assert.deepEqual(keys(), [])
})

test('a probe says nothing of who came back while it went on, nor when it was stopped', async () => {
  const { contacts, add, clock } = contactsOf({ limit: 9 })
  add('a')
  await clock.advance(9_000)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probing = contacts.probe(() => promise, 5_000, never)
  await clock.advance(1)
  add('a')
  resolve(false)
  await probing
  assert.equal(contacts.get('a')!.isSilent, false)
  await contacts.probe(async () => false, 0, AbortSignal.abort())
  assert.equal(contacts.get('a')!.isSilent, false)
})

test('whatever happens, there are never more than the limit, in the order in which they were heard of', () => {
  const step = fc.tuple(fc.constantFrom('add', 'heard', 'remove'), fc.constantFrom(...'abcdef'))
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 0, max: 4 }), (steps, limit) => {
      const { contacts, add, keys } = contactsOf({ limit })
      let expected: string[] = []
      for (const [what, key] of steps) {
        const isKnown = expected.includes(key)
        if (what === 'add') add(key)
        else if (what === 'heard') contacts.heard(key)
        else contacts.remove(key)
        const isLast = what === 'add' ? isKnown || expected.length < limit : what === 'heard' && isKnown
        if (isLast || what === 'remove') expected = expected.filter((other) => other !== key)
        if (isLast) expected.push(key)
      }
      assert.deepEqual(keys(), expected)
    }),
  )
})
