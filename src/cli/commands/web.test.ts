import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { runShoal } from '../../../test/support/cli-run.ts'
import { fakeNode } from '../../../test/support/fake-node.ts'
import { forwarder, signedInUrl } from '../sign-in-page.ts'

const TOKEN = 'tok-en_1234'

async function setup(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'shoal-web-'))
  const node = await fakeNode({ 'GET /status': () => ({ json: {} }) })
  t.after(async () => {
    await node[Symbol.asyncDispose]()
    rmSync(data, { recursive: true, force: true })
  })
  const token = join(data, 'api.token')
  writeFileSync(token, `${TOKEN}\n`)
  writeFileSync(join(data, 'node.json'), JSON.stringify({ http: node.url, token }))
  const env = { XDG_RUNTIME_DIR: join(data, 'run') }
  const file = join(data, 'run/shoal', `${node.port}.html`)
  return { data, node, env, file, signedIn: `${node.url}/#token=${TOKEN}` }
}

test('web hands the browser a file of the user, never the token', async (t) => {
  const { data, node, env, file, signedIn } = await setup(t)
  const opened: string[] = []
  const openInBrowser = (path: string) => opened.push(path) > 0
  for (const name of ['web', 'open']) {
    const { code, stdout, stderr } = await runShoal([name, '--data', data], { env, openInBrowser })
    assert.deepEqual([code, stdout], [0, ''])
    assert.match(stderr, /^Opened http:\S+\/ in the browser\.$/m)
    assert.ok(!stderr.includes(TOKEN))
  }
  assert.deepEqual(opened, [file, file])
  assert.ok(readFileSync(file, 'utf8').includes(`location.replace("${signedIn}")`))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(join(data, 'run/shoal')).mode & 0o777, 0o700)
  const json = await runShoal(['web', '--json', '--data', data], { env, openInBrowser })
  assert.deepEqual(json.lines, [{ event: 'page', url: `${node.url}/`, opened: true }])
})

test('without a browser a person at a terminal gets the signed-in address, a log does not', async (t) => {
  const { data, node, env, file, signedIn } = await setup(t)
  const log = await runShoal(['web', '--data', data], { env })
  assert.equal(log.code, 0)
  assert.ok(!log.stdout.includes(TOKEN) && log.stdout.includes(`${node.url}/`))
  const person = await runShoal(['web', '--data', data], { env, terminalColumns: 80 })
  assert.equal(person.stdout, `Open this in a browser: ${signedIn}\n`)
  assert.equal(existsSync(file), false)
})

test('--print tells the signed-in address and opens nothing', async (t) => {
  const { data, env, signedIn } = await setup(t)
  const openInBrowser = () => assert.fail('opened')
  const { stdout } = await runShoal(['web', '--print', '--data', data], { env, openInBrowser })
  assert.equal(stdout, `${signedIn}\n`)
  const { lines } = await runShoal(['web', '--print', '--json', '--data', data], { env, openInBrowser })
  assert.deepEqual(lines, [{ event: 'page', url: signedIn, opened: false }])
})

test('a node whose token is not known, or that does not run, is no use', async (t) => {
  const { data, node, env } = await setup(t)
  const stranger = await runShoal(['web', '--node', node.url, '--json'], { env })
  assert.equal(stranger.code, 1)
  assert.equal(stranger.lines[0]?.code, 'UNAUTHENTICATED')
  assert.match(stranger.stderr, /wants its token.*--data.*SHOAL_TOKEN/)
  const known = { ...env, SHOAL_TOKEN: 'a&"b' }
  const given = await runShoal(['web', '--node', node.url, '--print'], { env: known })
  assert.equal(given.stdout, `${node.url}/#token=a%26%22b\n`)
  await node[Symbol.asyncDispose]()
  const gone = await runShoal(['web', '--print', '--data', data, '--json'], { env })
  assert.equal(gone.lines[0]?.code, 'NODE_UNREACHABLE')
})

test('nothing in an address or a token breaks out of the page that forwards', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (token, path) => {
      const page = forwarder(signedInUrl(`http://h/${path}`, token.toWellFormed()))
      const [, literal] = /<script>location\.replace\((.*)\)<\/script>/s.exec(page)!
      assert.equal(JSON.parse(literal!), signedInUrl(`http://h/${path}`, token.toWellFormed()))
      assert.equal(page.match(/<\/?script/g)?.length, 2)
      assert.equal(page.match(/"/g)!.length - literal!.match(/"/g)!.length, 10)
    }),
  )
})
