/**
 * The few pieces of DER (ITU-T X.690) that an X.509 certificate is made of. Writing only: certificates of
 * others are read by OpenSSL.
 */

function tagged(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Uint8Array.of(tag, ...lengthBytes(length)), ...parts])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 + bytes.length, ...bytes]
}

/** SEQUENCE of encoded values. */
export function sequence(...parts: Uint8Array[]): Uint8Array {
  return tagged(0x30, ...parts)
}

/** SET of one encoded value. */
export function setOf(part: Uint8Array): Uint8Array {
  return tagged(0x31, part)
}

/** Context-specific constructed tag `[number]`, explicit. */
export function explicit(number: number, part: Uint8Array): Uint8Array {
  return tagged(0xa0 + number, part)
}

/** INTEGER from big-endian bytes, taken as not negative. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  return (digits[0] ?? 0) < 0x80 ? tagged(0x02, digits) : tagged(0x02, Uint8Array.of(0), digits)
}

/** OBJECT IDENTIFIER from its dotted text. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest.flatMap(base128)]
  return tagged(0x06, Uint8Array.from(bytes))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Uint8Array {
  return tagged(0x04, bytes)
}

/** Context-specific primitive tag `[number]`, implicit, of an ASCII string. */
export function implicitAscii(number: number, text: string): Uint8Array {
  return tagged(0x80 + number, Buffer.from(text, 'ascii'))
}

/** UTF8String. */
export function utf8String(text: string): Uint8Array {
  return tagged(0x0c, Buffer.from(text, 'utf8'))
}

/** BOOLEAN TRUE. */
export const TRUE: Uint8Array = Uint8Array.of(0x01, 0x01, 0xff)

/** BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return tagged(0x03, Uint8Array.of(0), bytes)
}

/**
 * UTCTime up to 2049, GeneralizedTime after, as RFC 5280 section 4.1.2.5 asks. @param timeMs ms since the
 * Unix epoch
 */
export function time(timeMs: number): Uint8Array {
  const digits = `${new Date(timeMs)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '')}Z`
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : tagged(0x18, Buffer.from(digits, 'ascii'))
}
