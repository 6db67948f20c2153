import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runShoal } from '../../test/support/cli-run.ts'
import { fakeNode } from '../../test/support/fake-node.ts'
import { buildProgram } from './program.ts'
import { EXIT } from './session.ts'

const COMMANDS =
  'start web index network search share get kv downloads add ls rm verify uploads status stats doctor peers id config completion wish push replicas unpush pin unpin'.split(
    ' ',
  )

test('the commands of this version are there, and only those', async () => {
  const namesFor = async (...args: string[]) => {
    const program = await buildProgram({ stdout: {}, stderr: {} } as never, { exitCode: EXIT.ok }, args)
    return program.commands.map((command) => command.name()).sort()
  }
  for (const first of ['', 'serach', 'help', '--help', 'completion', 'toString'])
    assert.deepEqual(await namesFor(first), [...COMMANDS].sort(), first)
  for (const command of COMMANDS)
    if (command !== 'completion') assert.deepEqual(await namesFor(command), [command])
})

test('each command has help with an example, on stdout', async () => {
  for (const command of COMMANDS) {
    const { code, stdout, stderr } = await runShoal([command, '--help'])
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`^Usage: shoal ${command}`))
    assert.match(stdout, /Examples:\n {2}(source <\()?shoal /)
    assert.equal(stderr, '')
    assert.equal((await runShoal(['help', command])).stdout, stdout)
  }
})

test('no command: help on stderr and exit 2; --version and --help: exit 0', async () => {
  const bare = await runShoal([])
  assert.deepEqual([bare.code, bare.stdout], [2, ''])
  assert.match(bare.stderr, /Usage: shoal/)
  assert.match((await runShoal(['--version'])).stdout, /^\d+\.\d+\.\d+\S*\n$/)
  assert.equal((await runShoal(['--help'])).code, 0)
})

test('usage errors: exit 2, one line with a hint', async () => {
  const cases: [string[], RegExp][] = [
    [['serach', 'x'], /unknown command 'serach'.*Did you mean search\?.*See: shoal --help/],
    [['search', 'x', '--jsn'], /unknown option '--jsn'.*Did you mean --json\?.*See: shoal search --help/],
    [['get'], /missing required argument 'target'.*See: shoal get --help/],
    [['get', 'a', 'b'], /too many arguments/],
    [['start', '--http-port', '65536'], /'--http-port <port>'.*0 to 65535/],
    [['start', '--http-port'], /argument missing/],
    [['start', '--discovery', 'index,magic'], /index, zone, flood, dht/],
    [['start', '--log-level', 'loud'], /Allowed choices are/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    [['ls', '--node', 'http://:bad:'], /no address of a node/],
    [['downloads', 'explode'], /too many arguments|unknown command/],
    [['pull', 'x'], /unknown command 'pull'/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runShoal(args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, /^shoal: [^\n]+\n$/)
    assert.match(stderr, message)
    const json = await runShoal([...args, '--json'])
    assert.equal(json.code, 2)
    assert.ok(
      json.lines.length === 1 &&
        json.lines[0]?.event === 'error' &&
        json.lines[0]?.code === 'INVALID_ARGUMENT',
    )
  }
})

test('a node that does not run: exit 1, and how to start it', async () => {
  const gone = await fakeNode({})
  await gone[Symbol.asyncDispose]()
  const refused = await runShoal(['ls', '--node', gone.url, '--json'])
  assert.equal(refused.code, 1)
  assert.equal(refused.lines[0]?.code, 'NODE_UNREACHABLE')
  const never = await runShoal(['ls'], { env: { XDG_DATA_HOME: '/nowhere' } })
  assert.equal(never.code, 1)
  assert.match(
    never.stderr,
    /^shoal: No node runs with the data folder \/nowhere\/shoal\. Start it with: shoal start\n$/,
  )
})

test('colours only where they are wanted', async () => {
  const args = ['ls', '--node', '127.0.0.1:1']
  assert.doesNotMatch((await runShoal(args)).stderr, /\u001b/)
  assert.match((await runShoal(args, { colors: true })).stderr, /\u001b\[31mshoal: /)
})
