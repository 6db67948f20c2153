import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import type { DownloadJson } from '../client/rest.ts'
import { displayWidth } from '../output/width.ts'
import { clackAsker, lineOf } from './clack-asker.ts'
import { liveLine } from './entries/downloads.ts'
import { typedPath } from './entries/share.ts'
import { screenful, watchLive } from './live-view.ts'
import { readyUrl } from './node-child.ts'

const [ESC, CTRL_C, ENTER, DOWN, SPACE] = ['\u001b', '\u0003', '\r', '\u001b[B', ' ']
const [HIDE, SHOW] = ['\u001b[?25l', '\u001b[?25h']

/** A terminal of streams: what is drawn, and whether the keys come raw. */
function terminal(columns = 80, rows = 24) {
  const raw: boolean[] = []
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) })
  let drawn = ''
  const output = Object.assign(new PassThrough(), { isTTY: true, columns, rows })
  output.on('data', (bytes) => {
    drawn += bytes
  })
  const press = async (...keys: string[]) => {
    for (const key of keys) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      input.write(key)
    }
  }
  return { tty: { input, output }, raw, press, drawn: () => drawn }
}

const never = new AbortController().signal
const CHOICES = ['one', 'two', 'three'].map((label, value) => ({ label, value, hint: `hint of ${label}` }))

test('answers are what keys choose; Esc, Ctrl-C and the end of the menu are none', async () => {
  const cases: [keys: string[], answer: number | undefined][] = [
    [[ENTER], 0],
    [[DOWN, DOWN, ENTER], 2],
    [[DOWN, ESC], undefined],
    [[CTRL_C], undefined],
  ]
  for (const [keys, answer] of cases) {
    const { tty, raw, press, drawn } = terminal()
    const asked = clackAsker(tty, never).select('Which?', CHOICES)
    await press(...keys)
    assert.equal(await asked, answer, JSON.stringify(keys))
    assert.equal(raw.at(-1), false)
    assert.ok(drawn().lastIndexOf(SHOW) > drawn().lastIndexOf(HIDE), 'the cursor is back')
  }
  const { tty, raw } = terminal()
  const ending = new AbortController()
  const asked = clackAsker(tty, ending.signal).text('What?')
  ending.abort()
  assert.equal(await asked, undefined)
  assert.equal(raw.at(-1), false)
})

test('several are picked with space, text is given without blanks around it', async () => {
  const list = terminal()
  const picked = clackAsker(list.tty, never).pick('Which?', CHOICES)
  await list.press(SPACE, DOWN, DOWN, SPACE, ENTER)
  assert.deepEqual(await picked, [0, 2])
  const line = terminal()
  const check = (text: string) => (text === '' ? 'Type something.' : undefined)
  const text = clackAsker(line.tty, never).text('What?', { check })
  await line.press(' ', ENTER, 'a b ', ENTER)
  assert.equal(await text, 'a b')
  assert.match(line.drawn(), /Type something\./)
})

test('names cannot act on the terminal, and no line is wider than it', async () => {
  for (const columns of [20, 40, 100]) {
    const { tty, press, drawn } = terminal(columns)
    const label = `a\u001b[2J\u001b]0;title\u0007\n\u202e${'long '.repeat(40)}`
    const choices = [{ label, hint: label, value: 1 }]
    const asked = clackAsker(tty, never).pick(label, choices)
    await press(ENTER)
    await asked
    assert.ok(!drawn().includes('\u001b[2J') && !drawn().includes('\u001b]') && !drawn().includes('\u202e'))
    for (const line of stripVTControlCharacters(drawn()).split('\n'))
      assert.ok(displayWidth(line.replaceAll('\r', '')) <= columns, `${columns}: ${line}`)
  }
})

test('a choice takes one line of any terminal', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.integer({ min: 12, max: 200 }),
      (label, hint, columns) => {
        const line = lineOf({ label: label.toWellFormed(), hint, value: 0 }, columns)
        // Guide, mark and spaces, then the hint in brackets.
        const width =
          5 + displayWidth(line.label) + (line.hint === undefined ? 0 : displayWidth(line.hint) + 3)
        assert.ok(width < columns, `${width} > ${columns}`)
        assert.doesNotMatch(`${line.label}${line.hint ?? ''}`, /\p{Cc}/u)
      },
    ),
  )
})

test('a live view is drawn in place until a key is pressed or there is nothing more', async () => {
  const view = (...keys: string[]) => {
    const { tty, raw, press, drawn } = terminal(30)
    let looks = 0
    const end = watchLive({ tty, signal: never }, async (columns) => {
      assert.equal(columns, 29)
      return ++looks > 2 ? undefined : [`look ${looks}`]
    })
    void press(...keys)
    return end.then((why) => ({ why, raw, drawn: drawn() }))
  }
  const over = await view()
  assert.deepEqual([over.why, over.raw], ['over', [true, false]])
  assert.match(over.drawn, /look 1[\s\S]*\u001b\[2A\r\u001b\[Jlook 2/)
  assert.ok(over.drawn.endsWith(SHOW))
  for (const [key, why] of [
    [ENTER, 'choose'],
    [ESC, 'back'],
    [CTRL_C, 'back'],
    ['q', 'back'],
  ] as const)
    assert.equal((await view(DOWN, key)).why, why)
  const { tty, raw } = terminal()
  assert.equal(await watchLive({ tty, signal: AbortSignal.abort() }, async () => ['x']), 'over')
  assert.equal(raw.at(-1), false)
})

test('a live view is not higher than the terminal, and says what is left out', () => {
  const lines = Array.from({ length: 50 }, (_, i) => `${i}\u001b[2J`)
  const shown = screenful(lines, { columns: 20, rows: 10 })
  assert.deepEqual([shown.length, shown[0], shown.at(-2)], [7, '0␛[2J', '… 45 more'])
  assert.equal(screenful(lines.slice(0, 3), { columns: 20, rows: 10 }).length, 4)
  assert.ok(screenful(lines, { columns: 5, rows: 1 }).every((line) => displayWidth(line) <= 5))
})

test('the line of a download fits any width', () => {
  const view = { name: '映画の長い名前'.repeat(5), state: 'running', sizeBytes: 1e9, doneBytes: 5e8 }
  const more = { rateBytesPerSecond: 1e6, etaMs: 5000, activeSources: [{}, {}] }
  for (let columns = 1; columns < 150; columns++)
    assert.ok(
      displayWidth(liveLine({ ...view, ...more } as DownloadJson, columns)) <= columns + 2,
      `${columns}`,
    )
})

test('paths as people type and drop them', () => {
  const cases: [string, string][] = [
    ['/a b', '/a b'],
    ["'/a b'", '/a b'],
    ['"/a b"', '/a b'],
    ['~', '/home/me'],
    ['~/Music', '/home/me/Music'],
    ['~other/x', '~other/x'],
    ["it's", "it's"],
    ['', ''],
  ]
  for (const [typed, path] of cases) assert.equal(typedPath(typed, '/home/me'), path)
  assert.equal(typedPath('~/x', undefined), '~/x')
})

test('the first line of a node is where it listens, or why it does not', () => {
  assert.equal(readyUrl({ event: 'ready', http: 'http://h:1' }), 'http://h:1')
  assert.throws(() => readyUrl({ event: 'error', code: 'CONFLICT', message: 'In use.' }), {
    code: 'CONFLICT',
    message: 'In use.',
  })
  for (const line of [undefined, null, 3, {}, { event: 'ready' }, { event: 'error', code: 'x' }])
    assert.throws(() => readyUrl(line), { code: 'BAD_RESPONSE' })
})
