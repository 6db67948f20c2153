import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endingOf, kindOf, previewOf } from './kinds.ts'

const file = (name: string) => ({ name, kind: 'file' as const })

test('kinds by the ending of the name', () => {
  for (const [name, kind] of [
    ['a.MP4', 'video'],
    ['b.flac', 'audio'],
    ['photo.JPeG', 'image'],
    ['manual.pdf', 'text'],
    ['x.tar.gz', 'archive'],
    ['README', 'other'],
    ['.mp3', 'other'],
    ['a.mp3.exe', 'other'],
    ['', 'other'],
  ] as const)
    assert.equal(kindOf(file(name)), kind, name)
  assert.equal(kindOf({ name: 'a.mp3', kind: 'folder' }), 'folder')
  assert.equal(endingOf('a.'), '')
})

test('what can be looked at', () => {
  assert.equal(previewOf(file('a.PDF')), 'pdf')
  assert.equal(previewOf(file('a.webm')), 'video')
  assert.equal(previewOf(file('a.exe')), undefined)
  assert.equal(previewOf({ name: 'a.png', kind: 'folder' }), undefined)
})
