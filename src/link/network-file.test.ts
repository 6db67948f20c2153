import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../base/errors.ts'
import { createIdentity } from './identity.ts'
import {
  loadNetwork,
  MAX_ALLOWED,
  NETWORK_FILE,
  parseNetworkFile,
  readNetworkFile,
  removeNetworkFile,
  writeNetworkFile,
} from './network-file.ts'
import { NetworkKey } from './network-key.ts'

const key = NetworkKey.create('home')
const other = NetworkKey.create('work')
const [anna, ben] = [createIdentity().peerId, createIdentity().peerId]

async function temporary() {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-network-'))
  return {
    folder,
    path: join(folder, NETWORK_FILE),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

test('what is written is read, by its owner only, and leaves nothing else behind', async () => {
  await using at = await temporary()
  assert.equal(await readNetworkFile(at.folder), undefined)
  for (const allowed of [undefined, [anna], [anna, ben]]) {
    writeNetworkFile(at.folder, { key, allowed })
    assert.equal((await stat(at.path)).mode & 0o777, 0o600)
    const read = await readNetworkFile(at.folder)
    assert.ok(read)
    assert.ok(read.key.equals(key))
    assert.deepEqual(read.allowed, allowed)
  }
  assert.deepEqual(await readdir(at.folder), [NETWORK_FILE])
  assert.equal(removeNetworkFile(at.folder), true)
  assert.equal(removeNetworkFile(at.folder), false)
  assert.equal(await loadNetwork(at.folder, {}), undefined)
})

test('a secret that others can read is refused, with what to do', async () => {
  await using at = await temporary()
  writeNetworkFile(at.folder, { key, allowed: undefined })
  for (const mode of [0o640, 0o604, 0o660]) {
    await chmod(at.path, mode)
    await assert.rejects(loadNetwork(at.folder, {}), { code: 'PERMISSION_DENIED', message: /chmod 600/ })
  }
})

test('the environment does as well; beside a file it has to name the same network', async () => {
  await using at = await temporary()
  const fromEnvironment = await loadNetwork(at.folder, { SHOAL_NETWORK: key.text() })
  assert.ok(fromEnvironment)
  assert.ok(fromEnvironment.key.equals(key))
  assert.ok(fromEnvironment.allows(anna))
  assert.equal(await loadNetwork(at.folder, { SHOAL_NETWORK: '' }), undefined)
  await assert.rejects(loadNetwork(at.folder, { SHOAL_NETWORK: 'home' }), {
    code: 'INVALID_CONFIG',
    message: /^SHOAL_NETWORK: .*begins with/,
  })
  writeNetworkFile(at.folder, { key, allowed: [anna] })
  const both = await loadNetwork(at.folder, { SHOAL_NETWORK: key.text() })
  assert.deepEqual([both?.allows(anna), both?.allows(ben)], [true, false])
  await assert.rejects(loadNetwork(at.folder, { SHOAL_NETWORK: other.text() }), {
    code: 'INVALID_CONFIG',
    message: /names the network "work".*another, "home"/,
  })
})

test('a file edited by hand may have remarks; a mistake is named with its line', () => {
  const text = key.text()
  const good = parseNetworkFile(
    `# ours\r\n\n  ${text}\r\nallow  ${anna}\n# Ben\nallow ${ben}\nallow ${anna}`,
    'f',
  )
  assert.ok(good.key.equals(key))
  assert.deepEqual(good.allowed, [anna, ben])
  const table: [text: string, why: RegExp][] = [
    ['', /f holds no text of a network/],
    [`allow ${anna}\n`, /f holds no text of a network/],
    [`${text.slice(0, -1)}\n`, /f, line 1: .*1 missing/],
    [`\n${text}\n${text}\n`, /f, line 3: The text of one network/],
    [`${text}\nallow anna\n`, /f, line 2: This is not a PeerId/],
    [`${text}\nallow ${anna} ${ben}\n`, /f, line 2/],
    [`${text}\ndeny ${anna}\n`, /f, line 2/],
  ]
  for (const [content, why] of table)
    assert.throws(() => parseNetworkFile(content, 'f'), { code: 'INVALID_CONFIG', message: why }, content)
})

test('whatever is in the file, it is a network or an INVALID_CONFIG', () => {
  const line = fc.oneof(fc.string(), fc.constantFrom(key.text(), `allow ${anna}`, '# x', ''))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      try {
        const { allowed } = parseNetworkFile(lines.join('\n'), 'f')
        assert.ok(lines.some((text) => text.trim() === key.text()))
        assert.deepEqual(allowed, lines.some((text) => text.trim() === `allow ${anna}`) ? [anna] : undefined)
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.code === 'INVALID_CONFIG', String(error))
      }
    }),
  )
})

test('a file and a list have an end', async () => {
  await using at = await temporary()
  await writeFile(at.path, `${key.text()}\n#${'x'.repeat(2 ** 20)}`, { mode: 0o600 })
  await assert.rejects(readNetworkFile(at.folder), { code: 'INVALID_CONFIG', message: /too large/ })
  assert.ok((await readFile(at.path)).length > 2 ** 20, 'and is left as it is')
  const many = Array.from({ length: MAX_ALLOWED + 1 }, () => createIdentity().peerId)
  const text = [key.text(), ...many.map((peerId) => `allow ${peerId}`)].join('\n')
  assert.ok(text.length < 2 ** 20)
  assert.throws(() => parseNetworkFile(text, 'f'), { code: 'INVALID_CONFIG', message: /more than 4096/ })
})
