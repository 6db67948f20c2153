import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadySteps } from './ready-steps.ts'

test('it is ready when all steps are done, until it stops', () => {
  const steps = new ReadySteps(['state', 'library'])
  assert.deepEqual(steps.readiness(), { missing: ['state', 'library'] })
  steps.done('library')
  steps.done('library')
  assert.deepEqual(steps.readiness(), { missing: ['state'] })
  steps.done('state')
  assert.deepEqual(steps.readiness(), { missing: [] })
  steps.stopping()
  assert.deepEqual(steps.readiness(), { missing: ['not stopping'] })
})
