import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INITIAL_SESSION, nextSessionState, type SessionEvent, type SessionState } from './session-state.ts'

const terms = { heartbeatIntervalMs: 5000, leaseMs: 15_000, observedHost: '' }
const states: Record<SessionState['kind'], SessionState> = {
  disconnected: { kind: 'disconnected', attempt: 2, problem: 'connection refused' },
  connecting: { kind: 'connecting', attempt: 2 },
  loggingIn: { kind: 'loggingIn', attempt: 2 },
  syncing: { kind: 'syncing', attempt: 2, terms },
  online: { kind: 'online', attempt: 2, terms },
  stopped: { kind: 'stopped' },
}
const events: Record<SessionEvent['type'], SessionEvent> = {
  dial: { type: 'dial' },
  linked: { type: 'linked' },
  loggedIn: { type: 'loggedIn', terms },
  changed: { type: 'changed' },
  synced: { type: 'synced' },
  alive: { type: 'alive' },
  expired: { type: 'expired' },
  failed: { type: 'failed', problem: 'gone' },
  stop: { type: 'stop' },
}

/** Every move that exists: from, event, to, failures in a row. What is not here throws. */
const moves: [SessionState['kind'], SessionEvent['type'], SessionState['kind'], attempt?: number][] = [
  ['disconnected', 'dial', 'connecting', 2],
  ['connecting', 'linked', 'loggingIn', 2],
  ['connecting', 'failed', 'disconnected', 3],
  ['loggingIn', 'loggedIn', 'syncing', 2],
  ['loggingIn', 'failed', 'disconnected', 3],
  ['syncing', 'changed', 'syncing', 2],
  ['syncing', 'synced', 'online', 2],
  ['syncing', 'alive', 'syncing', 0],
  ['syncing', 'failed', 'disconnected', 3],
  ['online', 'changed', 'syncing', 2],
  ['online', 'synced', 'online', 2],
  ['online', 'alive', 'online', 0],
  ['online', 'expired', 'loggingIn', 3],
  ['online', 'failed', 'disconnected', 3],
  ...Object.values(states).map(({ kind }): [SessionState['kind'], 'stop', 'stopped'] => [
    kind,
    'stop',
    'stopped',
  ]),
]

for (const [from, event, to, attempt] of moves) {
  test(`${from}, ${event} -> ${to}`, () => {
    const next = nextSessionState(states[from], events[event])
    assert.equal(next.kind, to)
    if (attempt !== undefined) assert.equal('attempt' in next && next.attempt, attempt)
  })
}

test('every other move throws', () => {
  for (const state of Object.values(states)) {
    for (const event of Object.values(events)) {
      if (moves.some(([from, type]) => from === state.kind && type === event.type)) continue
      assert.throws(
        () => nextSessionState(state, event),
        { code: 'INTERNAL' },
        `${state.kind}, ${event.type}`,
      )
    }
  }
})

test('a session begins without a failure', () => {
  assert.deepEqual(INITIAL_SESSION, { kind: 'disconnected', attempt: 0, problem: undefined })
})
