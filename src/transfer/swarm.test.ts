import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LinkRates } from './testing/fluid-network.ts'
import { SwarmSim } from './testing/swarm-sim.ts'

/** 20 Mbit/s each way, 32 MiB: time is virtual, and the same seed gives the same run. */
const LINK: LinkRates = { up: 2.5e6, down: 2.5e6 }
const crowd = (count: number) => Array.from({ length: count }, () => LINK)

for (const count of [8, 16]) {
  test(`a swarm of ${count}: all are done within 10 % of the bound, and hardly a byte is sent twice`, async () => {
    const { doneMs, lastMs, boundMs, seedCopies, waste } = await new SwarmSim({
      blocks: 32,
      seed: LINK,
      leechers: crowd(count),
    }).run()
    assert.ok(doneMs.every((ms) => ms !== undefined))
    assert.ok(lastMs < 1.1 * boundMs, `${lastMs / boundMs} of the bound`)
    assert.ok(seedCopies < 1.1, `${seedCopies} copies`)
    assert.ok(waste < 0.01, `${100 * waste} % came twice`)
  })
}

test('one alone gets the file at the rate of the line, once', async () => {
  const sim = new SwarmSim({ blocks: 32, seed: LINK, leechers: crowd(1) })
  const { lastMs, boundMs, seedCopies, waste } = await sim.run()
  assert.ok(lastMs < 1.05 * boundMs, `${lastMs / boundMs} of the bound`)
  assert.deepEqual([Math.round(100 * seedCopies), Math.round(100 * waste)], [100, 0])
})

test('half of the swarm vanishes half-way: everybody else gets the file', async () => {
  const leechers = crowd(8).map((link, i) => ({ ...link, ...(i % 2 === 0 && { diesMs: 8000 }) }))
  const { doneMs } = await new SwarmSim({ blocks: 32, seed: LINK, leechers }).run()
  assert.ok(doneMs.every((ms, i) => i % 2 === 0 || ms !== undefined))
})

test('one comes after the other, and one has a quarter of the uplink: all get the file', async () => {
  const leechers = crowd(8).map((link, i) => ({
    ...link,
    atMs: 2000 * i,
    ...(i === 7 && { up: link.up / 4 }),
  }))
  const { doneMs, seedCopies } = await new SwarmSim({ blocks: 32, seed: LINK, leechers }).run()
  assert.ok(doneMs.every((ms) => ms !== undefined))
  assert.ok(seedCopies < 3, `${seedCopies} copies`)
})

test('whatever the lines, whoever comes late or vanishes: everybody else gets the file', async () => {
  const rate = fc.constantFrom(0.1, 0.25, 0.5, 1, 1, 1, 2, 8).map((times) => times * LINK.up)
  const leecher = fc.record({
    up: rate,
    down: rate,
    atMs: fc.oneof(fc.constant(0), fc.nat(10_000)),
    diesMs: fc.option(fc.integer({ min: 11_000, max: 19_000 }), { nil: undefined, freq: 4 }),
  })
  const leechers = fc
    .array(leecher, { minLength: 1, maxLength: 6 })
    .map((all) => all.map(({ diesMs, ...rest }) => ({ ...rest, ...(diesMs !== undefined && { diesMs }) })))
  const swarm = fc.record({
    blocks: fc.integer({ min: 2, max: 12 }),
    up: rate,
    leechers,
    randomSeed: fc.nat(1000),
  })
  await fc.assert(
    fc.asyncProperty(swarm, async ({ blocks, up, leechers, randomSeed }) => {
      const { doneMs } = await new SwarmSim({ blocks, seed: { ...LINK, up }, leechers, randomSeed }).run()
      for (const [i, { diesMs }] of leechers.entries())
        assert.ok(diesMs !== undefined || doneMs[i] !== undefined, `leecher ${i} does not get on`)
    }),
    {
      numRuns: 25,
      // Somebody vanishes who has taken over a block of the first one.
      examples: [
        [
          {
            blocks: 8,
            up: 625_000,
            leechers: [
              { up: 5e6, down: 250_000, atMs: 0 },
              { up: 2.5e6, down: 625_000, atMs: 4345, diesMs: 15_485 },
            ],
            randomSeed: 994,
          },
        ],
      ],
    },
  )
})

test('one with a quarter of the uplink does not hold up the others', async () => {
  const leechers = crowd(8).map((link, i) => (i === 7 ? { ...link, up: link.up / 4 } : link))
  const { lastMs, boundMs } = await new SwarmSim({ blocks: 32, seed: LINK, leechers }).run()
  assert.ok(lastMs < 1.5 * boundMs, `${lastMs / boundMs} of the bound`)
})
