import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runShoal } from '../../../test/support/cli-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-completion-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const script = async (shell: string) => (await runShoal(['completion', shell])).stdout

/** What bash offers after `words`, the last one being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `${await script('bash')}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shoal; printf '%s\\n' "\${COMPREPLY[@]}"`
  const out = execFileSync('bash', ['--norc', '-c', program, 'bash', 'shoal', ...words], {
    cwd: folder,
    encoding: 'utf8',
  })
  return out.split('\n').filter((line) => line !== '')
}

test('bash accepts the script', async () => {
  execFileSync('bash', ['-n'], { input: await script('bash') })
})

test('bash completes commands, sub-commands, options and values', async () => {
  assert.deepEqual(await offered('se'), ['search'])
  assert.ok((await offered('')).includes('start'))
  assert.deepEqual((await offered('config', '')).sort(), ['get', 'list', 'set'])
  assert.deepEqual(await offered('downloads', 'pa'), ['pause'])
  assert.deepEqual(await offered('search', '--li'), ['--limit'])
  assert.deepEqual(await offered('downloads', '--j'), ['--json'])
  assert.deepEqual(await offered('config', 'get', '--no'), ['--node'])
  assert.deepEqual(await offered('search', '--via', 'i'), ['index'])
  assert.deepEqual(await offered('start', '--log-level', 'w'), ['warn'])
  assert.deepEqual((await offered('completion', '')).sort(), ['bash', 'fish', 'zsh'])
  assert.deepEqual(await offered('get', 'x', '--timeout', ''), [])
})

test('bash completes paths with spaces, and only folders where a folder is wanted', async () => {
  mkdirSync(join(folder, 'a folder'))
  writeFileSync(join(folder, 'a file'), '')
  assert.deepEqual((await offered('add', 'a')).sort(), ['a file', 'a folder'])
  assert.deepEqual(await offered('ls', '--data', 'a'), ['a folder'])
  assert.deepEqual((await offered('get', 'x', '--out', 'a')).sort(), ['a file', 'a folder'])
})

test('zsh and fish get every command and option', async () => {
  const [zsh, fish] = [await script('zsh'), await script('fish')]
  assert.match(zsh, /^#compdef shoal\n/)
  assert.match(zsh, /'search:find files by the words/)
  assert.match(zsh, /'--limit:most different files wanted'/)
  assert.match(zsh, /\('\/search --via'\) offered=\('index' 'zone' 'flood' 'dht' 'library' 'dialects'\)/)
  assert.match(fish, /^complete -c shoal -n '__shoal_at \\'\\'' -a search -d '/m)
  assert.match(
    fish,
    /^complete -c shoal -n '__shoal_at \\'\/search\\'' -l via -x -a 'index zone flood dht library dialects'/m,
  )
  assert.match(fish, /^complete -c shoal -n '__shoal_at \\'\/add\\'' -F$/m)
})
