import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../base/random.ts'
import { FirstCopies } from './first-copies.ts'

function member(copies: FirstCopies) {
  const seen: number[] = []
  const state = { all: false }
  const joined = copies.join({
    show: (indices) => void seen.push(...indices),
    showAll: () => {
      state.all = true
    },
  })
  seen.push(...joined.first)
  return { seen, state, sent: joined.sent, leave: joined.leave }
}

test('each is shown other blocks, and the next when one was sent', () => {
  const copies = new FirstCopies(10, seededRandom(1))
  const [a, b] = [member(copies), member(copies)]
  assert.equal(new Set([...a.seen, ...b.seen]).size, 6)
  a.sent(a.seen[0]!)
  assert.equal(a.seen.length, 4)
  assert.equal(new Set([...a.seen, ...b.seen]).size, 7)
})

test('when every block has been sent once, all see everything', () => {
  const copies = new FirstCopies(4, seededRandom(1))
  const [a, b] = [member(copies), member(copies)]
  for (const index of [...a.seen]) a.sent(index)
  assert.equal(copies.isOver, false)
  for (const index of [...b.seen]) b.sent(index)
  assert.equal(copies.isOver, true)
  assert.deepEqual([a.state.all, b.state.all], [true, true])
})

test('what somebody was shown and did not get before it left is shown to others', () => {
  const copies = new FirstCopies(6, seededRandom(1))
  const [a, b] = [member(copies), member(copies)]
  const lost = [...a.seen]
  a.leave()
  for (let i = 0; i < b.seen.length; i++) b.sent(b.seen[i]!)
  assert.ok(lost.every((index) => b.seen.includes(index)))
  assert.equal(copies.isOver, true)
})

test('whatever happens, no block is sent twice before all are out, as long as nobody leaves', () => {
  const steps = fc.array(fc.record({ who: fc.nat(4), which: fc.nat(2) }), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), steps, fc.nat(1000), (blocks, actions, seed) => {
      const copies = new FirstCopies(blocks, seededRandom(seed))
      const members = Array.from({ length: 5 }, () => ({ ...member(copies), done: new Set<number>() }))
      const sent: number[] = []
      for (const { who, which } of actions) {
        const { seen, done, sent: tell } = members[who]!
        const open = seen.filter((index) => !done.has(index))
        const index = open[which % Math.max(open.length, 1)]
        if (index === undefined || copies.isOver) continue
        done.add(index)
        sent.push(index)
        tell(index)
      }
      assert.equal(new Set(sent).size, sent.length)
      assert.equal(copies.isOver, sent.length === blocks)
    }),
  )
})
