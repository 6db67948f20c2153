import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, ShoalError } from '../base/errors.ts'
import { SourceFault } from './source-fault.ts'
import { type BlockFailure, failureOf, TransferTally } from './tally.ts'

const said = (code: ErrorCode) => new ShoalError(code, 'so it is')

test('why a source ended', () => {
  const table: [ShoalError, boolean, BlockFailure | undefined][] = [
    [new SourceFault('BAD_BLOCK', 'wrong bytes'), true, 'badHash'],
    [new SourceFault('BAD_RESPONSE', 'it talks'), true, 'badAnswer'],
    [new SourceFault('TOO_LARGE', 'too large'), false, 'badAnswer'],
    // A peer that says so of itself is at no fault that this side has seen.
    [said('BAD_BLOCK'), true, 'broken'],
    [said('TIMED_OUT'), true, 'stalled'],
    [said('TIMED_OUT'), false, 'unreachable'],
    [said('UNAVAILABLE'), true, 'broken'],
    [said('UNAVAILABLE'), false, 'unreachable'],
    [said('NOT_FOUND'), true, 'refused'],
    [said('BUSY'), false, 'refused'],
    [said('CANCELLED'), true, undefined],
  ]
  for (const [error, wasOpen, failure] of table)
    assert.equal(failureOf(error, wasOpen), failure, `${error.code} ${wasOpen}`)
})

test('a tally adds up', () => {
  const tally = new TransferTally()
  tally.sent(10, true)
  tally.sent(5, false)
  tally.verified(7, 2, false)
  tally.verified(3, 1, true)
  tally.ended(said('BUSY'), false)
  tally.ended(said('CANCELLED'), true)
  const { uploadedBytes, uploadedLanBytes, downloadedBytes, downloadedLanBytes, blocksVerified } = tally
  assert.deepEqual(
    { uploadedBytes, uploadedLanBytes, downloadedBytes, downloadedLanBytes, blocksVerified },
    {
      uploadedBytes: 15,
      uploadedLanBytes: 10,
      downloadedBytes: 10,
      downloadedLanBytes: 3,
      blocksVerified: 3,
    },
  )
  assert.deepEqual(tally.blockFailures, {
    ...{ badHash: 0, badAnswer: 0, stalled: 0, broken: 0 },
    ...{ refused: 1, unreachable: 0 },
  })
})
