import { createHash } from 'node:crypto'
import { ShoalError } from '../base/errors.ts'

/** Bytes of a network's secret. */
export const NETWORK_SECRET_BYTES = 32
const PREFIX = 'shoal-network'
/** A typing error that passes is one in 16 million. With it 280 bits, which are 56 letters without a rest. */
const CHECKSUM_BYTES = 3
/** No I, L, O, U: they are mistaken for others. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const KEY_LETTERS = ((NETWORK_SECRET_BYTES + CHECKSUM_BYTES) * 8) / 5
const GROUP_LETTERS = 8
/** Far longer than any such text with its spaces; more is not looked at. */
const MAX_TEXT_LENGTH = 1024

/** `shoal-network:NAME:KEY`, KEY being Crockford base32 in groups of eight: the secret and three bytes of checksum. */
export function encodeNetworkText(name: string, secret: Uint8Array): string {
  const letters = encode(Buffer.concat([secret, checksum(name, secret)]))
  return `${PREFIX}:${name}:${letters.match(new RegExp(`.{${GROUP_LETTERS}}`, 'g'))!.join('-')}`
}

/**
 * Reads what {@link encodeNetworkText} wrote, as people pass it on: letters in any case, O for 0, I and L for 1, dashes anywhere,
 * broken into lines.
 *
 * @throws ShoalError INVALID_ARGUMENT that says what is wrong. It never repeats the text, which is a secret but for the error
 */
export function decodeNetworkText(text: string): { name: string; secret: Uint8Array } {
  const given = text.length <= MAX_TEXT_LENGTH ? text.replace(/\s+/g, '') : text
  if (!given.toLowerCase().startsWith(`${PREFIX}:`)) throw wrong(`It begins with "${PREFIX}:".`)
  if (given.length > MAX_TEXT_LENGTH) throw wrong('This one is much too long.')
  const [name = '', key, ...more] = given.slice(PREFIX.length + 1).split(':')
  if (key === undefined || name === '' || more.length > 0)
    throw wrong(`It has the form ${PREFIX}:NAME:KEY, with two colons.`)
  const bytes = decode(key)
  const secret = bytes.subarray(0, NETWORK_SECRET_BYTES)
  if (!bytes.subarray(NETWORK_SECRET_BYTES).equals(checksum(name, secret)))
    throw wrong('Its checksum does not match: a character of the name or the key is mistyped.')
  return { name, secret }
}

function encode(bytes: Uint8Array): string {
  let letters = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) letters += ALPHABET[(held >>> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return letters
}

function decode(key: string): Buffer {
  const letters = key.toUpperCase().replaceAll('-', '').replaceAll('O', '0').replace(/[IL]/g, '1')
  const values = [...letters].map((letter, i) => {
    const value = ALPHABET.indexOf(letter)
    if (value < 0) throw wrong(`${JSON.stringify(letter)}, letter ${i + 1} of its key, is in no such text.`)
    return value
  })
  const lacking = KEY_LETTERS - values.length
  if (lacking !== 0) {
    const difference = lacking > 0 ? `${lacking} missing` : `${-lacking} too many`
    throw wrong(`Its key has ${KEY_LETTERS} letters; here are ${values.length}, ${difference}.`)
  }
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const value of values) {
    held = (held << 5) | value
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push(held >>> bits)
    held &= (1 << bits) - 1
  }
  return Buffer.from(bytes)
}

function checksum(name: string, secret: Uint8Array): Buffer {
  const hash = createHash('sha256').update(`${PREFIX} checksum:${name}:`).update(secret)
  return hash.digest().subarray(0, CHECKSUM_BYTES)
}

function wrong(why: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `This is not the text of a network. ${why}`)
}
