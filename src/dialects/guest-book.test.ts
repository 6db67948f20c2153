import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GuestFile } from './dialect.ts'
import { type GuestChange, Guests } from './guest-book.ts'

const file = (name: string, more: Partial<GuestFile> = {}): GuestFile => ({
  ...{ dialect: 'central', owner: 'o', name, holder: '10.0.0.1:5000' },
  ...more,
})
const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const names = (guests: Guests, words: string) =>
  [...guests.search({ words })].map(({ file: { name } }) => name)

function book(options = {}) {
  const guests = new Guests(options)
  const told: string[] = []
  guests.changes.on(({ type, record }: GuestChange) => told.push(`${type} ${record.file.name}`))
  return { guests, told }
}

test('files are added, replaced and taken back, by name or all of an owner', () => {
  const { guests, told } = book()
  guests.add(file('a.txt'))
  guests.add(file('b.txt', { md5: md5('b') }))
  guests.add(file('b.txt', { md5: md5('b').toUpperCase() }))
  guests.add(file('b.txt', { md5: md5('c') }))
  guests.add(file('b.txt', { holder: '10.0.0.2:5000' }))
  guests.add(file('c.txt', { owner: 'p' }))
  guests.add(file('d.txt', { dialect: 'flood' }))
  assert.deepEqual(
    guests.list('central').map(({ name, holder }) => `${name} ${holder}`),
    ['a.txt 10.0.0.1:5000', 'b.txt 10.0.0.1:5000', 'b.txt 10.0.0.2:5000', 'c.txt 10.0.0.1:5000'],
  )
  guests.remove('central', 'o', 'b.txt')
  assert.deepEqual(
    guests.list('central').map(({ name }) => name),
    ['a.txt', 'c.txt'],
  )
  guests.remove('central', 'o')
  guests.remove('central', 'nobody')
  assert.deepEqual([guests.list('central').length, guests.list('flood').length], [1, 1])
  assert.deepEqual(told, [
    ...['added a.txt', 'added b.txt', 'renewed b.txt', 'removed b.txt', 'added b.txt', 'added b.txt'],
    ...['added c.txt', 'added d.txt', 'removed b.txt', 'removed b.txt', 'removed a.txt'],
  ])
})

test('they are found by words as anything is, and by SHA-256', () => {
  const { guests } = book()
  guests.add(file('Old Häfen map.txt'))
  guests.add(file('other.txt', { sha256: sha256('x').toUpperCase() }))
  assert.deepEqual(names(guests, 'map hafen'), ['Old Häfen map.txt'])
  assert.deepEqual(names(guests, 'haf'), [])
  assert.deepEqual(names(guests, 'haf*'), ['Old Häfen map.txt'])
  const [found] = guests.search({ sha256: sha256('x') })
  assert.equal(found?.entry.sha256, sha256('x'))
  assert.equal(guests.byCid(found!.entry.cid).length, 1)
})

test('there is room for so many, in all and of one owner', () => {
  const { guests } = book({ maxFiles: 3, maxPerOwner: 2 })
  guests.add(file('a'))
  guests.add(file('b'))
  assert.throws(() => guests.add(file('c')), { code: 'NO_SPACE' })
  guests.add(file('c', { owner: 'p' }))
  assert.throws(() => guests.add(file('d', { owner: 'q' })), { code: 'NO_SPACE' })
  guests.add(file('a'))
  guests.remove('central', 'o', 'a')
  guests.add(file('d', { owner: 'q' }))
  assert.equal(guests.size, 3)
})

test('what searches found is known for a while', () => {
  const { guests } = book({ maxSeen: 2 })
  const [first] = ['a', 'b', 'c'].map((name) => guests.see(file(name)))
  assert.equal(guests.byCid(first!.entry.cid).length, 0)
  assert.equal(guests.byCid(guests.see(file('c')).entry.cid).length, 1)
  assert.deepEqual([guests.size, names(guests, 'c').length], [0, 0])
})

test('whatever a client says, it has a name that a file can have, or is refused', () => {
  const { guests } = book()
  assert.throws(() => guests.add(file('')), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => guests.add(file('x'.repeat(256))), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => guests.add(file('a', { md5: 'x' })), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => guests.add(file('a', { sha256: md5('x') })), { code: 'INVALID_ARGUMENT' })
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }), (name) => {
      try {
        const { entry } = guests.see(file(name))
        assert.ok(entry.name !== '' && entry.name !== '..' && !/[/\0]/.test(entry.name))
        assert.equal(guests.byCid(entry.cid).length > 0, true)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'INVALID_ARGUMENT')
      }
    }),
  )
})
