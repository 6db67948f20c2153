import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOBODY } from './cells.ts'
import { Origins } from './origins.ts'

test('who gave each block, with the name that each peer had when it gave the first', () => {
  const asked: string[] = []
  const origins = new Origins((peerId) => {
    asked.push(peerId)
    return `name of ${peerId}`
  })
  const file = origins.file(0, 3)
  file.note(2, 'a')
  file.note(0, 'b')
  file.note(1, 'a')
  assert.deepEqual([0, 1, 2, 3].map(file.of), [1, 0, 0, NOBODY])
  assert.deepEqual(asked, ['a', 'b'])
  assert.deepEqual(origins.peers, [
    { peerId: 'a', name: 'name of a' },
    { peerId: 'b', name: 'name of b' },
  ])
  assert.deepEqual([0, 1].map(origins.file(1, 2).of), [NOBODY, NOBODY])
})

test('a file that is taken up again is known, one of another length is not', () => {
  const origins = new Origins(() => '')
  origins.file(0, 2).note(1, 'a')
  assert.equal(origins.file(0, 2).of(1), 0)
  assert.equal(origins.known(0)!(1), 0)
  assert.equal(origins.known(1), undefined)
  assert.equal(origins.file(0, 3).of(1), NOBODY)
  origins.clear()
  assert.deepEqual([origins.peers, origins.known(0)], [[], undefined])
})

test('more than 255 sources are not told apart', () => {
  const origins = new Origins(() => '')
  const file = origins.file(0, 300)
  for (let index = 0; index < 300; index++) file.note(index, `p${index}`)
  assert.deepEqual([file.of(254), file.of(255), file.of(299)], [254, NOBODY, NOBODY])
  assert.equal(origins.peers.length, 255)
})
