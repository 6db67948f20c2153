import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { type ErrorCode, ShoalError } from '../base/errors.ts'
import { mostTelling, race } from './race.ts'

/**
 * Each candidate is `NAME@MS` (succeeds then), `!CODE@MS` (fails then) or `…` (never answers, but obeys its
 * signal).
 */
async function run(candidates: string[], totalMs = 10_000) {
  const clock = new ManualClock(0)
  const log: string[] = []
  const controller = new AbortController()
  const attempt = (candidate: string, signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      const [what = '', at] = candidate.split('@')
      log.push(`${clock.now()} ${what}`)
      signal.addEventListener('abort', () => {
        log.push(`${clock.now()} -${what}`)
        reject(signal.reason)
      })
      if (at === undefined) return
      clock.schedule(
        () => (what.startsWith('!') ? reject(new ShoalError(what.slice(1) as ErrorCode)) : resolve(what)),
        Number(at),
      )
    })
  const discarded: string[] = []
  const result = race(candidates, attempt, (late) => discarded.push(late), {
    clock,
    nextAfterMs: () => 250,
    signal: controller.signal,
  }).then(
    (won) => `won ${won}`,
    (error) => `lost ${error.code}`,
  )
  await clock.advance(totalMs)
  controller.abort(new ShoalError('CANCELLED'))
  await clock.advance(0)
  return { result: await result, log, discarded }
}

test('who is tried when, and who wins', async () => {
  const table: [candidates: string[], result: string, starts: string[]][] = [
    [['a@10', 'b@10'], 'won a', ['0 a']],
    [['a@300', 'b@10'], 'won b', ['0 a', '250 b']],
    [['a@300', 'b@100'], 'won a', ['0 a', '250 b']],
    [['!UNAVAILABLE@5', 'b@10'], 'won b', ['0 !UNAVAILABLE', '5 b']],
    [['…', '…', 'c@1'], 'won c', ['0 …', '250 …', '500 c']],
    [['!UNAVAILABLE@5', '!WRONG_IDENTITY@5'], 'lost WRONG_IDENTITY', ['0 !UNAVAILABLE', '5 !WRONG_IDENTITY']],
    [['…'], 'lost CANCELLED', ['0 …']],
    [[], 'lost UNAVAILABLE', []],
  ]
  for (const [candidates, result, starts] of table) {
    const seen = await run(candidates)
    assert.equal(seen.result, result, candidates.join())
    assert.deepEqual(
      seen.log.filter((line) => !line.includes('-')),
      starts,
      candidates.join(),
    )
  }
})

test('the losers are aborted, and one that wins too late is thrown away', async () => {
  const { log } = await run(['…', 'b@10'])
  assert.ok(log.includes('260 -…'))
  const deaf = new ManualClock(0)
  const discarded: number[] = []
  const slow = (ms: number) => new Promise<number>((resolve) => deaf.schedule(() => resolve(ms), ms))
  const won = race([400, 100], slow, (late) => discarded.push(late), {
    clock: deaf,
    nextAfterMs: () => 250,
    signal: new AbortController().signal,
  })
  await deaf.advance(1000)
  assert.equal(await won, 100)
  assert.deepEqual(discarded, [400])
})

test('the error that says most is told', () => {
  const errors = (['UNAVAILABLE', 'UNAUTHENTICATED', 'WRONG_IDENTITY', 'TIMED_OUT'] as const).map(
    (code) => new ShoalError(code),
  )
  assert.equal(mostTelling(errors).code, 'WRONG_IDENTITY')
  assert.equal(mostTelling(errors.slice(0, 2)).code, 'UNAUTHENTICATED')
  assert.equal(mostTelling(errors.slice(3)).code, 'TIMED_OUT')
})
