import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { MirrorServer, sendRange, type Twist } from '../testing/mirror-server.ts'
import { content, slowly, type TestPeer, TestWorld, tellsOnly } from '../testing/world.ts'

const world = new TestWorld()
after(() => world.close())

const bytes = content(6 * BLOCK_SIZE + 9, 1)
const wrongBytes = content(bytes.length, 2)
/** Tells the manifest and gives no block. */
let teller: TestPeer
let honest: TestPeer
let cid: string

before(async () => {
  teller = await world.peer('teller', { twist: tellsOnly })
  honest = await world.peer('honest', { twist: slowly(5) })
  await teller.share('f', bytes)
  cid = (await honest.share('f', bytes)).cid
})

const isProbe = ({ headers }: IncomingMessage): boolean => headers.range === 'bytes=0-0'

/** Answers probes as it should, and the rest as told. */
const afterProbe =
  (answer: (request: IncomingMessage, response: ServerResponse) => void): Twist =>
  (request, response) => {
    if (isProbe(request)) return false
    answer(request, response)
    return true
  }

function partHead(request: IncomingMessage, shift = 0): Record<string, string> {
  const [, start, end] = /(\d+)-(\d+)/.exec(request.headers.range ?? '')!
  return { 'content-range': `bytes ${Number(start) + shift}-${Number(end) + shift}/${bytes.length}` }
}

let endlessClosed = 0

/** Mirrors that do what they must not. The download is finished by others, and says why it left them. */
const mirrors: Record<string, { twist: Twist; reason?: RegExp }> = {
  'wrong bytes': {
    twist: afterProbe((request, response) => sendRange(request, response, wrongBytes)),
    reason: /wrong bytes in block/,
  },
  'other ranges': {
    twist: afterProbe((request, response) => response.writeHead(206, partHead(request, 1)).end(bytes)),
    reason: /other bytes/,
  },
  'a body without end': {
    twist: afterProbe((request, response) => {
      response.writeHead(206, partHead(request))
      const more = () => {
        while (response.write(wrongBytes.subarray(0, 100_000)));
      }
      response.on('drain', more).on('close', () => endlessClosed++)
      more()
    }),
    reason: /wrong bytes in block|more bytes/,
  },
  'a body that is too long': {
    twist: afterProbe((request, response) => {
      const [, start, end] = /(\d+)-(\d+)/.exec(request.headers.range ?? '')!
      response.writeHead(206, partHead(request))
      response.end(Buffer.concat([bytes.subarray(Number(start), Number(end) + 1), Buffer.alloc(5)]))
    }),
  },
  'a body that breaks off': {
    twist: afterProbe((request, response) => {
      response.writeHead(206, { ...partHead(request), 'content-length': BLOCK_SIZE }).write('abc')
      setTimeout(() => response.destroy(), 20)
    }),
  },
  'no answer': { twist: () => true, reason: /no answer within/ },
  'no data': { twist: afterProbe(() => {}), reason: /stalled/ },
  'headers that drip': {
    twist: ({ socket }) => {
      socket.write('HTTP/1.1 206 Partial Content\r\n')
      const drip = setInterval(() => socket.write('x-a: b\r\n'), 30)
      socket.on('close', () => clearInterval(drip)).on('error', () => {})
      return true
    },
    reason: /no answer within/,
  },
  'headers without end': {
    twist: ({ socket }) => {
      socket.write(`HTTP/1.1 206 Partial Content\r\nx: ${'y'.repeat(200_000)}`)
      return true
    },
    reason: /Header/,
  },
  'no HTTP': {
    twist: ({ socket }) => {
      socket.write('SSH-2.0-OpenSSH_9.9\r\n')
      return true
    },
    reason: /Parse Error/,
  },
  'another length': {
    twist: (request, response) => {
      sendRange(request, response, bytes.subarray(1))
      return true
    },
    reason: /6291464 bytes instead of 6291465/,
  },
  'a redirect to itself': {
    twist: (request, response) => {
      response.writeHead(302, { location: request.url }).end()
      return true
    },
    reason: /redirects more than 5 times/,
  },
  'no ranges': {
    twist: (_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
      return true
    },
    reason: /HTTP Range/,
  },
  'a compressed body': {
    twist: (request, response) => {
      response.writeHead(206, { ...partHead(request), 'content-encoding': 'gzip' }).end('x')
      return true
    },
    reason: /gzip/,
  },
  'no file': {
    twist: (_request, response) => {
      response.writeHead(404).end()
      return true
    },
    reason: /404/,
  },
}

for (const [name, { twist, reason }] of Object.entries(mirrors))
  test(`a mirror with ${name} is left, and the file comes all the same`, async () => {
    const mirror = await MirrorServer.start({ '/f': bytes })
    world.defer(() => mirror.stop())
    mirror.twist = twist
    const reasons = new Set<string>()
    const isShown = () => !reason || reason.test([...reasons].join('; '))
    const fetching = await world.fetcher(`of ${name}`, {
      // The peer is there when the mirror has shown what it is.
      providers: () => (isShown() ? [teller.provider, honest.provider] : [teller.provider]),
      options: {
        stallMs: 300,
        openTimeoutMs: 300,
        resolveTimeoutMs: 20_000,
        lookupEveryMs: 100,
        lookupHurryMs: 50,
      },
    })
    const { id } = await fetching.downloads.add({ cid, name: 'f', mirrors: [`${mirror.url}/f`] })
    for await (const { dropped } of fetching.downloads.watch(id, AbortSignal.timeout(20_000)))
      for (const each of dropped) reasons.add(each.reason)
    const view = fetching.downloads.get(id)!
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
    assert.ok(isShown(), [...reasons].join('; '))
  })

test('a body without end was cut off', () => assert.ok(endlessClosed > 0))

test('without anybody else the reason is told; for another download the mirror is as good as any', async () => {
  const small = content(5000, 3)
  const smallCid = (await honest.share('small', small)).cid
  const mirror = await MirrorServer.start({ '/x': content(5001, 4) })
  world.defer(() => mirror.stop())
  const fetching = await world.fetcher('alone', { providers: [], options: { notFoundAfterMs: 300 } })
  const mirrors = [`${mirror.url}/x`]
  const failed = await fetching.end((await fetching.downloads.add({ cid: smallCid, mirrors })).id)
  assert.equal(failed.error?.code, 'NO_PROVIDERS')
  assert.match(failed.error.message, /mirror http:\/\/127\.0\.0\.1:\d+\/x: wrong bytes in block 0/)
  mirror.files.set('/x', small)
  const again = await fetching.end(
    (await fetching.downloads.add({ cid: smallCid, name: 'again', mirrors })).id,
  )
  assert.equal(again.state, 'done', again.error?.message)
})
