import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal } from '../../test/support/cli-run.ts'
import { fakeNode } from '../../test/support/fake-node.ts'

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const entry = { cid: CID, sha256: 'ab', name: 'a.bin', path: 'x/a.bin', size: 3 * 1024 ** 2, kind: 'file' }
const anna = { peerId: '12D3KooWAnna', name: 'anna', addresses: ['192.0.2.1:9081'] }
const bert = { peerId: '12D3KooWBert', name: 'bert', addresses: [] }
const hit = (providers: object[], via: string[], more = {}) => ({
  event: 'hit',
  ...entry,
  providers,
  via,
  ...more,
})
const report = (more: object) => ({ messages: 0, ms: 1, asked: 0, bytes: 0, stopped: 'complete', ...more })
const cost = { messages: 2, ms: 12, asked: 1, bytes: 1234, firstHitHops: 1 }
const done = (hits: number, reason: string, via: object = { index: report({ hits, ...cost }) }) => ({
  event: 'done',
  hits,
  ms: 20,
  reason,
  via,
})
const nodeWith = (...lines: object[]) => fakeNode({ 'GET /search': () => ({ lines }) })

test('--json prints a hit at first sight and again only when it grew, then the end', async () => {
  const first = hit([anna], ['index'])
  const grown = hit([anna, bert], ['index'])
  const other = hit([anna, bert], ['index', 'dht'])
  await using node = await nodeWith(first, first, grown, hit([bert], ['index']), other, done(1, 'complete'))
  const { code, lines, stderr } = await runShoal(['search', 'a', 'bin', '--json', '--node', node.url])
  assert.equal(code, 0)
  assert.deepEqual(lines, [first, grown, other, done(1, 'complete')])
  assert.equal(stderr, '')
  assert.equal(node.requests[0]?.query.get('q'), 'a bin')
})

test('options reach the node as it takes them', async () => {
  await using node = await nodeWith(hit([], ['library']), done(1, 'limit'))
  const sha256 = 'AB'.repeat(32)
  const args = ['--via', 'index,dht', '--via', 'zone', '--limit', '5', '--timeout', '1.5', '--sha256', sha256]
  const { code } = await runShoal(['search', ...args, '--cid', CID, '--node', node.url])
  assert.equal(code, 0)
  assert.deepEqual(Object.fromEntries(node.requests[0]!.query), {
    sha256,
    cid: CID,
    via: 'index,dht,zone',
    limit: '5',
    timeoutMs: '1500',
  })
})

test('nothing found exits 3, nothing found in time 4, with the end as the last line', async () => {
  for (const [reason, expected] of [
    ['complete', 3],
    ['timeout', 4],
  ] as const) {
    await using node = await nodeWith(done(0, reason))
    const { code, lines } = await runShoal(['search', 'x', '--json', '--node', node.url])
    assert.equal(code, expected)
    assert.deepEqual(lines, [done(0, reason)])
  }
})

test('hits before the time was up are a success', async () => {
  await using node = await nodeWith(hit([anna], ['index']), done(1, 'timeout'))
  assert.equal((await runShoal(['search', 'x', '--node', node.url])).code, 0)
})

test('people see each file once with its holders, what it cost, and which locator failed and why', async () => {
  const many = ['c', 'd'].map((name) => ({ peerId: `12D3KooW${name}`, name, addresses: [] }))
  const via = {
    library: report({ hits: 0 }),
    index: report({ hits: 1, ...cost, problems: ['index h:1: busy'] }),
    flood: report({ hits: 2, ...cost, messages: 30, asked: 9, firstHitHops: 3, stopped: 'partial' }),
    dht: report({ hits: 0, error: { code: 'UNAVAILABLE', message: 'No peer answers.' }, stopped: undefined }),
  }
  await using node = await nodeWith(
    hit([anna], ['index']),
    hit([anna, bert, ...many], ['index']),
    done(1, 'complete', via),
  )
  const { code, stdout, stderr } = await runShoal(['search', 'x', '--node', node.url])
  assert.equal(code, 0)
  assert.equal(stdout, `a.bin\n  3.00 MiB · from anna, bert, c, 1 more · via index\n  ${CID}\n`)
  assert.match(stderr, /^1 hit in 20 ms\n {2}library: 0 hits\n/m)
  assert.match(
    stderr,
    /^ {2}index: 1 hit, 2 messages, 1 server asked, first hit after 1 hop, 1\.21 KiB, 12 ms$/m,
  )
  assert.match(stderr, /^ {2}flood: .*9 peers asked, first hit after 3 hops, .*, not everybody answered$/m)
  assert.match(stderr, /^ {2}dht: failed$/m)
  assert.match(stderr, /^index h:1: busy$/m)
  assert.match(stderr, /^dht failed: No peer answers\.$/m)
})

test('names from the network cannot act on the terminal, nor break a JSON line', async () => {
  const evil = { name: 'a\u001b[2J\n\u202eb', providers: [{ ...anna, name: '\u001b]0;x\u0007' }] }
  await using node = await nodeWith(hit([anna], ['index'], evil), done(1, 'complete'))
  const shown = await runShoal(['search', 'x', '--node', node.url], { terminalColumns: 80, colors: true })
  const own = shown.stdout.replaceAll(/\u001b\[\d+m/g, '')
  assert.doesNotMatch(own.replaceAll('\n', ''), /[\p{Cc}\p{Bidi_Control}]/u)
  assert.match(own, /^a␛\[2J␊\\u\{202e\}b$/m)
  const json = await runShoal(['search', 'x', '--json', '--node', node.url])
  assert.equal(json.lines[0]?.name, evil.name)
  assert.equal(json.stdout.split('\n').length, 3)
})

test('an error after the first hits is an error, and the last line', async () => {
  const first = hit([anna], ['index'])
  await using node = await nodeWith(first, { event: 'error', code: 'INTERNAL', message: 'Broken.' })
  const { code, lines, stderr } = await runShoal(['search', 'x', '--json', '--node', node.url])
  assert.equal(code, 1)
  assert.deepEqual(lines, [first, { event: 'error', code: 'INTERNAL', message: 'Broken.' }])
  assert.match(stderr, /^shoal: Broken\.$/m)
})

test('a stream without an end is not taken for a complete answer', async () => {
  await using node = await nodeWith(hit([anna], ['index']))
  const { code, lines } = await runShoal(['search', 'x', '--json', '--node', node.url])
  assert.equal(code, 1)
  assert.equal(lines.at(-1)?.code, 'BAD_RESPONSE')
})

test('a search for nothing, a wrong hash and an unknown locator are usage errors', async () => {
  for (const args of [
    [],
    ['?!'],
    ['--sha256', 'abc'],
    ['x', '--via', 'telepathy'],
    ['x', '--timeout', '0'],
    ['x', '--limit', 'all'],
  ]) {
    const { code, lines, stderr } = await runShoal(['search', ...args, '--json', '--node', '127.0.0.1:1'])
    assert.equal(code, 2, args.join(' '))
    assert.equal(lines.at(-1)?.code, 'INVALID_ARGUMENT')
    assert.match(stderr, /^shoal: .+\n$/)
  }
})
