import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../base/errors.ts'
import { reasonOf } from './reason.ts'

const system = (code: string) => Object.assign(new Error(`connect ${code}`), { code })

const cases: [error: unknown, reason: string][] = [
  [system('ECONNREFUSED'), 'connection refused'],
  [new TypeError('fetch failed', { cause: system('ENOTFOUND') }), 'host name not found'],
  [
    new ShoalError('UNAVAILABLE', 'GET x failed.', { cause: new AggregateError([system('ECONNRESET')]) }),
    'connection reset',
  ],
  [
    new ShoalError('UNAVAILABLE', 'h:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1'),
    'connection refused',
  ],
  [new ShoalError('RATE_LIMITED'), 'Too many requests. Slow down'],
  [new DOMException('', 'TimeoutError'), 'It took too long'],
  ['text', 'text'],
]

for (const [error, reason] of cases) {
  test(`"${reason}"`, () => assert.equal(reasonOf(error), reason))
}

test('a chain of causes that bites its tail ends', () => {
  const snake = new Error('round and round')
  snake.cause = snake
  assert.equal(reasonOf(snake), 'round and round')
})
