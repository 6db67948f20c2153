/**
 * Just enough of TLS 1.3 (RFC 8446) to be dishonest with: OpenSSL refuses to show a certificate whose key
 * it does not have, an attacker does not. One cipher suite (AES-128-GCM with SHA-256), one group (X25519),
 * Ed25519 signatures; no resumption, no retry.
 */
import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type { Socket } from 'node:net'
import { expandLabel, extract, Keys, sha256, u8, u16, vector8, vector16, vector24 } from './mini-tls-keys.ts'

const HANDSHAKE = 22
const ALERT = 21
const APPLICATION_DATA = 23
const SUITE = 0x1301
const X25519 = 0x001d
const ED25519 = 0x0807
const EMPTY_SETTINGS_FRAME = Buffer.from('000000040000000000', 'hex')

/** What is shown, and what signs. They need not belong together. */
export interface Credentials {
  certificateDer: Uint8Array
  signingKey: KeyObject
}

/** How the other side took it: the first application data it sent, its alert, or nothing but the end. */
export type Outcome = { kind: 'data' } | { kind: 'alert'; code: number } | { kind: 'closed' }

const extension = (type: number, ...parts: Uint8Array[]) => Buffer.concat([u16(type), vector16(...parts)])
const message = (type: number, ...parts: Uint8Array[]) => Buffer.concat([u8(type), vector24(...parts)])
const ALPN_H2 = extension(16, vector16(vector8(Buffer.from('h2'))))

/** The handshake of one side, step by step. */
class Handshake {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer>
  #buffered: Buffer = Buffer.alloc(0)
  #messages: Buffer = Buffer.alloc(0)
  #transcript: Buffer = Buffer.alloc(0)
  #handshakeSecret: Buffer = Buffer.alloc(0)
  readonly keyPair = generateKeyPairSync('x25519')
  reading: Keys | undefined
  writing: Keys | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#chunks = socket[Symbol.asyncIterator]()
  }

  get keyShare(): Buffer {
    const { x } = this.keyPair.publicKey.export({ format: 'jwk' })
    return Buffer.concat([u16(X25519), vector16(Buffer.from(x!, 'base64url'))])
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#buffered.length < length) {
      const { done, value } = await this.#chunks.next()
      if (done) throw new Error('closed')
      this.#buffered = Buffer.concat([this.#buffered, value])
    }
    const taken = this.#buffered.subarray(0, length)
    this.#buffered = this.#buffered.subarray(length)
    return taken
  }

  async record(): Promise<{ type: number; body: Buffer }> {
    for (;;) {
      const header = await this.#take(5)
      const body = await this.#take(header.readUInt16BE(3))
      const type = header[0]!
      // change_cipher_spec is there for old middleboxes and means nothing.
      if (type === 20) continue
      return type === APPLICATION_DATA && this.reading ? this.reading.open(header, body) : { type, body }
    }
  }

  async receive(type: number): Promise<Buffer> {
    for (;;) {
      if (this.#messages.length >= 4) {
        const end = 4 + this.#messages.readUIntBE(1, 3)
        if (this.#messages.length >= end) {
          const whole = this.#messages.subarray(0, end)
          this.#messages = this.#messages.subarray(end)
          this.#transcript = Buffer.concat([this.#transcript, whole])
          if (whole[0] !== type) continue
          return whole.subarray(4)
        }
      }
      const record = await this.record()
      if (record.type !== HANDSHAKE) throw new Error(`alert ${record.body[1]}`)
      this.#messages = Buffer.concat([this.#messages, record.body])
    }
  }

  send(whole: Buffer): void {
    this.#transcript = Buffer.concat([this.#transcript, whole])
    const plain = Buffer.concat([u8(HANDSHAKE), u16(0x0303), vector16(whole)])
    this.#socket.write(this.writing ? this.writing.seal(HANDSHAKE, whole) : plain)
  }

  /** Secrets after ServerHello. */
  agree(otherKey: Uint8Array): { client: Keys; server: Keys } {
    const publicKey = createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(otherKey).toString('base64url') },
    })
    const shared = diffieHellman({ privateKey: this.keyPair.privateKey, publicKey })
    const early = extract(Buffer.alloc(32), Buffer.alloc(32))
    this.#handshakeSecret = extract(expandLabel(early, 'derived', sha256(Buffer.alloc(0)), 32), shared)
    return this.#traffic(this.#handshakeSecret, 'hs')
  }

  /** Secrets after the server's Finished. */
  applicationKeys(): { client: Keys; server: Keys } {
    const derived = expandLabel(this.#handshakeSecret, 'derived', sha256(Buffer.alloc(0)), 32)
    return this.#traffic(extract(derived, Buffer.alloc(32)), 'ap')
  }

  #traffic(secret: Buffer, phase: string): { client: Keys; server: Keys } {
    const hash = sha256(this.#transcript)
    const keys = (side: string) => new Keys(expandLabel(secret, `${side} ${phase} traffic`, hash, 32))
    return { client: keys('c'), server: keys('s') }
  }

  /** Certificate, CertificateVerify, Finished: what the other side has to judge. */
  sendProof(role: 'client' | 'server', { certificateDer, signingKey }: Credentials): void {
    this.send(message(11, vector8(), vector24(vector24(certificateDer), vector16())))
    const content = Buffer.concat([
      Buffer.alloc(64, 0x20),
      Buffer.from(`TLS 1.3, ${role} CertificateVerify\0`),
      sha256(this.#transcript),
    ])
    this.send(message(15, u16(ED25519), vector16(sign(null, content, signingKey))))
    this.send(message(20, this.writing!.finished(this.#transcript)))
  }
}

/** Makes a handshake as a client, showing `credentials`, and tells how the server took it. */
export async function attackServer(socket: Socket, credentials: Credentials): Promise<Outcome> {
  const shake = new Handshake(socket)
  try {
    const extensions = [
      extension(43, vector8(u16(0x0304))),
      extension(10, vector16(u16(X25519))),
      extension(13, vector16(u16(ED25519))),
      extension(51, vector16(shake.keyShare)),
      ALPN_H2,
    ]
    shake.send(
      message(
        1,
        u16(0x0303),
        randomBytes(32),
        vector8(),
        vector16(u16(SUITE)),
        vector8(u8(0)),
        vector16(...extensions),
      ),
    )
    const hello = await shake.receive(2)
    const keys = shake.agree(keyShareOf(hello.subarray(35 + hello[34]! + 3)))
    shake.reading = keys.server
    await shake.receive(20)
    const application = shake.applicationKeys()
    shake.writing = keys.client
    shake.sendProof('client', credentials)
    shake.reading = application.server
    return await outcome(shake)
  } catch (error) {
    return failure(error)
  } finally {
    socket.destroy()
  }
}

/**
 * Answers a handshake as a server, showing `credentials`, then HTTP/2's first frame. Tells how the client
 * took it.
 */
export async function attackClient(socket: Socket, credentials: Credentials): Promise<Outcome> {
  const shake = new Handshake(socket)
  try {
    const hello = await shake.receive(1)
    const sessionEnd = 35 + hello[34]!
    const suitesEnd = sessionEnd + 2 + hello.readUInt16BE(sessionEnd)
    const clientShare = keyShareOf(hello.subarray(suitesEnd + 1 + hello[suitesEnd]!))
    shake.send(
      message(
        2,
        u16(0x0303),
        randomBytes(32),
        hello.subarray(34, sessionEnd),
        u16(SUITE),
        u8(0),
        vector16(extension(43, u16(0x0304)), extension(51, shake.keyShare)),
      ),
    )
    const keys = shake.agree(clientShare)
    shake.reading = keys.client
    shake.writing = keys.server
    shake.send(message(8, vector16(ALPN_H2)))
    shake.sendProof('server', credentials)
    const application = shake.applicationKeys()
    await shake.receive(20)
    shake.writing = application.server
    shake.reading = application.client
    socket.write(shake.writing.seal(APPLICATION_DATA, EMPTY_SETTINGS_FRAME))
    return await outcome(shake)
  } catch (error) {
    return failure(error)
  }
}

/** The X25519 share in an extensions block, of a ClientHello (a list) or a ServerHello (one). */
function keyShareOf(extensions: Buffer): Buffer {
  let at = 2
  while (at < extensions.length) {
    const type = extensions.readUInt16BE(at)
    const length = extensions.readUInt16BE(at + 2)
    const body = extensions.subarray(at + 4, at + 4 + length)
    at += 4 + length
    if (type !== 51) continue
    const found = body.indexOf(Buffer.concat([u16(X25519), u16(32)]))
    if (found >= 0) return body.subarray(found + 4, found + 36)
  }
  throw new Error('no X25519 share')
}

async function outcome(shake: Handshake): Promise<Outcome> {
  for (;;) {
    const { type, body } = await shake.record()
    if (type === APPLICATION_DATA) return { kind: 'data' }
    if (type === ALERT) return { kind: 'alert', code: body[1]! }
  }
}

function failure(error: unknown): Outcome {
  const text = error instanceof Error ? error.message : ''
  const alert = /^alert (\d+)$/.exec(text)
  if (alert) return { kind: 'alert', code: Number(alert[1]) }
  if (text === 'closed' || (error instanceof Error && 'code' in error && error.code === 'ECONNRESET'))
    return { kind: 'closed' }
  throw error
}
