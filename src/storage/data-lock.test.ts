import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockDataFolder } from './data-lock.ts'

test('a folder is held by one process, and free again when that process is killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const script = `import { lockDataFolder } from ${JSON.stringify(new URL('./data-lock.ts', import.meta.url).href)}
    lockDataFolder(process.argv[1]); console.log('held'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  assert.throws(() => lockDataFolder(folder), { code: 'CONFLICT', message: /--data/ })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const release = lockDataFolder(folder)
  assert.throws(() => lockDataFolder(folder), { code: 'CONFLICT' })
  release()
  lockDataFolder(folder)()
})
