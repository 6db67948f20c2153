import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldBackText, nextText } from './wish-text.ts'

test('when the next search is', () => {
  assert.equal(nextText({}, 0), 'Waits for a peer')
  assert.equal(nextText({ nextSearchMs: 500 }, 1000), 'Next in a moment')
  assert.equal(nextText({ nextSearchMs: 5400 }, 1000), 'Next in 5 s')
  assert.equal(nextText({ nextSearchMs: 601_000 }, 1000), 'Next in 10 min 0 s')
})

test('why something is held back', () => {
  assert.equal(heldBackText(undefined), '')
  assert.match(heldBackText('size'), /wishMaxBytes/)
})
