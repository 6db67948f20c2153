import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runShoal } from '../../../test/support/cli-run.ts'
import { createIdentity } from '../../link/identity.ts'
import { NetworkKey } from '../../link/network-key.ts'
import { lockDataFolder } from '../../storage/data-lock.ts'

const [anna, ben] = [createIdentity().peerId, createIdentity().peerId]

/** A folder of its own, in which and for which commands run. */
function world() {
  const root = mkdtempSync(join(tmpdir(), 'shoal-network-cli-'))
  const env = { XDG_DATA_HOME: join(root, 'data'), XDG_CONFIG_HOME: join(root, 'config') }
  return {
    root,
    file: (data: string) => readFileSync(join(root, data, 'network.key'), 'utf8'),
    shoal: (args: string[], options: Parameters<typeof runShoal>[1] = {}) =>
      runShoal(['network', ...args], { cwd: root, ...options, env: { ...env, ...options.env } }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

test('create, show, join elsewhere: the same network, each with a file that only its owner reads', async () => {
  using at = world()
  const created = await at.shoal(['create', '--name', 'home', '--data', 'a', '--json'])
  assert.equal(created.code, 0, created.stderr)
  const [row] = created.lines
  assert.deepEqual(
    { ...row, text: '', fingerprint: '' },
    {
      event: 'network',
      name: 'home',
      fingerprint: '',
      text: '',
      allow: null,
      restartNeeded: false,
    },
  )
  assert.equal(statSync(join(at.root, 'a', 'network.key')).mode & 0o777, 0o600)
  const shown = await at.shoal(['show', '--data', 'a', '--json'])
  assert.deepEqual(shown.lines, created.lines)
  const text = String(row?.text)
  const people = await at.shoal(['show', '--data', 'a'])
  assert.equal(people.stdout.split('\n')[0], text, 'the text comes first: it can be piped into join')
  assert.match(people.stdout, /^Lets in {6}everybody who has the key$/m)

  const joined = await at.shoal(['join', text, '--data', 'b', '--json'])
  assert.deepEqual(joined.lines, created.lines)
  const piped = await at.shoal(['join', '-', '--json'], { stdin: Buffer.from(people.stdout) })
  assert.equal(piped.lines[0]?.fingerprint, row?.fingerprint)
  assert.match(at.file('data/shoal'), new RegExp(`^${text}$`, 'm'), 'without --data it is the default folder')
})

test('bad text, names and PeerIds exit 2 and say what is wrong', async () => {
  using at = world()
  const text = NetworkKey.create('home').text()
  const table: [args: string[], why: RegExp][] = [
    [['join', 'home'], /begins with "shoal-network:"/],
    [['join', '-'], /begins with "shoal-network:"/],
    [['join', text.slice(0, -1)], /55, 1 missing/],
    [['join', text, '--allow', 'anna'], /not a PeerId: anna/],
    [['create', '--name', 'a b'], /1 to 32 letters/],
    [['create', '--allow', `${anna},x`], /not a PeerId: x/],
    [['allow'], /Give PeerIds, or --everybody/],
    [['allow', anna, '--everybody'], /Give PeerIds, or --everybody/],
    [['join'], /missing required argument/],
  ]
  for (const [args, why] of table) {
    const { code, stderr } = await at.shoal([...args, '--data', 'a'])
    assert.equal(code, 2, `${args}: ${stderr}`)
    assert.match(stderr, why)
  }
  assert.equal((await at.shoal(['show', '--data', 'a'])).code, 3)
})

test('what a folder is in is not replaced by accident', async () => {
  using at = world()
  await at.shoal(['create', '--name', 'home', '--data', 'a', '--allow', anna])
  const before = at.file('a')
  for (const args of [['create'], ['join', NetworkKey.create('work').text()]]) {
    const { code, stderr } = await at.shoal([...args, '--data', 'a'])
    assert.equal(code, 1)
    assert.match(stderr, /is in the network "home".*--force/)
    assert.equal(at.file('a'), before)
  }
  const text = before.split('\n')[1]!
  assert.equal((await at.shoal(['join', text, '--data', 'a'])).code, 0, 'the same network is no change')
  assert.equal(at.file('a'), before, 'and the list stays')
  const forced = await at.shoal(['create', '--name', 'new', '--data', 'a', '--force', '--json'])
  assert.deepEqual([forced.lines[0]?.name, forced.lines[0]?.allow], ['new', null])
})

test('the list of those let in grows, shrinks and ends, and never becomes empty by accident', async () => {
  using at = world()
  await at.shoal(['create', '--data', 'a'])
  const allowed = async (...args: string[]) => {
    const { code, lines, stderr } = await at.shoal([...args, '--data', 'a', '--json'])
    assert.equal(lines[0]?.text, undefined, 'the secret is not told again')
    return code === 0 ? lines[0]?.allow : stderr
  }
  assert.match(String(await allowed('disallow', anna)), /There is no list/)
  assert.deepEqual(await allowed('allow', anna), [anna])
  assert.deepEqual(await allowed('allow', anna, ben), [anna, ben])
  assert.match(at.file('a'), new RegExp(`^allow ${ben}$`, 'm'))
  assert.deepEqual(await allowed('disallow', anna), [ben])
  assert.match(String(await allowed('disallow', anna)), /is not on the list/)
  assert.match(String(await allowed('disallow', ben)), /Nobody would be left/)
  assert.deepEqual(await allowed('allow', '--everybody'), null)
  assert.doesNotMatch(at.file('a'), /^allow/m)
})

test('beside a running node the commands work and say that it must be restarted', async () => {
  using at = world()
  mkdirSync(join(at.root, 'a'))
  const unlock = lockDataFolder(join(at.root, 'a'))
  const created = await at.shoal(['create', '--data', 'a', '--json'])
  assert.equal(created.lines[0]?.restartNeeded, true)
  const people = await at.shoal(['leave', '--data', 'a'])
  assert.match(people.stderr, /Restart it/)
  unlock()
  const later = await at.shoal(['create', '--data', 'a', '--json'])
  assert.equal(later.lines[0]?.restartNeeded, false)
  lockDataFolder(join(at.root, 'a'))()
})

test('leave takes the folder out; who is in none is told what to do', async () => {
  using at = world()
  await at.shoal(['create', '--data', 'a'])
  const left = await at.shoal(['leave', '--data', 'a', '--json'])
  assert.deepEqual(left.lines, [{ event: 'network', name: null, restartNeeded: false }])
  for (const args of [['leave'], ['show'], ['allow', anna]]) {
    const { code, stderr } = await at.shoal([...args, '--data', 'a'])
    assert.equal(code, 3, String(args))
    assert.match(stderr, /in no private network.*shoal network join/)
  }
})

test('SHOAL_NETWORK is shown as what the folder is in', async () => {
  using at = world()
  const key = NetworkKey.create('ships')
  const env = { SHOAL_NETWORK: key.text() }
  const { lines } = await at.shoal(['show', '--json'], { env })
  assert.equal(lines[0]?.text, key.text())
  const { code, stderr } = await at.shoal(['leave'], { env })
  assert.equal(code, 3)
  assert.match(stderr, /SHOAL_NETWORK is set/)
})

test('the QR code is for terminals, and for those who ask', async () => {
  using at = world()
  const onTerminal = { terminalColumns: 100, colors: true }
  assert.doesNotMatch((await at.shoal(['create', '--data', 'b'])).stdout, /[▀▄█]/)
  const created = await at.shoal(['create', '--data', 'a'], onTerminal)
  assert.match(created.stdout, /\u001b\[30m\u001b\[107m +[▀▄█ ]+/)
  const drawn = async (args: string[], options = {}) =>
    /[▀▄█]/.test((await at.shoal(['show', '--data', 'a', ...args], options)).stdout)
  assert.equal(await drawn([], onTerminal), true)
  assert.equal(await drawn(['--no-qr'], onTerminal), false)
  assert.equal(await drawn([]), false)
  assert.equal(await drawn(['--qr']), true)
  assert.equal(await drawn(['--qr', '--json']), false)
  assert.equal(await drawn([], { terminalColumns: 40 }), false)
  const narrow = await at.shoal(['show', '--data', 'a'], { terminalColumns: 40 })
  assert.match(narrow.stderr, /too narrow/)
  assert.match(
    narrow.stdout.split('\n')[0]!,
    /^shoal-network:private:(\w{8}-){6}\w{8}$/,
    'but never the text',
  )
})
