import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeFolder } from './make-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-folder-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('folders are made as far as they are missing; a file in the way is told, and stays', async () => {
  for (let times = 0; times < 2; times++) await makeFolder(join(folder, 'a', 'b'))
  assert.ok(statSync(join(folder, 'a', 'b')).isDirectory())
  writeFileSync(join(folder, 'file'), 'x')
  for (const path of [join(folder, 'file'), join(folder, 'file', 'below', 'it')])
    await assert.rejects(makeFolder(path), { code: 'INVALID_ARGUMENT', message: /there is a file/ })
  assert.ok(statSync(join(folder, 'file')).isFile())
})
