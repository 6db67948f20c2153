import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { ShoalError } from '../base/errors.ts'
import { seededRandom } from '../base/random.ts'
import { NetworkKey } from './network-key.ts'

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })
const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/)
const keys = fc.tuple(names, secrets).map(([name, secret]) => new NetworkKey(name, secret))

/** Where the letters of the key are in a text, dashes not among them. */
function letterPlaces(text: string): number[] {
  const start = text.lastIndexOf(':') + 1
  return [...text.slice(start)].flatMap((letter, i) => (letter === '-' ? [] : [start + i]))
}

test('the text of known bytes is this one: it is what people have written down', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i)
  const text = new NetworkKey('home', secret).text()
  assert.equal(text, 'shoal-network:home:000G40R4-0M30E209-185GR38E-1W8124GK-2GAHC5RR-34D1P70X-3RFNJD20')
  const key = NetworkKey.parse(text)
  assert.ok(key.equals(new NetworkKey('home', secret)))
  assert.equal(key.fingerprint, '211B-44D7-D8AF-E016')
})

test('every text comes back as the key that it was made of, however people write it', () => {
  const habits: ((text: string) => string)[] = [
    (text) => text,
    (text) => `  ${text}\r\n`,
    (text) => text.replace(/[^:]+$/, (key) => key.toLowerCase()),
    (text) => text.replace(/[^:]+$/, (key) => key.replaceAll('-', '')),
    (text) => text.replace(/[^:]+$/, (key) => key.replaceAll('0', 'o').replaceAll('1', 'l')),
    (text) => text.replaceAll('-', '-\n  '),
    (text) => text.replace(/^shoal-network/, 'SHOAL-NETWORK'),
  ]
  fc.assert(
    fc.property(keys, fc.constantFrom(...habits), (key, habit) => {
      const read = NetworkKey.parse(habit(key.text()))
      assert.equal(read.name, key.name)
      assert.ok(read.equals(key))
      assert.equal(read.text(), key.text())
    }),
  )
})

test('one letter wrong, two changed places, one lost or one too many is found', () => {
  const damage = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 31 }), kind: fc.nat(3) })
  fc.assert(
    fc.property(keys, damage, (key, { at, by, kind }) => {
      const text = key.text()
      const places = letterPlaces(text)
      const place = places[at % (places.length - 1)]!
      const next = places[(at % (places.length - 1)) + 1]!
      const letters = [...text]
      if (kind === 0) letters[place] = LETTERS[(LETTERS.indexOf(letters[place]!) + by) % 32]!
      if (kind === 1) [letters[place], letters[next]] = [letters[next]!, letters[place]!]
      if (kind === 2) letters[place] = ''
      if (kind === 3) letters[place] += LETTERS[by]!
      fc.pre(letters.join('') !== text)
      assert.throws(() => NetworkKey.parse(letters.join('')), { code: 'INVALID_ARGUMENT' })
    }),
  )
})

test('bad input is told what is wrong with it', () => {
  const good = new NetworkKey('home', new Uint8Array(32)).text()
  const table: [text: string, why: RegExp][] = [
    ['', /It begins with "shoal-network:"/],
    ['home', /It begins with "shoal-network:"/],
    ['shoal-network:', /the form shoal-network:NAME:KEY/],
    ['shoal-network:home', /the form shoal-network:NAME:KEY/],
    [`${good}:more`, /the form shoal-network:NAME:KEY/],
    [good.replace('home', ''), /the form shoal-network:NAME:KEY/],
    ['shoal-network:home:', /has 56 letters; here are 0, 56 missing/],
    [good.slice(0, -1), /has 56 letters; here are 55, 1 missing/],
    [`${good}00`, /has 56 letters; here are 58, 2 too many/],
    [good.replace('00000000', '0000U000'), /"U", letter 5 of its key, is in no such text/],
    [good.replace('00000000', '0000ü000'), /"Ü", letter 5/],
    [good.replace('00000000', '00000001'), /checksum does not match/],
    [good.replace('home', 'hone'), /checksum does not match/],
    [`shoal-network:${'x'.repeat(2000)}`, /much too long/],
  ]
  for (const [text, why] of table) {
    assert.throws(() => NetworkKey.parse(text), { code: 'INVALID_ARGUMENT', message: why }, text)
  }
})

test('whatever is read, nothing but an INVALID_ARGUMENT is thrown, and it does not repeat a secret', () => {
  const text = NetworkKey.create('home').text()
  const noise = fc.oneof(
    fc.string(),
    fc.string().map((tail) => `shoal-network:${tail}`),
    fc.string({ minLength: 1 }).map((tail) => text + tail),
  )
  fc.assert(
    fc.property(noise, (given) => {
      try {
        NetworkKey.parse(given)
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.code === 'INVALID_ARGUMENT', String(error))
        assert.ok(!error.message.includes(text.slice(-8)))
      }
    }),
  )
})

test('names that a shell or a URL would have to quote are refused', () => {
  const secret = new Uint8Array(32)
  for (const name of ['', ' ', '-x', '.x', 'a b', 'a:b', "a'b", 'ä', 'x'.repeat(33)])
    assert.throws(() => new NetworkKey(name, secret), { code: 'INVALID_ARGUMENT', message: /1 to 32/ }, name)
  assert.throws(() => new NetworkKey('home', new Uint8Array(31)), { code: 'INVALID_ARGUMENT' })
})

test('the key shows in no log line, and what is derived for one use tells nothing of another', () => {
  const key = NetworkKey.create('home', seededRandom(1))
  const secret = Buffer.from(seededRandom(1).bytes(32))
  const shown = `${inspect(key, { depth: 9, showHidden: true })}${JSON.stringify(key)}${key}`
  assert.ok(!shown.includes(secret.toString('hex')) && !shown.includes(key.text().slice(-8)), shown)
  const purposes = ['knock', 'certificate', 'id', 'fingerprint', 'pnet'] as const
  const derived = purposes.map((purpose) => Buffer.from(key.derive(purpose)).toString('hex'))
  assert.equal(new Set([...derived, secret.toString('hex')]).size, 6)
  const other = NetworkKey.create('home', seededRandom(2))
  assert.ok(!key.equals(other))
  assert.notEqual(key.fingerprint, other.fingerprint)
  assert.equal(new NetworkKey('work', secret).fingerprint, key.fingerprint, 'the name is a label')
})

test('keys are derived as RFC 5869 says', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i)
  assert.equal(
    Buffer.from(new NetworkKey('home', secret).derive('pnet')).toString('hex'),
    'c363e5901b7d9c34f7ef0c7b26f75140732271ff0824c6b24970c664c9d8a4c5',
  )
})
