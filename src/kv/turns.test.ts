import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from './turns.ts'

const { signal } = new AbortController()

test('tasks of one name run one after the other, others beside them, and too many are refused', async () => {
  const turns = new Turns(2)
  const running = new Set<string>()
  const ends = new Map<string, () => void>()
  const start = (name: string, id: string) =>
    turns.run(
      name,
      async () => {
        running.add(id)
        await new Promise<void>((resolve) => ends.set(id, resolve))
        running.delete(id)
      },
      signal,
    )
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const all = [start('a', 'a1'), start('a', 'a2'), start('b', 'b1'), start('c', 'c1')]
  await assert.rejects(start('d', 'd1'), { code: 'BUSY' })
  await settle()
  assert.deepEqual([...running].sort(), ['a1', 'b1'])
  ends.get('b1')!()
  await settle()
  assert.deepEqual([...running].sort(), ['a1', 'c1'])
  ends.get('a1')!()
  await settle()
  assert.deepEqual([...running].sort(), ['a2', 'c1'])
  for (const id of ['a2', 'c1']) ends.get(id)!()
  await Promise.all(all)
})

test('one that gives up while it waits makes room', async () => {
  const turns = new Turns(1)
  const leaving = new AbortController()
  const { promise: end, resolve } = Promise.withResolvers<void>()
  const first = turns.run('a', () => end, signal)
  const second = turns.run('a', async () => {}, leaving.signal)
  leaving.abort(new Error('gone'))
  await assert.rejects(second, /gone/)
  const third = turns.run(undefined, async () => 3, signal)
  resolve()
  assert.equal(await third, 3)
  await first
})
