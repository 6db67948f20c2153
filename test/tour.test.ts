import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { README, runTour, shownOutputs, withoutChance } from './support/tour.ts'

test('the README’s tour prints what the README shows', { timeout: 60_000 }, async () => {
  const readme = readFileSync(README, 'utf8')
  const printed = await runTour(readme)
  assert.deepEqual(
    printed.map(withoutChance),
    shownOutputs(readme).map(withoutChance),
    'to show it anew: node test/support/tour.ts',
  )
})
