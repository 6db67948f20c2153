import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BlockSection, cellsOf, NOBODY } from './cells.ts'

/** Blocks as a string: who gave each (a digit, `?` for nobody knows), or `.` for none. Asked: the block, then who. */
function section(blocks: string, asked: Record<number, string[]> = {}): BlockSection {
  return {
    blocks: blocks.length,
    has: (index) => blocks[index] !== '.',
    from: (index) => (/\d/.test(blocks[index]!) ? Number(blocks[index]) : NOBODY),
    asked: new Map(Object.entries(asked).map(([index, peers]) => [Number(index), peers])),
  }
}
const placeOf = (peerId: string) => Number(peerId.slice(1))
const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0)

test('blocks are summed up in cells', () => {
  const cases: [BlockSection[], number, Partial<ReturnType<typeof cellsOf>>][] = [
    [[], 10, { blocks: 0, cells: 0, have: [], inFlight: [], from: [], flying: [] }],
    [[section('00..')], 2, { blocks: 4, cells: 2, have: [100, 0], from: [0, -1] }],
    // As many cells as blocks, when more are wanted.
    [[section('0.')], 9, { blocks: 2, cells: 2, have: [100, 0] }],
    [[section('01?.')], 1, { have: [75], from: [0] }],
    [[section('011?????')], 1, { have: [100], from: [1] }],
    // Nobody known gave most: whoever is known is shown.
    [[section('????')], 2, { have: [100, 100], from: [-1, -1] }],
    // Rounding says neither all nor nothing.
    [[section(`0${'.'.repeat(999)}`)], 1, { have: [1] }],
    [[section(`${'0'.repeat(999)}.`)], 1, { have: [99] }],
    [
      [section('0...', { 1: ['p2'], 2: ['p1', 'p3'], 3: ['p3'] })],
      2,
      { inFlight: [1, 2], flying: [2, 3], have: [50, 0] },
    ],
    // What is there, or beyond the end, is not in flight.
    [[section('0.', { 0: ['p1'], 7: ['p1'] })], 2, { inFlight: [0, 0], flying: [-1, -1] }],
    // Files one after the other: a cell may have blocks of two.
    [
      [section('00'), section('.1', { 0: ['p4'] }), section('1.')],
      3,
      { blocks: 6, have: [100, 50, 50], from: [0, 1, 1], inFlight: [0, 1, 0], flying: [-1, 4, -1] },
    ],
    [[section('00'), section('.1'), section('1.')], 2, { have: [67, 67], from: [0, 1] }],
  ]
  for (const [sections, cells, expected] of cases) {
    const found = cellsOf(sections, { cells, placeOf })
    const chosen = Object.fromEntries(Object.keys(expected).map((key) => [key, found[key as 'have']]))
    assert.deepEqual(chosen, expected, JSON.stringify(expected))
  }
})

const anySection = fc
  .record({
    blocks: fc.array(fc.constantFrom('.', '0', '1', '2', '?'), { maxLength: 60 }),
    asked: fc.dictionary(
      fc.nat(80).map(String),
      fc.array(
        fc.nat(3).map((n) => `p${n}`),
        { minLength: 1, maxLength: 3 },
      ),
    ),
  })
  .map(({ blocks, asked }) => section(blocks.join(''), asked))

test('whatever the blocks, each is in one cell, and all numbers are in their bounds', () => {
  fc.assert(
    fc.property(
      fc.array(anySection, { maxLength: 6 }),
      fc.integer({ min: 1, max: 200 }),
      (sections, cells) => {
        const map = cellsOf(sections, { cells, placeOf })
        const blocks = sum(sections.map((each) => each.blocks))
        assert.deepEqual([map.blocks, map.cells], [blocks, Math.min(blocks, cells)])
        for (const list of [map.have, map.inFlight, map.from, map.flying])
          assert.equal(list.length, map.cells)
        const flat = sections.flatMap((each) =>
          Array.from({ length: each.blocks }, (_, index) => ({
            has: each.has(index),
            asked: !each.has(index) && each.asked.has(index),
            from: each.from(index),
          })),
        )
        assert.equal(sum(map.inFlight), flat.filter(({ asked }) => asked).length)
        // The blocks of each cell, by another way of counting.
        for (let cell = 0; cell < map.cells; cell++) {
          const own = flat.slice(
            Math.ceil((cell * blocks) / map.cells),
            Math.ceil(((cell + 1) * blocks) / map.cells),
          )
          const had = own.filter(({ has }) => has)
          assert.ok(own.length > 0)
          assert.equal(map.have[cell] === 100, had.length === own.length)
          assert.equal(map.have[cell] === 0, had.length === 0)
          assert.ok(Math.abs(map.have[cell]! - (100 * had.length) / own.length) <= 1)
          assert.equal(map.inFlight[cell], own.filter(({ asked }) => asked).length)
          assert.equal(map.flying[cell] === -1, map.inFlight[cell] === 0)
          const givers = had.map(({ from }) => from).filter((from) => from !== NOBODY)
          const times = (place: number) => givers.filter((each) => each === place).length
          if (givers.length === 0) assert.equal(map.from[cell], -1)
          else assert.equal(times(map.from[cell]!), Math.max(...givers.map(times)))
        }
      },
    ),
  )
})
