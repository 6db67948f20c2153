import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { fakeProcess } from '../../../test/support/cli-run.ts'
import { fakeNode } from '../../../test/support/fake-node.ts'
import { ShoalError } from '../../base/errors.ts'
import { runCli } from '../run.ts'
import type { Asker } from './asker.ts'
import { type MenuParts, runMenu } from './menu.ts'
import type { NodeChild } from './node-child.ts'

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const hit = { event: 'hit', cid: CID, name: 'a\u001b[2J.bin', path: 'a', size: 5, kind: 'file' }

/** What a person does at a question: the label or labels to take, text to type, or null to go back. */
type Answer = string | readonly string[] | null | (() => Promise<string | null>)

/** A person who answers in this order and then goes back for good; `asked` is what was asked. */
function person(answers: readonly Answer[], asked: string[]): Asker {
  const left = [...answers]
  const next = async (message: string) => {
    asked.push(message)
    const answer = left.shift() ?? null
    return typeof answer === 'function' ? answer() : answer
  }
  const take = <T>(choices: readonly { label: string; value: T }[], label: unknown): T => {
    const found = choices.find((choice) => choice.label === label)
    assert.ok(found, `${label} is none of ${choices.map((choice) => choice.label).join(', ')}`)
    return found.value
  }
  return {
    async select(message, choices) {
      const answer = await next(message)
      return answer === null ? undefined : take(choices, answer)
    },
    async pick(message, choices) {
      const answer = await next(message)
      return answer === null ? undefined : [answer].flat().map((label) => take(choices, label))
    },
    async text(message, { check } = {}) {
      const answer = await next(message)
      if (answer === null) return undefined
      assert.equal(check?.(String(answer)), undefined)
      return String(answer)
    },
  }
}

interface Setup {
  answers: readonly Answer[]
  env?: Record<string, string>
  start?: MenuParts['start']
}

function menu({ answers, env = {}, start = () => assert.fail('started') }: Setup) {
  const process = fakeProcess({ env: { HOME: '/home/me', ...env }, cwd: '/work' })
  const asked: string[] = []
  const tty = { input: new PassThrough(), output: new PassThrough() }
  const done = runMenu({
    ...{ io: process.io, tty, run: runCli, start },
    asker: () => person(answers, asked),
  })
  return { ...process, done, asked, tty }
}

async function node(t: TestContext, handlers: Parameters<typeof fakeNode>[0]) {
  const started = await fakeNode({ 'GET /status': () => ({ json: {} }), ...handlers })
  t.after(() => started[Symbol.asyncDispose]())
  return { ...started, env: { SHOAL_NODE: started.url } }
}

const sent = (fake: Awaited<ReturnType<typeof node>>) =>
  fake.requests.map(({ method, path }) => `${method} ${path}`)

test('what is found can be picked and is downloaded, by the commands of the command line', async (t) => {
  const view = {
    id: '1',
    cid: CID,
    name: 'a.bin',
    path: '/d/a.bin',
    state: 'done',
    sizeBytes: 5,
    doneBytes: 5,
  }
  const more = { rateBytesPerSecond: 0, sources: {}, activeSources: [], dropped: [] }
  const fake = await node(t, {
    'GET /search': () => ({
      lines: [
        { ...hit, providers: [], via: ['index'] },
        { event: 'done', hits: 1, ms: 1, via: {} },
      ],
    }),
    'POST /downloads': () => ({ json: { ...view, ...more } }),
    'GET /downloads/1/events': () => ({ lines: [{ ...view, ...more }] }),
  })
  const run = menu({ env: fake.env, answers: ['Search', '-a b', [hit.name], 'Disconnect'] })
  assert.equal(await run.done, 0)
  assert.equal(fake.requests.find(({ path }) => path === '/search')?.query.get('q'), '-a b')
  assert.equal(fake.requests.find(({ method }) => method === 'POST')?.body?.target, CID)
  assert.match(run.written.stdout, /^\/d\/a\.bin$/m)
  assert.deepEqual(run.asked, [
    `Node at ${fake.url}`,
    'Which words?',
    '1 found. Download which?',
    `Node at ${fake.url}`,
  ])
})

test('an error is shown and the menu goes on', async (t) => {
  const problem = { status: 404, code: 'NOT_FOUND', detail: '/home/me/-x does not exist.' }
  const fake = await node(t, { 'POST /library': () => ({ problem }) })
  const run = menu({ env: fake.env, answers: ['Share a file or folder', '~/-x', 'Peers', 'Disconnect'] })
  assert.equal(await run.done, 0)
  assert.deepEqual(fake.requests.find(({ method }) => method === 'POST')?.body, { path: '/home/me/-x' })
  assert.match(run.written.stderr, /^shoal: \/home\/me\/-x does not exist\.$/m)
  assert.match(run.written.stderr, /^shoal: No \/peers here\.$/m)
})

test('a link is that of the command share, by CID too', async (t) => {
  const told = { cid: CID, name: 'a.bin', size: 9, shoal: `shoal:${CID}`, http: 'http://127.0.0.1/x' }
  const fake = await node(t, { 'GET /links': () => ({ json: told }) })
  const run = menu({ env: fake.env, answers: ['Link to a file or folder', CID, 'Disconnect'] })
  assert.equal(await run.done, 0)
  assert.equal(fake.requests.find(({ path }) => path === '/links')?.query.get('target'), CID)
  assert.match(run.written.stdout, new RegExp(`^shoal:${CID}$`, 'm'))
})

test('peers are asked to keep something shared, or a path that is shared first', async (t) => {
  const entry = { event: 'added', cid: CID, name: 'a\u001b[2J.bin', path: 'x/a', size: 9, kind: 'file' }
  const order = {
    cid: CID,
    name: 'a',
    sizeBytes: 9,
    wanted: 2,
    live: 2,
    state: 'kept',
    holders: [],
    expiresMs: 0,
  }
  const fake = await node(t, {
    'GET /library': () => ({ json: { entries: [entry] } }),
    'POST /library': () => ({ lines: [entry, { event: 'done', files: 1, bytes: 9, ms: 1 }] }),
    'POST /replicas': () => ({ json: order }),
    [`GET /replicas/${CID}/watch`]: () => ({ lines: [order] }),
  })
  const push = 'Upload to peers'
  const shared = [push, 'Something that is shared here', 'x/a', '']
  const other = [push, 'Another file or folder', '~/-x', '2']
  const run = menu({ env: fake.env, answers: [...shared, ...other, push, null, 'Disconnect'] })
  assert.equal(await run.done, 0)
  assert.deepEqual(
    fake.requests.filter(({ method }) => method === 'POST').map(({ body }) => body),
    [{ cid: CID, replicas: 3 }, { path: '/home/me/-x' }, { cid: CID, replicas: 2 }],
  )
  assert.match(run.written.stderr, /^2 of 2 copies, until 1970-01-01\.$/m)
})

test('a name that begins with a dash is no option', async (t) => {
  const fake = await node(t, {})
  const run = menu({ env: fake.env, answers: ['Download by CID, link or name', '--help', null] })
  await run.done
  assert.equal(fake.requests.find(({ method }) => method === 'POST')?.body?.target, '--help')
  assert.doesNotMatch(run.written.stdout, /Usage/)
})

test('a download is paused, goes on and is cancelled by its id', async (t) => {
  const paused = { id: 'd1', cid: CID, name: 'a.bin', state: 'paused', sizeBytes: 9, doneBytes: 3 }
  const downloads = [paused, { ...paused, id: 'd2', name: 'b.bin', state: 'done' }]
  const fake = await node(t, {
    'GET /downloads': () => ({ json: { downloads } }),
    'POST /downloads/d1/resume': () => ({ json: paused }),
    'DELETE /downloads/d2': () => ({ json: {} }),
  })
  const remove = 'Take it off the list; no finished file is deleted'
  const answers = ['Downloads', 'a.bin', 'Go on', 'b.bin', remove, 'a.bin', null, 'Look again', null, null]
  await menu({ env: fake.env, answers }).done
  assert.deepEqual(
    sent(fake).filter((each) => !each.startsWith('GET')),
    ['POST /downloads/d1/resume', 'DELETE /downloads/d2'],
  )
})

test('Ctrl-C ends what goes on and not the menu', async (t) => {
  const asking = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const fake = await node(t, {
    'GET /search': ({ signal }) => ({
      lines: (async function* () {
        asking.resolve()
        signal.addEventListener('abort', () => gone.resolve())
        await gone.promise
      })(),
    }),
  })
  const run = menu({ env: fake.env, answers: ['Search', 'slow', 'Disconnect'] })
  await asking.promise
  run.signal('SIGINT')
  assert.equal(await run.done, 0)
  await gone.promise
  assert.match(run.written.stderr, /^shoal: Interrupted\.$/m)
  assert.equal(run.asked.at(-1), `Node at ${fake.url}`)
  assert.deepEqual(run.exits, [])
})

/** A node that the menu may start; `fake` answers for it. */
function child(http: string, log: string[]): NodeChild & { ended: boolean } {
  return {
    http,
    ended: false,
    async stop() {
      log.push('stopped')
      this.ended = true
    },
  }
}

test('when none runs a node is started, used whatever the environment names, and stopped at the end', async (t) => {
  const fake = await node(t, { 'GET /peers': () => ({ json: { peers: [] } }) })
  const log: string[] = []
  const failures = [new ShoalError('CONFLICT', 'The data folder is in use.')]
  const start = async () => {
    const failure = failures.pop()
    if (failure) throw failure
    return child(fake.url, log)
  }
  const env = { XDG_DATA_HOME: '/nowhere', SHOAL_NODE: 'http://127.0.0.1:1' }
  const run = menu({ env, start, answers: ['Start a node', 'Start a node', 'Peers', 'Disconnect'] })
  assert.equal(await run.done, 0)
  assert.match(run.written.stderr, /No node answers at http:\/\/127\.0\.0\.1:1/)
  assert.match(run.written.stderr, /^shoal: The data folder is in use\.$/m)
  assert.deepEqual(sent(fake), ['GET /peers'])
  assert.deepEqual(log, ['stopped'])
})

test('a node at another address is used when it answers, and left alone at the end', async (t) => {
  const fake = await node(t, { 'GET /peers': () => ({ json: { peers: [] } }) })
  const other = 'Use a node at another address'
  const answers = [other, 'http://127.0.0.1:1', other, null, other, fake.url, 'Peers', 'Disconnect']
  const run = menu({ env: { XDG_DATA_HOME: '/nowhere' }, answers })
  assert.equal(await run.done, 0)
  assert.match(run.written.stderr, /^shoal: No node answers at http:\/\/127\.0\.0\.1:1 /m)
  assert.deepEqual(sent(fake), ['GET /status', 'GET /peers'])
})

test('a node that was started here and ends by itself is told', async (t) => {
  const fake = await node(t, { 'GET /peers': () => ({ json: { peers: [] } }) })
  const log: string[] = []
  const own = child(fake.url, log)
  const dies = async () => {
    own.ended = true
    return 'Peers'
  }
  const env = { XDG_DATA_HOME: '/nowhere' }
  const run = menu({ env, start: async () => own, answers: ['Start a node', dies, null] })
  await run.done
  assert.match(run.written.stderr, /^The node has stopped\.$/m)
  assert.deepEqual([run.asked.at(-1), log], ['No node runs here.', []])
})

test('SIGTERM, SIGHUP, Ctrl-C at a question and the end of the terminal end the menu and the node it started', async (t) => {
  const fake = await node(t, {})
  const ways: ((run: ReturnType<typeof menu>) => void)[] = [
    ({ signal }) => signal('SIGTERM'),
    ({ signal }) => signal('SIGHUP'),
    ({ signal }) => signal('SIGINT'),
    ({ tty }) => void tty.input.end(),
    ({ tty }) => void tty.input.emit('error', new Error('EIO')),
  ]
  for (const way of ways) {
    const log: string[] = []
    const asked = Promise.withResolvers<void>()
    const process = fakeProcess({ env: { XDG_DATA_HOME: '/nowhere' } })
    const tty = { input: new PassThrough(), output: new PassThrough() }
    const asker: MenuParts['asker'] = (_tty, signal) => {
      const waits = () => {
        asked.resolve()
        const { promise, resolve } = Promise.withResolvers<null>()
        signal.addEventListener('abort', () => resolve(null))
        return promise
      }
      return person(['Start a node', waits], [])
    }
    const done = runMenu({ io: process.io, tty, run: runCli, asker, start: async () => child(fake.url, log) })
    await asked.promise
    way({ ...process, tty } as never)
    assert.equal(await done, 0)
    assert.deepEqual(log, ['stopped'])
  }
})
