import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { publishNode } from './node-files.ts'

function setup(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'shoal-node-files-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const options = {
    dataDir,
    httpPort: 8081,
    node: { pid: 42, http: 'http://127.0.0.1:8081', grpc: '0.0.0.0:9081', peerId: 'peer' },
    env: { XDG_RUNTIME_DIR: join(dataDir, 'run') },
  }
  const paths = [join(dataDir, 'node.json'), join(dataDir, 'run/shoal/8081.json')]
  return { dataDir, options, paths }
}

test('a running node is noted in both places, for its owner only, and taken away at the end', (t) => {
  const { dataDir, options, paths } = setup(t)
  const remove = publishNode(options)
  for (const path of paths) {
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {
      ...options.node,
      token: join(dataDir, 'api.token'),
    })
    assert.equal(statSync(path).mode & 0o777, 0o600)
  }
  assert.equal(statSync(join(dataDir, 'run/shoal')).mode & 0o777, 0o700)
  const page = join(dataDir, 'run/shoal/8081.html')
  writeFileSync(page, 'token')
  remove()
  for (const path of [...paths, page]) assert.equal(existsSync(path), false)
  remove()
})

test('the note of a node that came after is left alone', (t) => {
  const { dataDir, options, paths } = setup(t)
  const remove = publishNode(options)
  writeFileSync(paths[1]!, '{"pid":43}')
  const page = join(dataDir, 'run/shoal/8081.html')
  writeFileSync(page, 'token')
  remove()
  assert.equal(existsSync(page), true)
  assert.equal(existsSync(paths[0]!), false)
  assert.equal(readFileSync(paths[1]!, 'utf8'), '{"pid":43}')
})
