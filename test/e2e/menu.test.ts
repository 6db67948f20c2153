import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ptyMaker, startInPty } from '../support/pty.ts'
import { until } from '../support/until.ts'

const BIN = fileURLToPath(new URL('../../bin/shoal', import.meta.url))
const [ESC, CTRL_C, ENTER, SPACE, DOWN] = ['\u001b', '\u0003', '\r', ' ', '\u001b[B']

const make = ptyMaker()
const skip = make ? false : 'neither script of util-linux nor python3 is here to make a terminal'

function menuAt(t: TestContext, columns: number) {
  const root = mkdtempSync(join(tmpdir(), 'shoal-menu-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: root,
    XDG_RUNTIME_DIR: join(root, 'run'),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    SHOAL_DATA: join(root, 'data'),
    SHOAL_GRPC_HOST: '127.0.0.1',
    ...{ SHOAL_HTTP_PORT: '0', SHOAL_GRPC_PORT: '0', SHOAL_P2P_PORT: '0', SHOAL_P2P_WS_PORT: '0' },
    ...{ SHOAL_MDNS: 'false', SHOAL_SETTLE_MS: '100' },
  }
  const terminal = startInPty(make!, `${BIN}; echo "exit $?"; stty -a`, { env, cwd: root, columns, rows: 24 })
  return { root, terminal, note: join(root, 'data/node.json') }
}

test('the menu starts a node, shares, finds and fetches, and leaves terminal and machine as they were', {
  skip,
}, async (t) => {
  const { root, terminal, note } = menuAt(t, 60)
  await using menu = terminal
  mkdirSync(join(root, 'Music'))
  writeFileSync(join(root, 'Music', 'harbour song.txt'), 'la la')
  writeFileSync(join(root, 'Music', 'harbour \u001b]0;evil\u0007.txt'), 'lo lo')
  writeFileSync(join(root, 'Music', 'draft~'), 'x')

  await menu.sees('No node runs here.')
  menu.type(ENTER)
  await menu.sees('Node at http://127.0.0.1:')
  assert.ok(existsSync(note))
  await menu.sees('Disconnect')
  menu.type(ENTER)
  await menu.sees('Which file or folder?')
  menu.type(`~/Music${ENTER}`)
  await menu.sees('2 files')
  await menu.sees('1 left out: Music/draft~ (temporary name)')

  await menu.sees('Disconnect')
  menu.type(`${DOWN}${ENTER}`)
  await menu.sees('Which words?')
  menu.type(`harbour song${ENTER}`)
  await menu.sees('1 found. Download which?')
  menu.type(SPACE)
  await menu.sees('◼')
  menu.type(ENTER)
  await menu.sees('verified.')

  await menu.sees('Disconnect')
  menu.type(`${DOWN}${DOWN}${ENTER}`)
  await menu.sees('exact file name?')
  menu.type(`nothing of this name${ENTER}`)
  await menu.sees('shoal: ')

  await menu.sees('Disconnect')
  menu.type(`${DOWN}${DOWN}${DOWN}${ENTER}`)
  await menu.sees('CID')
  await menu.sees('Disconnect')
  menu.type(ESC)
  await menu.sees('Stopping the node')
  await menu.sees('exit 0')
  const all = await menu.ended
  assert.match(all, / icanon/)
  assert.match(all, /[^-]\becho\b/)
  assert.equal(existsSync(note), false)
  assert.ok(!all.includes('\u001b]0;evil') && all.includes('␛]0;evil'))
  assert.ok(all.lastIndexOf('\u001b[?25h') > all.lastIndexOf('\u001b[?25l'))
  assert.doesNotMatch(all, /\u001b\[3[0-9]m/)
})

test('Ctrl-C ends what goes on, then the menu; a narrow terminal will do', { skip }, async (t) => {
  const { terminal, note } = menuAt(t, 24)
  await using menu = terminal
  await menu.sees('No node ru')
  menu.type(ENTER)
  await menu.sees('Disconnect')
  menu.type(`${DOWN}${DOWN}${ENTER}`)
  await menu.sees('CID, link')
  menu.type(`bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy${ENTER}`)
  await menu.sees('asking for')
  menu.type(CTRL_C)
  await menu.sees('shoal: ')
  await menu.sees('Disconnect')
  menu.type(CTRL_C)
  await menu.sees('exit 0')
  await menu.ended
  assert.equal(existsSync(note), false)
})

test('a node that the menu started ends with its terminal', { skip }, async (t) => {
  const { terminal, note } = menuAt(t, 80)
  await using menu = terminal
  await menu.sees('No node runs here.')
  menu.type(ENTER)
  await menu.sees('Disconnect')
  assert.ok(existsSync(note))
  menu.hangUp()
  await until('the node is gone', () => (existsSync(note) ? undefined : true))
})
