import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../base/random.ts'
import { Bitmap } from './bitmap.ts'
import { PATIENT_ENDGAME } from './endgame.ts'
import { Scheduler } from './scheduler.ts'

/**
 * A swarm as strings, one character a block: `have` is what we have (1), each source what it has (1); `all` is a source with everything. Every block has
 * one byte, so windows count blocks.
 */
function swarm(
  have: string,
  sources: Record<string, string>,
  seed = 1,
  isBegun?: (id: string, index: number) => boolean,
): Scheduler {
  const scheduler = new Scheduler({
    blockCount: have.length,
    sizeOf: () => 1,
    have: bitmap(have),
    random: seededRandom(seed),
    ...(isBegun && { isBegun }),
  })
  for (const [id, has] of Object.entries(sources))
    scheduler.addSource(id, has === 'all' ? undefined : bitmap(has))
  return scheduler
}

function bitmap(text: string): Bitmap {
  const bits = new Bitmap(text.length)
  for (const [index, char] of [...text].entries()) if (char === '1') bits.add(index)
  return bits
}

/** All that a source is asked for when its window is `window` blocks. */
const next = (scheduler: Scheduler, id: string, window = 100) => scheduler.next(id, window, 100)
const sorted = (indices: number[]) => indices.toSorted((a, b) => a - b)

test('asks each source only for what it has and we have not', () => {
  const scheduler = swarm('11000000', { a: '01110000', b: 'all' })
  assert.deepEqual(sorted(next(scheduler, 'a')), [2, 3])
  assert.deepEqual(sorted(next(scheduler, 'b')), [4, 5, 6, 7])
  assert.deepEqual(next(scheduler, 'unknown'), [])
})

test('rarest first', () => {
  const cases: [string, Record<string, string>, string, number[]][] = [
    // Only c has block 2; blocks 0 and 1 are everywhere.
    ['000', { a: '110', b: '110', c: '111' }, 'c', [2]],
    // Block 3 only comes from the complete source: rarer than what a partial one has too.
    ['0000', { a: '1110', b: 'all' }, 'b', [3]],
    ['00000', { a: '11110', b: '11100', c: '11000', d: '10000', e: 'all' }, 'e', [4, 3, 2, 1, 0]],
  ]
  for (const [have, sources, asked, expected] of cases) {
    const scheduler = swarm(have, sources)
    assert.deepEqual(next(scheduler, asked, expected.length), expected, JSON.stringify(sources))
  }
})

test('not all begin with the same block where some have a part only', () => {
  const firsts = Array.from(
    { length: 40 },
    (_, seed) => next(swarm('00000000', { a: 'all', b: '00000000' }, seed), 'a', 1)[0],
  )
  assert.ok(new Set(firsts).size >= 6)
})

test('in order of the file while all have everything', () => {
  const scheduler = swarm('01000010', { a: 'all', b: 'all' })
  assert.deepEqual(next(scheduler, 'a', 3), [0, 2, 3])
  assert.deepEqual(next(scheduler, 'b', 1), [4])
  scheduler.removeSource('a')
  assert.deepEqual(next(scheduler, 'b', 3), [0, 2])
})

test('in order of the file when that is wished, though some have a part only', () => {
  let order: 'rarest' | 'sequential' = 'sequential'
  const scheduler = new Scheduler({
    blockCount: 8,
    sizeOf: () => 1,
    random: seededRandom(1),
    order: () => order,
  })
  scheduler.addSource('a')
  scheduler.addSource('b', new Bitmap(8, Uint8Array.of(0b01100011)))
  assert.deepEqual(next(scheduler, 'b', 2), [1, 2])
  assert.deepEqual(next(scheduler, 'a', 3), [0, 3, 4])
  order = 'rarest'
  assert.deepEqual(next(scheduler, 'a', 4), [5])
})

test('a source that would have nothing to do gets what another has not begun to send', () => {
  const begun = new Set([0])
  const isBegun = (_: string, index: number) => begun.has(index)
  const scheduler = new Scheduler({ blockCount: 3, sizeOf: () => 1, random: seededRandom(1), isBegun })
  scheduler.addSource('a')
  assert.deepEqual(next(scheduler, 'a', 3), [0, 1, 2])
  scheduler.addSource('b', new Bitmap(3, Uint8Array.of(0b11000000)))
  assert.deepEqual(next(scheduler, 'b', 3), [1])
  assert.deepEqual(scheduler.takeMoved(), [{ from: 'a', index: 1 }])
  assert.deepEqual(scheduler.takeMoved(), [])
  assert.deepEqual([...scheduler.source('a')!.asked], [0, 2])
  // It has something to do now, and the rest it does not have.
  assert.deepEqual(next(scheduler, 'b', 3), [])
})

test('of what nobody waits for each block is asked for once, as long as its source sends', () => {
  const scheduler = new Scheduler({
    ...{ blockCount: 4, sizeOf: () => 1, have: bitmap('0000'), random: seededRandom(1) },
    ...{ isBegun: () => false, endgame: () => PATIENT_ENDGAME },
  })
  for (const id of ['a', 'b']) scheduler.addSource(id, undefined)
  assert.equal(next(scheduler, 'a').length, 4)
  scheduler.source('b')!.rateBytesPerSecond = 1e9
  scheduler.source('a')!.rateBytesPerSecond = 10
  scheduler.source('a')!.silentMs = 500
  assert.deepEqual(next(scheduler, 'b'), [])
  scheduler.source('a')!.silentMs = 10_000
  assert.equal(next(scheduler, 'b').length, 4)
})

test('keeps to the window and to the budget', () => {
  const scheduler = swarm('0'.repeat(20), { a: 'all', b: 'all' })
  assert.equal(next(scheduler, 'a', 3).length, 3)
  assert.equal(next(scheduler, 'a', 3).length, 0)
  assert.equal(next(scheduler, 'a', 5).length, 2)
  assert.equal(scheduler.next('b', 10, 4).length, 4)
  assert.equal(scheduler.next('b', 10, 0).length, 0)
})

test('a block larger than the window is asked for all the same, one at a time', () => {
  const scheduler = new Scheduler({ blockCount: 3, sizeOf: () => 10, random: seededRandom(1) })
  scheduler.addSource('a')
  assert.equal(scheduler.next('a', 4, 100).length, 1)
  assert.equal(scheduler.next('a', 4, 100).length, 0)
  assert.equal(scheduler.next('a', 25, 100).length, 1)
})

test('what a source that leaves was asked for goes to others', () => {
  const scheduler = swarm('0000', { a: 'all', b: 'all' })
  assert.deepEqual(sorted(next(scheduler, 'a')), [0, 1, 2, 3])
  assert.deepEqual(next(scheduler, 'b'), [], 'nothing is open, and a is not slow')
  scheduler.removeSource('a')
  assert.deepEqual(sorted(next(scheduler, 'b')), [0, 1, 2, 3])
})

test('a refused block is not asked of the same source again, and of others it is', () => {
  const scheduler = swarm('00', { a: 'all', b: 'all' })
  next(scheduler, 'a')
  scheduler.missing('a', 0)
  assert.deepEqual(next(scheduler, 'a'), [])
  assert.deepEqual(next(scheduler, 'b'), [0])
})

test('a wrong block is open again; a right one is had, and asked of nobody any more', () => {
  const scheduler = swarm('00', { a: 'all', b: 'all' })
  next(scheduler, 'a')
  scheduler.delivered('a', 0)
  assert.deepEqual(next(scheduler, 'b'), [], 'it is being verified')
  scheduler.rejected(0)
  scheduler.removeSource('a')
  assert.deepEqual(sorted(next(scheduler, 'b')), [0, 1])
  scheduler.delivered('b', 0)
  assert.deepEqual(scheduler.verified(0), [])
  scheduler.delivered('b', 1)
  scheduler.verified(1)
  assert.equal(scheduler.isDone, true)
})

test('news of a partial source is used', () => {
  const scheduler = swarm('000', { a: '100' })
  assert.deepEqual(next(scheduler, 'a'), [0])
  assert.deepEqual(next(scheduler, 'a'), [])
  scheduler.addBlocks('a', [2, 2, 99])
  assert.deepEqual(next(scheduler, 'a'), [2])
})

test('endgame: the last blocks of a slow source are asked of a fast one too, and taken back when they are there', () => {
  const scheduler = swarm('0000', { slow: 'all', fast: 'all', late: 'all' })
  next(scheduler, 'slow', 2)
  next(scheduler, 'fast', 2)
  for (const [id, rate] of [
    ['slow', 0.1],
    ['fast', 100],
    ['late', 100],
  ] as const)
    scheduler.source(id)!.rateBytesPerSecond = rate
  const [first, second] = [...scheduler.source('slow')!.asked]
  assert.deepEqual(next(scheduler, 'fast', 4), [second, first], 'the one that comes last, first')
  scheduler.delivered('fast', first!)
  assert.deepEqual(scheduler.verified(first!), ['slow'])
  assert.deepEqual([...scheduler.source('slow')!.asked], [second])
})

test('endgame: none while anything is open, none between equals, none of what one has asked itself', () => {
  const scheduler = swarm('0000', { a: 'all', b: 'all' })
  for (const id of ['a', 'b']) scheduler.source(id)!.rateBytesPerSecond = 10
  next(scheduler, 'a', 2)
  assert.equal(next(scheduler, 'b', 1).length, 1)
  assert.equal(next(scheduler, 'b', 2).length, 1)
  assert.deepEqual(next(scheduler, 'b'), [])
  assert.deepEqual(next(scheduler, 'a'), [])
})

test('endgame: a source that has gone silent loses its blocks long before it counts as stalled', () => {
  const scheduler = swarm('0', { silent: 'all', other: 'all' })
  for (const id of ['silent', 'other']) scheduler.source(id)!.rateBytesPerSecond = 100
  assert.deepEqual(next(scheduler, 'silent'), [0])
  assert.deepEqual(next(scheduler, 'other'), [])
  scheduler.source('silent')!.silentMs = 400
  assert.deepEqual(next(scheduler, 'other'), [0])
})

test('urgent blocks go before all others, in their order, and beyond a full window', () => {
  const scheduler = swarm('0'.repeat(20), { a: 'all' })
  assert.deepEqual(next(scheduler, 'a', 3), [0, 1, 2])
  scheduler.urgent([15, 9, 99, -1])
  assert.deepEqual(scheduler.nextUrgent('a', 3, 100), [15, 9])
  assert.deepEqual(scheduler.nextUrgent('a', 3, 100), [])
  assert.deepEqual(next(scheduler, 'a', 6), [3])
  scheduler.urgent([7])
  assert.deepEqual(scheduler.nextUrgent('a', 3, 0), [], 'the budget holds')
})

test('an urgent block waits for the source that delivers it much sooner, and is asked of that one, too, when a slow one was asked', () => {
  const scheduler = swarm('0000', { slow: 'all', fast: 'all', other: '1011' })
  for (const [id, rate] of Object.entries({ slow: 0.1, fast: 10, other: 1000 }))
    scheduler.source(id)!.rateBytesPerSecond = rate
  scheduler.urgent([1])
  assert.deepEqual(scheduler.nextUrgent('slow', 4, 100), [], 'fast has it sooner')
  assert.deepEqual(scheduler.nextUrgent('other', 4, 100), [], 'it does not have it')
  assert.deepEqual(scheduler.nextUrgent('fast', 4, 100), [1])
  scheduler.release('fast')
  scheduler.urgent([])
  assert.equal(next(scheduler, 'slow', 2)[0], 1, 'the rarest')
  scheduler.urgent([1])
  assert.deepEqual(scheduler.nextUrgent('fast', 4, 100), [1])
})

test('what is urgent and was asked of a source that has fallen silent comes from another one, before what that has not begun', () => {
  const scheduler = new Scheduler({
    blockCount: 8,
    sizeOf: () => 1,
    random: seededRandom(1),
    onDemand: true,
    isBegun: (id, index) => id === 'slow' && index === 4,
  })
  for (const id of ['frozen', 'slow']) {
    scheduler.addSource(id)
    scheduler.source(id)!.rateBytesPerSecond = { frozen: 8, slow: 4 }[id]
  }
  scheduler.urgent([0, 1, 2, 3])
  assert.deepEqual(scheduler.nextUrgent('frozen', 10, 100), [0, 1, 2, 3])
  scheduler.urgent([0, 1, 4, 5, 6, 2, 3])
  assert.deepEqual(scheduler.nextUrgent('slow', 3, 100), [4, 5, 6])
  scheduler.source('frozen')!.silentMs = 400
  assert.deepEqual([scheduler.nextUrgent('slow', 3, 100), scheduler.takeMoved()], [[], []])
  scheduler.source('frozen')!.silentMs = 600
  assert.deepEqual(scheduler.nextUrgent('slow', 2, 2), [0, 1])
  const moved = [5, 6].map((index) => ({ from: 'slow', index }))
  assert.deepEqual(scheduler.takeMoved(), moved)
  assert.deepEqual([...scheduler.source('slow')!.asked], [4, 0, 1])
  for (const index of [4, 0, 1]) {
    scheduler.delivered('slow', index)
    scheduler.verified(index)
  }
  assert.deepEqual([...scheduler.source('frozen')!.asked], [2, 3])
  assert.deepEqual(scheduler.nextUrgent('slow', 10, 100), [5, 6, 2, 3])
})

test('when the source of the most urgent block is gone, another one gives it before what that has not begun', () => {
  const scheduler = new Scheduler({
    blockCount: 8,
    sizeOf: () => 1,
    random: seededRandom(1),
    onDemand: true,
    isBegun: (_, index) => index === 4,
  })
  for (const id of ['gone', 'slow']) scheduler.addSource(id)
  for (const id of ['gone', 'slow']) scheduler.source(id)!.rateBytesPerSecond = 4
  scheduler.urgent([0, 1])
  assert.deepEqual(scheduler.nextUrgent('gone', 10, 100), [0, 1])
  scheduler.urgent([0, 1, 4, 5, 6])
  assert.deepEqual(scheduler.nextUrgent('slow', 10, 100), [4, 5, 6])
  assert.deepEqual(scheduler.takeMoved(), [])
  scheduler.removeSource('gone')
  assert.deepEqual(scheduler.nextUrgent('slow', 10, 100), [0, 1, 5, 6])
  assert.deepEqual([...scheduler.source('slow')!.asked], [4, 0, 1, 5, 6])
  assert.deepEqual(
    scheduler.takeMoved().map(({ index }) => index),
    [5, 6],
  )
})

test('on demand nothing else is asked for; what is not wanted any more is taken back; what is forgotten comes again', () => {
  const scheduler = new Scheduler({
    blockCount: 3,
    sizeOf: () => 1,
    random: seededRandom(1),
    onDemand: true,
  })
  scheduler.addSource('a')
  assert.deepEqual(next(scheduler, 'a'), [])
  scheduler.urgent([2, 0])
  assert.deepEqual(scheduler.nextUrgent('a', 10, 100), [2, 0])
  assert.deepEqual([...scheduler.withdraw((index) => index === 2)], [['a', [0]]])
  assert.equal(scheduler.source('a')!.askedBytes, 1)
  scheduler.delivered('a', 2)
  scheduler.verified(2)
  assert.equal(scheduler.hasUrgent, true)
  scheduler.urgent([2])
  assert.equal(scheduler.hasUrgent, false, 'it is there')
  scheduler.forget(2)
  scheduler.urgent([2])
  assert.deepEqual(scheduler.nextUrgent('a', 10, 100), [2])
  assert.equal(scheduler.isDone, false)
})

test('a block that would move to an idle source and has no room there is not lost', () => {
  const scheduler = new Scheduler({
    blockCount: 1,
    sizeOf: () => 1,
    random: seededRandom(1),
    isBegun: () => false,
  })
  for (const id of ['a', 'b']) scheduler.addSource(id)
  assert.deepEqual(next(scheduler, 'a'), [0])
  assert.deepEqual(scheduler.next('b', 10, 0), [])
  for (const { from } of scheduler.takeMoved()) assert.equal(from, 'a')
  scheduler.removeSource('a')
  assert.deepEqual(next(scheduler, 'b'), [0])
})

type Step = {
  source: number
  do:
    | 'ask'
    | 'urgent'
    | 'hurry'
    | 'withdraw'
    | 'deliver'
    | 'wrong'
    | 'refuse'
    | 'leave'
    | 'come'
    | 'release'
    | 'silent'
  pick: number
}
const steps = fc.array(
  fc.record<Step>({
    source: fc.nat(3),
    do: fc.constantFrom(
      ...(['ask', 'ask', 'urgent', 'hurry', 'withdraw', 'deliver', 'deliver', 'wrong'] as const),
      ...(['refuse', 'leave', 'come', 'release', 'silent'] as const),
    ),
    pick: fc.nat(1000),
  }),
  { maxLength: 150 },
)

test('whatever happens, no block is lost and none is asked for without need', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (all, seed) => {
      const count = 16
      const scheduler = swarm(
        '0'.repeat(count),
        {},
        seed,
        (id, index) => (id.length + index + seed) % 3 === 0,
      )
      for (const { source, do: what, pick } of all) {
        const id = `s${source}`
        const asked = [...(scheduler.source(id)?.asked ?? [])]
        const index = asked[pick % Math.max(1, asked.length)]
        if (what === 'come') scheduler.addSource(id, pick % 2 ? undefined : bitmap('0110'.repeat(4)))
        if (what === 'leave') scheduler.removeSource(id)
        if (what === 'release') scheduler.release(id)
        if (what === 'ask') for (const each of next(scheduler, id, 4)) assert.ok(!scheduler.have.has(each))
        if (what === 'silent' && scheduler.source(id)) scheduler.source(id)!.silentMs = pick
        if (what === 'urgent') scheduler.urgent([pick % 16, (pick + 5) % 16])
        if (what === 'hurry')
          for (const each of scheduler.nextUrgent(id, 4, 100)) assert.ok(!scheduler.have.has(each))
        for (const { from, index: each } of scheduler.takeMoved())
          assert.ok(from === id || !scheduler.source(from)?.asked.has(each))
        if (what === 'withdraw') scheduler.withdraw((each) => each % 2 === pick % 2)
        if (index === undefined) continue
        if (what === 'refuse') scheduler.missing(id, index)
        if (what === 'deliver' || what === 'wrong') scheduler.delivered(id, index)
        if (what === 'deliver') for (const other of scheduler.verified(index)) assert.notEqual(other, id)
        if (what === 'wrong') scheduler.rejected(index)
      }
      // One honest source that has everything must always be able to finish.
      for (let i = 0; i < 4; i++) scheduler.removeSource(`s${i}`)
      scheduler.addSource('honest')
      for (let round = 0; round <= count && !scheduler.isDone; round++) {
        for (const index of next(scheduler, 'honest', 3)) {
          scheduler.delivered('honest', index)
          scheduler.verified(index)
        }
      }
      assert.ok(scheduler.isDone)
      assert.equal(scheduler.openCount, 0)
      assert.equal(scheduler.source('honest')!.askedBytes, 0)
    }),
  )
})

test('what a source gives up is open again, and the source still has it', () => {
  const scheduler = swarm('00', { a: 'all', b: 'all' })
  assert.deepEqual(next(scheduler, 'a', 1), [0])
  scheduler.giveUp('a', 0)
  scheduler.giveUp('a', 1)
  assert.equal(scheduler.openCount, 2)
  assert.deepEqual(sorted(next(scheduler, 'a')), [0, 1])
})

test('a block that comes in parts goes to a faster source where it stands, not to both', () => {
  const left = new Map([[0, 1e6]])
  const scheduler = new Scheduler({
    blockCount: 1,
    sizeOf: () => 1_048_576,
    random: seededRandom(1),
    leftOf: (index) => left.get(index)!,
    isResumable: () => true,
  })
  for (const id of ['slow', 'fast']) scheduler.addSource(id)
  const ask = (id: string) => scheduler.next(id, 2e6, 1e9)
  assert.deepEqual(ask('slow'), [0])
  scheduler.source('slow')!.rateBytesPerSecond = 1e5
  scheduler.source('fast')!.rateBytesPerSecond = 2e6
  assert.deepEqual(ask('fast'), [0])
  assert.deepEqual(scheduler.takeMoved(), [{ from: 'slow', index: 0 }])
  assert.equal(scheduler.source('slow')!.asked.size, 0)
  // What is left would come hardly sooner: it stays where it is.
  left.set(0, 1e4)
  scheduler.source('slow')!.rateBytesPerSecond = 3e6
  assert.deepEqual(ask('slow'), [])
})

test('a block that is all that its source was asked for does not go round among those with nothing to do', () => {
  const scheduler = new Scheduler({
    blockCount: 1,
    sizeOf: () => 1,
    random: seededRandom(1),
    isBegun: () => false,
  })
  for (const id of ['a', 'b', 'c']) scheduler.addSource(id)
  assert.deepEqual(next(scheduler, 'a'), [0])
  for (const id of ['b', 'c', 'a']) assert.deepEqual(next(scheduler, id), [])
  assert.deepEqual(scheduler.takeMoved(), [])
})
