import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createIdentity, IDENTITY_FILE, isPeerId, loadIdentity, verify } from './identity.ts'

async function temporary() {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-identity-'))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

test('the first start makes a key, later ones find it', async () => {
  await using at = await temporary()
  const folder = join(at.folder, 'data')
  const first = await loadIdentity(folder)
  assert.ok(isPeerId(first.peerId))
  const path = join(folder, IDENTITY_FILE)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.match(await readFile(path, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/)
  assert.deepEqual(await readdir(folder), [IDENTITY_FILE])

  const second = await loadIdentity(folder)
  assert.equal(second.peerId, first.peerId)
  assert.equal(second.keyPem, first.keyPem)
  assert.notEqual(second.certificatePem, first.certificatePem, 'a new certificate at each start')
  assert.ok(new X509Certificate(second.certificatePem).publicKey.equals(first.publicKey))
  const bytes = Buffer.from('something')
  assert.ok(verify(first.peerId, bytes, second.sign(bytes)))
})

test('processes that start at once agree on one key', async () => {
  await using at = await temporary()
  const identities = await Promise.all(Array.from({ length: 8 }, () => loadIdentity(at.folder)))
  assert.equal(new Set(identities.map(({ peerId }) => peerId)).size, 1)
  assert.deepEqual(await readdir(at.folder), [IDENTITY_FILE])
})

test('a key that others can read is refused, with what to do', async () => {
  await using at = await temporary()
  await loadIdentity(at.folder)
  for (const mode of [0o640, 0o604, 0o660]) {
    await chmod(join(at.folder, IDENTITY_FILE), mode)
    await assert.rejects(loadIdentity(at.folder), { code: 'PERMISSION_DENIED', message: /chmod 600/ })
  }
})

test('a file without an Ed25519 key is refused and left as it is', async () => {
  await using at = await temporary()
  const path = join(at.folder, IDENTITY_FILE)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const wrong = [rsa.export({ type: 'pkcs8', format: 'pem' }).toString(), '', 'nonsense']
  for (const content of wrong) {
    await writeFile(path, content, { mode: 0o600 })
    await assert.rejects(loadIdentity(at.folder), { code: 'INVALID_CONFIG' })
    assert.equal(await readFile(path, 'utf8'), content)
  }
})

test('two new identities differ', () => {
  assert.notEqual(createIdentity().peerId, createIdentity().peerId)
})
