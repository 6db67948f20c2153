import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import type { CliIo, StopSignal } from '../io.ts'
import { Printer } from '../output/printer.ts'
import type { Session } from '../session.ts'
import { type Running, serve } from './serve.ts'

const READY = {
  event: 'ready',
  peerId: '12D3KooWx',
  http: 'http://127.0.0.1:1',
  grpc: '127.0.0.1:2',
} as const
const running = (stop: () => Promise<void>): Running => ({
  ready: { ...READY, p2p: [], version: '1.2.3' },
  stop,
})

/** A process in which a server is started; everything that it does is noted. */
function fakeProcess(json = true) {
  const clock = new ManualClock()
  const out = { stdout: '', stderr: '' }
  const exits: number[] = []
  const listeners = new Set<(signal: StopSignal) => void>()
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      out[name] += text
    },
    drained: async () => {},
    terminal: false,
    colors: false,
    columns: undefined,
  })
  const io: CliIo = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    cwd: '/',
    clock,
    stdin: (async function* () {})(),
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tty: undefined,
    openInBrowser: async () => false,
    exit: (code) => exits.push(code),
  }
  const session = { io, print: new Printer(io, json), sameNode: '' } as unknown as Session
  const signal = (name: StopSignal) => [...listeners].forEach((listener) => void listener(name))
  return { clock, out, exits, listeners, session, signal }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('the first line is the ready line; a signal stops cleanly', async () => {
  const { session, out, exits, listeners, signal, clock } = fakeProcess()
  let stops = 0
  const end = serve(session, 'Shoal', async () => running(async () => void stops++))
  await settled()
  assert.equal(out.stdout, `${JSON.stringify({ ...READY, p2p: [], version: '1.2.3' })}\n`)
  assert.equal(stops, 0)
  signal('SIGTERM')
  assert.equal(await end, 0)
  assert.deepEqual([stops, listeners.size, exits], [1, 0, []])
  await clock.advance(1000)
  assert.deepEqual(exits[0], 0, 'what lingers does not keep the process alive')
})

test('people get a readable first line', async () => {
  const { session, out, signal } = fakeProcess(false)
  const end = serve(session, 'Shoal', async () => running(async () => {}))
  await settled()
  assert.match(out.stdout, /^Shoal 1\.2\.3 is running\..*\n {2}PeerId {2}12D3KooWx\n/)
  signal('SIGINT')
  await end
})

test('more lines come below the first ones, and what is to be done is done once it runs', async () => {
  const { session, out, signal } = fakeProcess(false)
  const ready: string[] = []
  const end = serve(session, 'Shoal', async () => running(async () => {}), {
    lines: ({ http }) => [`  Page    ${http}/`],
    onReady: async ({ http }) => void ready.push(http),
  })
  await settled()
  assert.match(out.stdout, /^ {2}Page {4}http:\/\/127\.0\.0\.1:1\/$/m)
  assert.deepEqual(ready, [READY.http])
  signal('SIGINT')
  await end
})

test('a stop that hangs is cut off before 5 s, a second signal ends at once', async () => {
  const hanging = Promise.withResolvers<void>()
  const slow = fakeProcess()
  const slowEnd = serve(slow.session, 'Shoal', async () => running(() => hanging.promise))
  await settled()
  slow.signal('SIGTERM')
  await slow.clock.advance(4400)
  assert.deepEqual(slow.exits, [])
  await slow.clock.advance(200)
  assert.deepEqual(slow.exits, [1])

  const twice = fakeProcess()
  const twiceEnd = serve(twice.session, 'Shoal', async () => running(() => hanging.promise))
  await settled()
  twice.signal('SIGINT')
  twice.signal('SIGINT')
  assert.deepEqual(twice.exits, [1])
  hanging.resolve()
  await Promise.all([slowEnd, twiceEnd])
})

test('a signal while it starts stops it as soon as it has started', async () => {
  const { session, signal } = fakeProcess()
  const started = Promise.withResolvers<Running>()
  let stopped = false
  const end = serve(session, 'Shoal', () => started.promise)
  await settled()
  signal('SIGTERM')
  started.resolve(
    running(async () => {
      stopped = true
    }),
  )
  assert.equal(await end, 0)
  assert.ok(stopped)
})

test('a start or a stop that fails is said, and exits 1, or 2 for a wrong setting', async () => {
  const cases: [ShoalError, number][] = [
    [new ShoalError('CONFLICT', 'The port is taken.'), 1],
    [new ShoalError('NOT_FOUND', 'No such folder.'), 1],
    [new ShoalError('TIMED_OUT', 'Too slow.'), 1],
    [new ShoalError('INVALID_CONFIG', 'No such setting.'), 2],
  ]
  for (const [error, code] of cases) {
    const { session, out } = fakeProcess()
    assert.equal(await serve(session, 'Shoal', () => Promise.reject(error)), code)
    assert.deepEqual(JSON.parse(out.stdout), { event: 'error', code: error.code, message: error.message })
    assert.equal(out.stderr, `shoal: ${error.message}\n`)
  }
  const { session, signal, out } = fakeProcess()
  const end = serve(session, 'Shoal', async () =>
    running(() => Promise.reject(new ShoalError('IO', 'Disk gone.'))),
  )
  await settled()
  signal('SIGTERM')
  assert.equal(await end, 1)
  assert.match(out.stderr, /^shoal: Disk gone\.$/m)
})
