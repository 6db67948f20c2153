import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SharedEntry } from '../../content/entry.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { Outbox } from './outbox.ts'

const [a, b, c] = [fileEntry('a'), fileEntry('b'), fileEntry('c')]
const key = ({ cid, path }: SharedEntry) => ({ cid, path })

test('the last change of an entry counts', () => {
  const outbox = new Outbox(10)
  outbox.announce([a, b])
  outbox.withdraw([key(a), key(c)])
  outbox.announce([c])
  assert.equal(outbox.size, 3)
  const { announced, withdrawn } = outbox.take()
  assert.deepEqual(announced, [b, c])
  assert.deepEqual(
    withdrawn.map(({ path }) => path),
    ['a'],
  )
  assert.equal(outbox.size, 0)
})

test('what could not be told comes back, behind what is newer', () => {
  const outbox = new Outbox(10)
  outbox.announce([a, b])
  const taken = outbox.take()
  outbox.withdraw([key(a)])
  outbox.restore(taken)
  const { announced, withdrawn } = outbox.take()
  assert.deepEqual(announced, [b])
  assert.deepEqual(
    withdrawn.map(({ path }) => path),
    ['a'],
  )
})

test('too many changes are forgotten until all is told', () => {
  const outbox = new Outbox(2)
  outbox.announce([a, b, c])
  assert.deepEqual([outbox.size, outbox.isOverflown], [0, true])
  outbox.announce([a])
  assert.equal(outbox.size, 0)
  outbox.reset()
  outbox.announce([a])
  assert.deepEqual([outbox.size, outbox.isOverflown], [1, false])
})

test('whatever the order, and wherever a telling fails, the outcome is that of the last change of each', () => {
  const change = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    isThere: fc.boolean(),
    fails: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const outbox = new Outbox(100)
      const wanted = new Map<string, boolean>()
      const told = new Map<string, boolean>()
      const tell = () => {
        const { announced, withdrawn } = outbox.take()
        for (const { path } of announced) told.set(path, true)
        for (const { path } of withdrawn) told.set(path, false)
      }
      for (const { name, isThere, fails } of changes) {
        const entry = fileEntry(name)
        const taken = fails ? outbox.take() : undefined
        if (isThere) outbox.announce([entry])
        else outbox.withdraw([key(entry)])
        wanted.set(name, isThere)
        if (taken) outbox.restore(taken)
        else tell()
      }
      tell()
      assert.deepEqual(told, wanted)
    }),
  )
})
