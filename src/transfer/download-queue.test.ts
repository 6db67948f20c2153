import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QueueNews, queueOrder } from './download-queue.ts'

const PRIORITIES = ['low', 'normal', 'high'] as const

test('by priority, then as they came', () => {
  const table: [waiting: string, order: string][] = [
    ['', ''],
    ['a:normal b:normal c:normal', 'abc'],
    ['a:low b:normal c:high d:normal e:high f:low', 'cebdaf'],
    ['a:high b:low', 'ab'],
  ]
  for (const [text, order] of table) {
    const waiting = text.split(' ').flatMap((part) => {
      const [id, name] = part.split(':')
      const priority = PRIORITIES.find((each) => each === name)
      return priority ? [{ id: id!, priority }] : []
    })
    assert.equal(
      queueOrder(waiting)
        .map(({ id }) => id)
        .join(''),
      order,
    )
  }
})

test('a higher priority never lowers a download, nor moves others among themselves', () => {
  const queue = fc.array(fc.constantFrom(...PRIORITIES), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(queue, fc.nat(), (priorities, at) => {
      const waiting = priorities.map((priority, i) => ({ id: String(i), priority }))
      const raised = String(at % waiting.length)
      const before = queueOrder(waiting).map(({ id }) => id)
      const after = queueOrder(
        waiting.map((each) => (each.id === raised ? { ...each, priority: 'high' as const } : each)),
      ).map(({ id }) => id)
      assert.ok(after.indexOf(raised) <= before.indexOf(raised))
      const others = (ids: string[]) => ids.filter((id) => id !== raised)
      assert.deepEqual(others(after), others(before))
    }),
  )
})

test('each move is told once, in the end all of them, and never many at a time', () => {
  const queues = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 200 }).map(String), { maxLength: 120 }))
  fc.assert(
    fc.property(queues, (steps) => {
      const news = new QueueNews()
      const told = new Map<string, number>()
      const tell = (ids: readonly string[]) => {
        for (const id of told.keys()) if (!ids.includes(id)) told.delete(id)
        const next = news.next(ids)
        assert.ok(next.length <= 50)
        for (const id of next) {
          assert.notEqual(told.get(id), ids.indexOf(id), 'told before')
          told.set(id, ids.indexOf(id))
        }
        return next.length
      }
      for (const ids of steps) tell(ids)
      const last = steps.at(-1) ?? []
      while (tell(last) > 0);
      assert.deepEqual(
        [...told].sort(([, a], [, b]) => a - b).map(([id]) => id),
        last,
      )
    }),
  )
})
