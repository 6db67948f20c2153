import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DownloadEvent, type DownloadState, isActive, isEnded, transition } from './download-state.ts'

const error = { code: 'IO', message: 'no' } as const
const STATES: DownloadState[] = [
  { name: 'queued' },
  { name: 'resolving' },
  { name: 'running' },
  { name: 'paused' },
  { name: 'finishing' },
  { name: 'done', path: '/f', finishedMs: 1 },
  { name: 'failed', error, finishedMs: 1 },
  { name: 'cancelled', finishedMs: 1 },
]
const EVENTS: DownloadEvent[] = [
  { type: 'start' },
  { type: 'resolved' },
  { type: 'complete' },
  { type: 'damaged' },
  { type: 'placed', path: '/f', nowMs: 2 },
  { type: 'pause' },
  { type: 'resume' },
  { type: 'cancel', nowMs: 2 },
  { type: 'fail', error, nowMs: 2 },
]

/** One line a state, one column an event; - where the event does not fit. */
const TABLE: Record<string, string> = {
  //          start     resolved complete  damaged placed pause  resume cancel    fail
  queued: '   resolving -        -         -       -      paused -      cancelled failed',
  resolving: '-         running  -         -       -      paused -      cancelled failed',
  running: '  -         -        finishing -       -      paused -      cancelled failed',
  paused: '   -         -        -         -       -      -      queued cancelled -',
  finishing: '-         -        -         running done   -      -      cancelled failed',
  done: '     -         -        -         -       -      -      -      -         -',
  failed: '   -         -        -         -       -      -      queued cancelled -',
  cancelled: '-         -        -         -       -      -      -      -         -',
}

test('every event in every state', () => {
  for (const state of STATES) {
    const expected = TABLE[state.name]!.trim().split(/\s+/)
    assert.equal(expected.length, EVENTS.length)
    for (const [column, event] of EVENTS.entries()) {
      const name = expected[column]!
      const what = `${state.name} + ${event.type}`
      if (name === '-') assert.throws(() => transition(state, event), { code: 'CONFLICT' }, what)
      else assert.equal(transition(state, event).name, name, what)
    }
  }
})

test('what a state knows comes from its event', () => {
  assert.deepEqual(transition({ name: 'finishing' }, { type: 'placed', path: '/p', nowMs: 5 }), {
    name: 'done',
    path: '/p',
    finishedMs: 5,
  })
  assert.deepEqual(transition({ name: 'running' }, { type: 'fail', error, nowMs: 6 }), {
    name: 'failed',
    error,
    finishedMs: 6,
  })
})

test('a state is active, ended, or neither', () => {
  assert.deepEqual(
    STATES.filter(isActive).map(({ name }) => name),
    ['resolving', 'running', 'finishing'],
  )
  assert.deepEqual(
    STATES.filter(isEnded).map(({ name }) => name),
    ['done', 'failed', 'cancelled'],
  )
})
