/** Keys and records of TLS 1.3 (RFC 8446 sections 5 and 7) for AES-128-GCM with SHA-256. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'

const APPLICATION_DATA = 23

export const u8 = (value: number) => Buffer.from([value])
export const u16 = (value: number) => Buffer.from([value >> 8, value & 255])
export const vector8 = (...parts: Uint8Array[]) => sized(1, parts)
export const vector16 = (...parts: Uint8Array[]) => sized(2, parts)
export const vector24 = (...parts: Uint8Array[]) => sized(3, parts)

function sized(lengthBytes: number, parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(body.length, 0, lengthBytes)
  return Buffer.concat([length, body])
}

export function expandLabel(secret: Uint8Array, label: string, context: Uint8Array, length: number): Buffer {
  const info = Buffer.concat([u16(length), vector8(Buffer.from(`tls13 ${label}`)), vector8(context)])
  // HKDF-Expand for up to 32 bytes is one HMAC.
  return createHmac('sha256', secret).update(info).update(u8(1)).digest().subarray(0, length)
}

export function extract(salt: Uint8Array, input: Uint8Array): Buffer {
  return createHmac('sha256', salt).update(input).digest()
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** One direction of the record layer under one secret. */
export class Keys {
  readonly #key: Buffer
  readonly #iv: Buffer
  readonly secret: Buffer
  #sequence = 0n

  constructor(secret: Buffer) {
    this.secret = secret
    this.#key = expandLabel(secret, 'key', Buffer.alloc(0), 16)
    this.#iv = expandLabel(secret, 'iv', Buffer.alloc(0), 12)
  }

  #nonce(): Buffer {
    const nonce = Buffer.from(this.#iv)
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.#sequence++, 4)
    return nonce
  }

  seal(type: number, body: Uint8Array): Buffer {
    const header = Buffer.concat([u8(APPLICATION_DATA), u16(0x0303), u16(body.length + 17)])
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce()).setAAD(header)
    return Buffer.concat([
      header,
      cipher.update(body),
      cipher.update(u8(type)),
      cipher.final(),
      cipher.getAuthTag(),
    ])
  }

  open(header: Buffer, sealed: Buffer): { type: number; body: Buffer } {
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonce()).setAAD(header)
    decipher.setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    let end = plain.length
    while (plain[end - 1] === 0) end--
    return { type: plain[end - 1]!, body: plain.subarray(0, end - 1) }
  }

  finished(transcript: Uint8Array): Buffer {
    const key = expandLabel(this.secret, 'finished', Buffer.alloc(0), 32)
    return createHmac('sha256', key).update(sha256(transcript)).digest()
  }
}
