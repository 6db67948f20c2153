import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { printable } from '../../src/base/printable.ts'
import { tokenOf } from '../support/browser.ts'
import {
  askNode,
  HOSTILE_NAMES,
  HOSTILE_PEERS,
  HOSTILE_WORD,
  type HostileWorld,
  startHostileWorld,
} from '../support/hostile-world.ts'
import type { CommandResult, ShoalProcess } from '../support/process.ts'
import { ptyMaker, startInPty } from '../support/pty.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** What a terminal acts upon, and what turns or hides text; line ends and the joiners of ordinary writing are none. */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const HARMLESS = /[\n\u200c\u200d]/
/** What the command line itself puts out where colours are wanted. */
const OWN_STYLES = /\u001b\[(?:1|2|3|4|22|23|24|31|32|33|34|35|36|39|90)m/g

/** And what the menu moves and wipes with; nothing of it wipes the whole screen. */
const OWN_MOVES = /\u001b\[(?:\d*[ABCDG]|[JK]|2K|\?25[hl])/g

const BIN = fileURLToPath(new URL('../../bin/shoal', import.meta.url))
const [ESC, ENTER, DOWN] = ['\u001b', '\r', '\u001b[B']
const make = ptyMaker()
const NO_TERMINAL = 'neither script of util-linux nor python3 is here to make a terminal'
/** Of nodes whose log is looked at. */
const NAME = HOSTILE_PEERS.find((name) => name.includes('\u202e'))!

function acting(text: string): string[] {
  return (text.match(ACTING) ?? []).filter((char) => !HARMLESS.test(char)).map((char) => JSON.stringify(char))
}

function assertHarmless({ stdout, stderr }: Pick<CommandResult, 'stdout' | 'stderr'>, what: string): void {
  for (const [name, text] of Object.entries({ stdout, stderr })) {
    const bad = acting(text)
    const at = text.search(new RegExp(ACTING.source.replace('\\p{Cc}', '[\\p{Cc}--\\n]'), 'v'))
    assert.deepEqual(
      bad,
      [],
      `${name} of ${what}: ${JSON.stringify(text.slice(Math.max(0, at - 60), at + 60))}`,
    )
  }
}

describe('hostile names on the terminal', { timeout: 280_000 }, () => {
  const world = newWorld()
  let nodes: HostileWorld
  let cid = ''

  before(async () => {
    nodes = await startHostileWorld(world)
    const { owner, seeker } = nodes
    for (const name of HOSTILE_NAMES.filter((each) => /[a-z]/.test(each) && each.length < 200).slice(0, 12)) {
      await (await fetch(`${seeker.ready.http}/api/v1/search?${new URLSearchParams({ q: name })}`)).text()
      await askNode(seeker, '/api/v1/wishes', tokenOf(seeker), { words: name })
    }
    const { lines } = await world.shoal(['ls', '--json'], owner)
    cid = String(lines.find(({ kind }) => kind === 'file')?.cid)
    const chosen = lines.filter(({ name }) => HOSTILE_NAMES.includes(String(name)))
    for (const view of chosen.slice(0, 20))
      await askNode(seeker, '/api/v1/downloads', tokenOf(seeker), { target: view.cid, name: view.name })
    for (const view of chosen.slice(20, 32))
      await askNode(owner, '/api/v1/replicas', tokenOf(owner), { cid: view.cid, replicas: 2 })
  })
  after(() => world[Symbol.asyncDispose]())

  /** By the node that they are for. */
  const COMMANDS: readonly [node: 'owner' | 'seeker', args: string[]][] = [
    ['owner', ['ls']],
    ['owner', ['status']],
    ['owner', ['peers']],
    ['owner', ['uploads']],
    ['owner', ['stats', '--queries']],
    ['owner', ['verify']],
    ['owner', ['replicas']],
    ['seeker', ['replicas', '--kept']],
    ['seeker', ['search', HOSTILE_WORD, '--limit', '1000']],
    ['seeker', ['search', HOSTILE_NAMES[0]!]],
    ['seeker', ['downloads']],
    ['seeker', ['wish', 'ls']],
    ['seeker', ['stats', '--searches']],
    ['seeker', ['stats']],
    ['seeker', ['config', 'get']],
    ['seeker', ['doctor']],
    ['seeker', ['get', HOSTILE_NAMES[3]!]],
    ['seeker', ['wish', 'add', HOSTILE_NAMES[6]!]],
    ['seeker', ['nonsense \u001b]0;owned\u0007\u202e']],
    ['seeker', ['get', '\u001b[2J\u202enothing of this name']],
    ['seeker', ['rm', '/nowhere/\u001b[2J\u009b\u202e']],
    ['seeker', ['search', '--sort\u001b[2J']],
  ]

  for (const [on, args] of COMMANDS) {
    test(`shoal ${printable(args.join(' '))}: as text, and as JSON`, async () => {
      const node = nodes[on]
      const [plain, json] = await Promise.all([
        world.shoal(args, node),
        world.shoal([...args, '--json'], node),
      ])
      assert.notEqual(plain.stdout + plain.stderr, '')
      assertHarmless(plain, 'the text')
      assertHarmless(json, 'the JSON')
      for (const line of json.lines) assert.equal(typeof line, 'object')
    })
  }

  test('with --json names come as they are', async () => {
    const listed = await world.shoal(['ls', '--json'], nodes.owner)
    const found = await world.shoal(['search', HOSTILE_WORD, '--limit', '1000', '--json'], nodes.seeker)
    for (const { lines } of [listed, found]) {
      const names = new Set(lines.map(({ name }) => name))
      assert.deepEqual(
        HOSTILE_NAMES.filter((name) => !names.has(name)),
        [],
      )
    }
  })

  test('a file of each list is shared, shown, linked and taken away by its hostile path', async () => {
    const paths = HOSTILE_NAMES.filter((_, index) => index % 50 === 0).map(
      (name) => `${nodes.folder}/${name}`,
    )
    for (const path of paths)
      for (const args of [
        ['add', path],
        ['add', path, '--json'],
        ['rm', path],
      ])
        assertHarmless(await world.shoal(args, nodes.owner), args.join(' '))
    for (const args of [
      ['share', cid],
      ['share', cid, '--json'],
      ['share', cid, '--qr'],
    ])
      assertHarmless(await world.shoal(args, nodes.owner), args.join(' '))
  })

  test('colours that are forced are the only escapes', async () => {
    for (const [on, args] of COMMANDS.slice(0, 14)) {
      const result = await shoalIn(['env', 'FORCE_COLOR=1'], args, nodes[on])
      const [stdout, stderr] = [result.stdout, result.stderr].map((text) => text.replace(OWN_STYLES, ''))
      if (args[0] === 'search') assert.ok(result.stdout.includes('\u001b['), 'colours are forced')
      assertHarmless({ stdout: stdout!, stderr: stderr! }, args.join(' '))
    }
  })

  test('what the nodes log', async () => {
    for (const node of [nodes.owner, nodes.seeker, nodes.other])
      assertHarmless({ stdout: '', stderr: node.log() }, 'the log')
    const isReady = async (node: Pick<ShoalProcess, 'data'>) => {
      const { lines } = await world.shoal(['ls', '--json', '--data', node.data])
      return lines.length >= HOSTILE_NAMES.length || undefined
    }
    const loud = ['--log-level', 'trace', '--peer', nodes.owner.ready.grpc, '--name', NAME]
    const inJson = await world.startNode({ name: 'json', args: loud, shares: [nodes.folder] })
    await until('it has looked at its files', () => isReady(inJson))
    await world.shoal(['search', HOSTILE_WORD], inJson)
    await inJson.stop()
    const logged = inJson
      .log()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.ok(
      logged.some((line) => line.name === NAME),
      inJson.log(),
    )
    assertHarmless({ stdout: '', stderr: inJson.log() }, 'the log in JSON')
  })

  const env = { PATH: process.env.PATH ?? '', HOME: world.folder('home'), LANG: 'C.UTF-8' }

  test('what a node logs for people', { skip: make ? false : NO_TERMINAL }, async () => {
    const settings = {
      ...{ SHOAL_DATA: world.folder('data-pretty'), SHOAL_NAME: NAME, SHOAL_GRPC_HOST: '127.0.0.1' },
      ...{ SHOAL_HTTP_PORT: '0', SHOAL_GRPC_PORT: '0', SHOAL_P2P_PORT: '0', SHOAL_P2P_WS_PORT: '0' },
      ...{ SHOAL_MDNS: 'false', SHOAL_LOG_LEVEL: 'trace', SHOAL_PEERS: nodes.owner.ready.grpc },
    }
    await using started = startInPty(make!, `${BIN} start`, {
      ...{ env: { ...env, ...settings }, cwd: world.root, columns: 200, rows: 40 },
    })
    await started.sees(printable(NAME))
    await started.sees('node is ready')
    started.type('\u0003')
    const drawn = (await started.ended).replaceAll('\r', '')
    assertHarmless({ stdout: drawn.replace(OWN_STYLES, ''), stderr: '' }, 'the log for people')
  })

  test('the menu', { skip: make ? false : NO_TERMINAL }, async () => {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: world.folder('home-menu'),
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
    }
    await using menu = startInPty(make!, `${BIN}; echo "exit $?"`, {
      ...{
        env: { ...env, NO_COLOR: '1', SHOAL_DATA: nodes.seeker.data },
        cwd: world.root,
        columns: 100,
        rows: 40,
      },
    })
    await menu.sees('Disconnect')
    menu.type(`${DOWN}${ENTER}`)
    await menu.sees('Which words?')
    menu.type(`${HOSTILE_WORD}${ENTER}`)
    await menu.sees('found. Download which?')
    for (let step = 0; step < 60; step++) {
      menu.type(DOWN)
      await setTimeout(10)
    }
    menu.type(` ${ENTER}`)
    await menu.sees('verified')
    await menu.sees('Disconnect')
    // Files, downloads, peers, statistics.
    for (const row of [3, 5, 6, 7]) {
      menu.type(`${DOWN.repeat(row)}${ENTER}`)
      await setTimeout(700)
      menu.type(ESC)
      await setTimeout(700)
    }
    menu.hangUp()
    const drawn = (await menu.ended).replaceAll('\r', '')
    assert.deepEqual(acting(drawn.replace(OWN_MOVES, '')), [], drawn.slice(-2000))
  })

  /** With another environment: `env NAME=VALUE` goes before the command. */
  const shoalIn = (inside: string[], args: string[], node: ShoalProcess) =>
    world.shoal(args, { ...node, inside })
})
