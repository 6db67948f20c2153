import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createLogger } from './log.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-log-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What a peer could call itself, or say. */
const NASTY = 'a\u001b]0;title\u0007b\u009b31mc\u202edé'

for (const pretty of [false, true])
  test(`what others say does nothing to a terminal${pretty ? ', in lines for people' : ''}`, () => {
    const path = join(folder, `${pretty}.log`)
    const fd = openSync(path, 'w')
    const log = createLogger({ level: 'info', pretty }, fd)
    log.info({ name: NASTY, err: new Error(NASTY), deep: { list: [NASTY] } }, NASTY)
    closeSync(fd)
    const text = readFileSync(path, 'utf8')
    assert.match(text, /title.*dé/s)
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Bidi_Control}]/u)
    if (pretty) assert.match(text, /\n +at /, 'a stack keeps its lines')
    else assert.equal(JSON.parse(text).name, NASTY)
  })
