import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { defaultDataDir, nodeFile, runtimeDir, runtimeFile, tokenFile } from './paths.ts'

test('the XDG variables decide, when they are absolute', () => {
  const home = homedir()
  const table: [string, string][] = [
    [defaultDataDir({}), join(home, '.local/share/shoal')],
    [defaultDataDir({ XDG_DATA_HOME: '/data' }), '/data/shoal'],
    [defaultDataDir({ XDG_DATA_HOME: 'data' }), join(home, '.local/share/shoal')],
    [defaultDataDir({ XDG_DATA_HOME: '' }), join(home, '.local/share/shoal')],
    [runtimeDir({ XDG_RUNTIME_DIR: '/run/user/1', XDG_STATE_HOME: '/state' }), '/run/user/1/shoal'],
    [runtimeDir({ XDG_STATE_HOME: '/state' }), '/state/shoal/run'],
    [runtimeDir({}), join(home, '.local/state/shoal/run')],
    [runtimeFile(8081, { XDG_RUNTIME_DIR: '/run' }), '/run/shoal/8081.json'],
    [nodeFile('/d'), '/d/node.json'],
    [tokenFile('/d'), '/d/api.token'],
  ]
  for (const [path, expected] of table) assert.equal(path, expected)
})
