import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { systemClock } from '../base/clock.ts'
import { createIdentity } from './identity.ts'
import { CertificateSource } from './tls.ts'

const server = createServer(new CertificateSource(createIdentity(), systemClock).options(), (socket) =>
  socket.resume(),
)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())

async function cipherWith(options: { ciphers?: string; maxVersion?: 'TLSv1.2' }): Promise<string> {
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  try {
    await once(socket, 'secureConnect')
    return socket.getCipher().standardName
  } finally {
    socket.destroy()
  }
}

test('two nodes agree on AES-128-GCM, and others on what they know of TLS 1.3', async () => {
  const own = new CertificateSource(createIdentity(), systemClock).options()
  assert.equal(await cipherWith({ ciphers: own.ciphers! }), 'TLS_AES_128_GCM_SHA256')
  for (const ciphers of ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])
    assert.equal(await cipherWith({ ciphers }), ciphers)
})

test('nothing older than TLS 1.3 is spoken', async () => {
  await assert.rejects(cipherWith({ maxVersion: 'TLSv1.2' }), {
    code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  })
})
