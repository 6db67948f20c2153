import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../base/random.ts'
import { FirstCopies } from './first-copies.ts'

function member(copies: FirstCopies) {
  const seen = new Set<number>()
  const state = { all: false }
  const joined = copies.join({
    show: (indices) => {
      for (const index of indices) seen.add(index)
    },
    showAll: () => {
      state.all = true
    },
    revoke: (index) => void seen.delete(index),
  })
  for (const index of joined.first ?? []) seen.add(index)
  const asked = new Set<number>()
  return {
    seen,
    state,
    joined,
    /** Asks for a block, and gets it when it may. */
    get: (index: number) => {
      asked.add(index)
      if (!joined.claim(index)) return false
      joined.begun(index)
      joined.sent(index, false)
      return true
    },
    /** What it sees and has not asked for. */
    open: () => [...seen].filter((index) => !asked.has(index)),
  }
}

test('the first sees all; each of the others other blocks, and the next when one was sent', () => {
  const copies = new FirstCopies(10, seededRandom(1))
  const [first, a, b] = [member(copies), member(copies), member(copies)]
  assert.equal(first.joined.first, undefined)
  assert.equal(new Set([...a.seen, ...b.seen]).size, 4)
  const [index] = a.seen
  assert.ok(a.get(index!))
  assert.equal(new Set([...a.seen, ...b.seen]).size, 5)
})

test('the first is refused what another is shown or was sent, and may have what nobody was', () => {
  const copies = new FirstCopies(10, seededRandom(1))
  const [first, a] = [member(copies), member(copies)]
  const [one, two] = a.seen
  assert.ok(a.get(one!))
  assert.deepEqual([first.get(one!), first.get(two!)], [false, false])
  const free = [...Array(10).keys()].find((index) => !a.seen.has(index))!
  assert.ok(first.get(free))
  assert.ok(!a.get(free))
})

test('who needs an order of its own is shown everything, and gets it', () => {
  const copies = new FirstCopies(10, seededRandom(1))
  const [first, a] = [member(copies), member(copies)]
  a.joined.showAll()
  assert.ok(a.state.all)
  for (let index = 0; index < 5; index++) assert.ok(a.get(index))
  assert.ok(!first.get(0))
})

test('when every block has been sent once, all see everything', () => {
  const copies = new FirstCopies(4, seededRandom(1))
  const [first, a] = [member(copies), member(copies)]
  for (let left = a.open(); left.length > 0; left = a.open()) assert.ok(a.get(left[0]!))
  assert.ok(copies.isOver)
  assert.deepEqual([first.state.all, a.state.all], [true, true])
  assert.ok(first.get(0))
})

test('what somebody was shown or sent before it left is shown to others', () => {
  const copies = new FirstCopies(6, seededRandom(1))
  const [first, a, b] = [member(copies), member(copies), member(copies)]
  const lost = [...a.seen]
  a.get(lost[0]!)
  a.joined.leave()
  assert.ok(b.seen.has(lost[0]!))
  assert.ok(first.get(lost[1]!))
  for (let left = b.open(); left.length > 0; left = b.open()) b.get(left[0]!)
  assert.ok(copies.isOver)
})

test('one that has what it is shown from elsewhere is shown other blocks', () => {
  const copies = new FirstCopies(20, seededRandom(1))
  member(copies)
  const a = member(copies)
  const before = [...a.seen]
  a.joined.idle()
  assert.ok(a.seen.size > before.length)
  const taken = a.open()[0]!
  a.joined.claim(taken)
  a.joined.unclaim(taken)
  assert.ok(member(copies).joined.claim(taken), 'what is taken back is for others')
})

test('whatever happens, no block is sent twice before all are out, and nobody who asks starves', () => {
  const steps = fc.array(fc.record({ who: fc.nat(4), which: fc.nat(40), what: fc.nat(9) }), {
    maxLength: 300,
  })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), steps, fc.nat(1000), (blocks, actions, seed) => {
      const copies = new FirstCopies(blocks, seededRandom(seed))
      const members = Array.from({ length: 5 }, () => member(copies))
      const sent: number[] = []
      for (const { who, which, what } of actions) {
        const each = members[who]!
        if (what === 0) each.joined.idle()
        if (what === 1) each.joined.unclaim(which % blocks)
        if (each.state.all || copies.isOver) continue
        const open = who === 0 ? [which % blocks] : each.open()
        const index = open[which % Math.max(open.length, 1)]
        if (index !== undefined && !sent.includes(index) && each.get(index)) sent.push(index)
      }
      assert.equal(new Set(sent).size, sent.length)
      // Now everybody asks for what it sees, again and again: all of it gets out.
      for (let round = 0; round < 20 * blocks && !copies.isOver; round++)
        for (const [who, each] of members.entries()) {
          const open = who === 0 || each.state.all ? [...Array(blocks).keys()] : each.open()
          for (const index of open) if (!copies.isOver) each.get(index)
          each.joined.idle()
        }
      assert.ok(copies.isOver)
    }),
  )
})

test('what was taken over by one that leaves is shown to the first again', () => {
  const copies = new FirstCopies(3, seededRandom(1))
  const first = member(copies)
  for (const index of [0, 1, 2]) assert.ok(first.joined.claim(index))
  const second = member(copies)
  second.joined.idle()
  const [taken] = second.seen
  assert.ok(taken !== undefined && !first.seen.has(taken))
  second.joined.leave()
  assert.ok(first.seen.has(taken))
})

/** A taker as they are: asks only for what it believes to be there. */
function believer(copies: FirstCopies, blocks: number) {
  const believed = new Set<number>()
  const asked = new Set<number>()
  const got = new Set<number>()
  const believe = (indices: Iterable<number>) => {
    for (const index of indices) believed.add(index)
  }
  const joined = copies.join({
    show: believe,
    showAll: () => believe(Array(blocks).keys()),
    revoke: (index) => {
      if (asked.delete(index)) believed.delete(index)
    },
  })
  believe(joined.first ?? Array(blocks).keys())
  return {
    leave: () => joined.leave(),
    idle: () => asked.size === 0 && joined.idle(),
    ask: (which: number) => {
      const open = [...believed].filter((index) => !asked.has(index) && !got.has(index))
      const index = open[which % Math.max(open.length, 1)]
      if (index === undefined) return
      if (joined.claim(index)) asked.add(index)
      else believed.delete(index)
    },
    send: () => {
      const [index] = asked
      if (index === undefined) return
      joined.begun(index)
      asked.delete(index)
      got.add(index)
      joined.sent(index, asked.size === 0)
    },
    takeBack: () => {
      const [index] = asked
      if (index === undefined) return
      asked.delete(index)
      joined.unclaim(index)
    },
  }
}

test('whoever leaves when, those who ask for what they believe to be there get all of it out', () => {
  const kind = fc.constantFrom('ask', 'ask', 'ask', 'send', 'send', 'idle', 'takeBack', 'leave')
  const steps = fc.array(fc.record({ who: fc.nat(5), which: fc.nat(40), kind }), {
    minLength: 5,
    maxLength: 40,
    size: 'max',
  })
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 2, max: 4 }),
      steps,
      (blocks, joined, actions) => {
        const copies = new FirstCopies(blocks, seededRandom(1))
        let members = Array.from({ length: joined }, () => believer(copies, blocks))
        for (const { who, which, kind } of actions) {
          const each = members[who % members.length]!
          if (kind !== 'leave') each[kind](which)
          else if (members.length > 1) {
            each.leave()
            members = members.filter((other) => other !== each)
          }
        }
        for (let round = 0; round < 20 * blocks && !copies.isOver; round++)
          for (const each of members) {
            each.ask(round)
            each.send()
            each.idle()
          }
        assert.ok(copies.isOver)
      },
    ),
    { numRuns: 3000 },
  )
})

test('however many come and go, a block is shown to nobody again and again', () => {
  const copies = new FirstCopies(50, seededRandom(1))
  member(copies)
  const shown = new Map<number, number>()
  const watcher = copies.join({
    show: (indices) => {
      for (const index of indices) shown.set(index, (shown.get(index) ?? 0) + 1)
    },
    showAll: () => {},
    revoke: () => {},
  })
  for (const index of watcher.first!) shown.set(index, 1)
  for (let round = 0; round < 200; round++) {
    const passing = member(copies)
    for (const index of passing.open().slice(0, round % 2)) passing.get(index)
    passing.joined.leave()
  }
  assert.ok(Math.max(...shown.values()) <= 2)
})
